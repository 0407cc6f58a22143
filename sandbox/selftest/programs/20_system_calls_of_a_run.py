# limit: system calls of a run
# tried: makes every system call that a run may not make
# needs: DENIED CLONE SETPRIORITY
# advice: FILTER
import ctypes, errno, os

libc = ctypes.CDLL(None, use_errno=True)
column = {"x86_64": 0, "aarch64": 1}[os.uname().machine]


def tried(name, numbers, *arguments):
    ctypes.set_errno(0)
    result = libc.syscall(numbers[column], *(arguments or (0, 0, 0, 0, 0, 0)))
    code = ctypes.get_errno()
    refused = result == -1 and code in (errno.EPERM, errno.ENOSYS)
    return [] if refused else [f"{name}: {errno.errorcode.get(code, result)}"]


def f():
    found = sum((tried(name, numbers) for name, numbers in DENIED.items()), [])
    found += tried("clone into a user namespace", CLONE, 0x10000000 | 17, 0, 0, 0, 0)
    return found + tried("setpriority of the fork server", SETPRIORITY, 0, 1, 19)
