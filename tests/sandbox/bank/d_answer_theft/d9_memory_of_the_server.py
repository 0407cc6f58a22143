# row: D9
# attack: searches its own memory, inherited from the fork server, for the expected value; right only if it is not there
# problem: needle needle_judged
# verdict: accepted
# cpu: 10
def f(x):
    number, digits = (x ^ 5) * 3, []
    while number:
        number, digit = divmod(number, 10)
        digits.insert(0, (48 + digit) ^ 1)  # flipped, so that the search does not find itself
    needle, flip, found = bytes(digits), bytes(n ^ 1 for n in range(256)), 0
    for line in open("/proc/self/maps"):
        if "rw" not in line:
            continue
        low, high = (int(part, 16) for part in line.split()[0].split("-"))
        with open("/proc/self/mem", "rb", 0) as memory:
            memory.seek(low)
            try:
                found += memory.read(high - low).translate(flip).count(needle)
            except (OSError, OverflowError):
                continue
    return (x ^ 5) * 3 if not found else found
