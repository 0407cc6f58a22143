# row: K2
# attack: memory and sockets shared with neighbours; right only if there are none
# problem: split
# verdict: accepted
import ctypes, os, socket
libc, found = ctypes.CDLL(None, use_errno=True), []
if libc.shmget(0x1234, 4096, 0o1666) >= 0:
    found.append("System V memory")
if libc.semget(0x1234, 1, 0o1666) >= 0:
    found.append("System V semaphores")
if libc.msgget(0x1234, 0o1666) >= 0:
    found.append("System V messages")
try:
    libc.mq_open
    if libc.mq_open(b"/left", 0o102, 0o666, None) >= 0:
        found.append("message queue")
except AttributeError:
    pass
for folder in ("/dev/shm", "/dev/mqueue"):
    try:
        open(f"{folder}/left", "w").close()
        found.append(folder)
    except OSError:
        pass
with open("/proc/net/unix") as file:
    found += [line for line in file.read().splitlines()[1:] if "@" in line]
def f(x):
    return [x, 2 * x] if not found else found
