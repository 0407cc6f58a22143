# row: K6
# attack: traces others, reboots, loads modules, sets the clock; right only if all is refused
# problem: split
# verdict: accepted
import ctypes, os, time
libc, found = ctypes.CDLL(None, use_errno=True), []
if libc.ptrace(16, 1, 0, 0) == 0 or libc.ptrace(0x4206, 1, 0, 0) == 0:
    found.append("ptrace")
if libc.reboot(0x89ABCDEF) == 0:
    found.append("reboot")
if libc.syscall(175, b"", 0, b"") == 0 or libc.syscall(246, 0, 0, 0, 0) == 0:
    found.append("module or kexec")
try:
    time.clock_settime(time.CLOCK_REALTIME, 0)
    found.append("clock")
except OSError:
    pass
if libc.sethostname(b"x", 1) == 0:
    found.append("host name")
if libc.swapon(b"/tmp/x", 0) == 0:
    found.append("swapon")
def f(x):
    return [x, 2 * x] if not found else found
