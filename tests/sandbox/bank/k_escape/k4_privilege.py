# row: K4
# attack: becomes root, takes capabilities, makes namespaces; right only if all is refused
# problem: split
# verdict: accepted
import ctypes, os, stat
libc, found = ctypes.CDLL(None, use_errno=True), []
for name in ("setuid", "setgid", "seteuid"):
    try:
        getattr(os, name)(0)
        found.append(name)
    except OSError:
        pass
for flag in (0x10000000, 0x20000, 0x20000000, 0x40000000, 0x08000000):
    if libc.unshare(flag) == 0:
        found.append(("unshare", hex(flag)))
try:
    with open("/proc/self/uid_map", "w") as file:
        file.write("0 0 1")
    found.append("uid_map")
except OSError:
    pass
with open("/proc/self/status") as file:
    status = dict(line.split(":\t", 1) for line in file.read().splitlines() if ":\t" in line)
found += [key for key in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb") if int(status[key], 16)]
found += [] if status["NoNewPrivs"].strip() == "1" else ["NoNewPrivs"]
found += [] if status.get("Seccomp", "2").strip() == "2" else ["Seccomp"]
for folder, folders, names in os.walk("/"):
    folders[:] = [name for name in folders if os.path.join(folder, name) not in ("/proc", "/sys")]
    for name in names:
        mode = os.lstat(os.path.join(folder, name)).st_mode
        if stat.S_ISREG(mode) and mode & (stat.S_ISUID | stat.S_ISGID):
            found.append(name)
def f(x):
    return [x, 2 * x] if not found else found
