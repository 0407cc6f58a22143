# limit: capabilities
# tried: looks for capabilities among its own
# advice: ENGINE
with open("/proc/self/status") as file:
    fields = dict(line.split(":\t", 1) for line in file.read().splitlines() if ":\t" in line)


def f():
    return [f"{name} {value}" for name, value in fields.items() if name[:3] == "Cap" and int(value, 16)]
