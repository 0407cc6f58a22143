"""The second filter, which every child installs on itself: channels between runs, and ways to reach the fork server.

Docker's own filter stays below it. Denied calls fail with EPERM; a foreign architecture kills the process.
"""

import ctypes
import errno
import platform
import struct
from typing import Any

PR_SET_DUMPABLE, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 4, 22, 2
ALLOW, KILL, ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
LOAD, JUMP_EQ, JUMP_GE, RETURN = 0x20, 0x15, 0x35, 0x06
NUMBER, ARCH, FIRST_ARG = 0, 4, 16
X32_BIT = 0x40000000

_X86_64 = {
    "prlimit64": 302,
    "denied": (
        *(29, 30, 31, 67),  # shmget shmat shmctl shmdt: System V memory outlives its process
        *(64, 65, 66, 220, 68, 69, 70, 71),  # semget semop semctl semtimedop, msgget msgsnd msgrcv msgctl
        *range(240, 246),  # mq_open … mq_getsetattr: /dev/mqueue is writable even without IPC
        *(425, 426, 427),  # io_uring
        *(101, 310, 311, 312),  # ptrace process_vm_readv process_vm_writev kcmp
        *(298, 321, 323),  # perf_event_open bpf userfaultfd
        *(248, 249, 250),  # add_key request_key keyctl
        *(272, 308, 165, 166, 155, 161),  # unshare setns mount umount2 pivot_root chroot
        *(
            141,
            142,
            144,
            203,
            314,
            251,
        ),  # setpriority sched_setparam sched_setscheduler sched_setaffinity sched_setattr ioprio_set
        438,  # pidfd_getfd
    ),
    "arch": 0xC000003E,
}
_AARCH64 = {
    "prlimit64": 261,
    "denied": (
        *range(194, 198),  # shm*
        *range(186, 194),  # msg*, sem*
        *range(180, 186),  # mq_*
        *(425, 426, 427, 117, 270, 271, 272, 241, 280, 282, 217, 218, 219),
        *(97, 268, 40, 39, 41, 51, 140, 118, 119, 122, 274, 30, 438),
    ),
    "arch": 0xC00000B7,
}


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


_libc = ctypes.CDLL(None, use_errno=True)


def build() -> _Program | None:
    """The filter of this machine, assembled once; None on an architecture without a table."""
    tables: dict[str, dict[str, Any]] = {"x86_64": _X86_64, "aarch64": _AARCH64}
    table = tables.get(platform.machine())
    return None if table is None else _assemble(table["arch"], table["denied"], table["prlimit64"])


def _assemble(arch: int, denied: tuple[int, ...], prlimit: int) -> _Program:
    deny = ERRNO | errno.EPERM
    code = [(LOAD, 0, 0, ARCH), (JUMP_EQ, 1, 0, arch), (RETURN, 0, 0, KILL), (LOAD, 0, 0, NUMBER)]
    code += [(JUMP_GE, 0, 1, X32_BIT), (RETURN, 0, 0, KILL)]
    for number in denied:
        code += [(JUMP_EQ, 0, 1, number), (RETURN, 0, 0, deny)]
    # prlimit64 of oneself (pid 0) is what setrlimit does; of another process it is an attack
    code += [(JUMP_EQ, 0, 3, prlimit), (LOAD, 0, 0, FIRST_ARG), (JUMP_EQ, 1, 0, 0), (RETURN, 0, 0, deny)]
    code += [(RETURN, 0, 0, ALLOW)]
    return _Program(len(code), b"".join(struct.pack("HBBI", *line) for line in code))


def install(program: _Program) -> None:
    """Filter this process and its future children. Raises OSError where the kernel refuses."""
    if _libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0):
        raise OSError(ctypes.get_errno(), "seccomp filter refused")


def set_dumpable(value: bool) -> None:
    """Whether processes of the same user may look into this one through /proc."""
    _libc.prctl(PR_SET_DUMPABLE, int(value), 0, 0, 0)
