# limit: the fork server's memory
# tried: opens what /proc shows of process 1
# runtimes: runc
# advice: /proc shows other processes' memory to the same user: the kernel ignores PR_SET_DUMPABLE
import os


def f():
    found = []
    for name in ("mem", "environ", "maps", "fd"):
        try:
            os.listdir("/proc/1/fd") if name == "fd" else open(f"/proc/1/{name}", "rb").read(1)
        except OSError:
            continue
        found.append(name)
    return found
