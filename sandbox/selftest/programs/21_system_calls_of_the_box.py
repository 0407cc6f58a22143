# limit: system calls of the box
# tried: makes a system call that the box's own filter must refuse
# runtimes: runc
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
    return tried("io_setup", (206, 0), 1, ctypes.byref(ctypes.c_ulong(0)))
