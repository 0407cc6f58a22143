# row: H7
# attack: none: writes and reads much in turn, whose cache is no use of memory
# problem: split
# verdict: accepted
# cpu: 5
for n in range(40):
    with open("/tmp/data", "wb") as file:
        file.write(bytes(8 << 20))
    with open("/tmp/data", "rb") as file:
        assert len(file.read()) == 8 << 20
for n in range(100):
    with open("/usr/local/bin/python3", "rb") as file:
        file.read()
def f(x):
    return [x, 2 * x]
