"""The second filter, around every child: channels between runs, and ways to reach the fork server.

Docker's own filter stays below it. Denied calls fail with EPERM; a foreign architecture kills the process.
"""

import ctypes
import errno
import platform
import struct

PR_SET_DUMPABLE, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 4, 22, 2
ALLOW, KILL, ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
LOAD, JUMP_EQ, JUMP_GE, JUMP_SET, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
NUMBER, ARCH, FIRST_ARG, SECOND_ARG = 0, 4, 16, 24
X32_BIT = 0x40000000
NAMESPACES = 0x7E020000  # CLONE_NEW*, as clone takes them
ARCHITECTURES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
"""Of a machine: its column below, and the kernel's name for it."""
DENIED = {
    # System V memory, semaphores and messages outlive their process; /dev/mqueue is there even without IPC
    "shmget": (29, 194), "shmctl": (31, 195), "shmat": (30, 196), "shmdt": (67, 197),
    "semget": (64, 190), "semctl": (66, 191), "semtimedop": (220, 192), "semop": (65, 193),
    "msgget": (68, 186), "msgctl": (71, 187), "msgrcv": (70, 188), "msgsnd": (69, 189),
    "mq_open": (240, 180), "mq_unlink": (241, 181), "mq_timedsend": (242, 182),
    "mq_timedreceive": (243, 183), "mq_notify": (244, 184), "mq_getsetattr": (245, 185),
    # ways to the fork server, its limits and its priority
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "kcmp": (312, 272),
    "pidfd_getfd": (438, 438), "process_madvise": (440, 440),
    "sched_setparam": (142, 118), "sched_setscheduler": (144, 119), "sched_setaffinity": (203, 122),
    "sched_setattr": (314, 274), "ioprio_set": (251, 30),
    # doors of the kernel that no program here needs; `socketpair` stays, asyncio wakes itself with one
    "socket": (41, 198), "io_uring_setup": (425, 425), "io_uring_enter": (426, 426), "io_uring_register": (427, 427),
    "perf_event_open": (298, 241), "bpf": (321, 280), "userfaultfd": (323, 282), "personality": (135, 92),
    "add_key": (248, 217), "request_key": (249, 218), "keyctl": (250, 219),
    "unshare": (272, 97), "setns": (308, 268), "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41),
    "chroot": (161, 51),
}  # fmt: skip
"""Numbers on x86_64 and aarch64."""
SIGNALS = {
    "kill": (62, 129), "tkill": (200, 130), "tgkill": (234, 131),
    "rt_sigqueueinfo": (129, 138), "rt_tgsigqueueinfo": (297, 240),
}  # fmt: skip
"""Without effect if they go to the fork server: Linux protects the first of its namespace so, gVisor does not."""
ARGUMENTS_MATTER = {"prlimit64": (302, 261), "setpriority": (141, 140), "clone": (56, 220), "clone3": (435, 435)}


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


_libc = ctypes.CDLL(None, use_errno=True)
_filtered = False


def build_filter() -> _Program | None:
    """The filter of this machine, assembled once; None on an architecture without a table."""
    column, arch = ARCHITECTURES.get(platform.machine(), (None, 0))
    return None if column is None else _assemble(column, arch)


def _assemble(column: int, arch: int) -> _Program:
    allow, deny = (RETURN, 0, 0, ALLOW), (RETURN, 0, 0, ERRNO | errno.EPERM)
    done = (RETURN, 0, 0, ERRNO)  # of error 0: as if it had been done
    special = {name: numbers[column] for name, numbers in ARGUMENTS_MATTER.items()}
    code = [(LOAD, 0, 0, ARCH), (JUMP_EQ, 1, 0, arch), (RETURN, 0, 0, KILL), (LOAD, 0, 0, NUMBER)]
    code += [(JUMP_GE, 0, 1, X32_BIT), (RETURN, 0, 0, KILL)]
    for numbers in DENIED.values():
        code += [(JUMP_EQ, 0, 1, numbers[column]), deny]
    for numbers in SIGNALS.values():
        code += [(JUMP_EQ, 0, 4, numbers[column]), (LOAD, 0, 0, FIRST_ARG), (JUMP_EQ, 0, 1, 1), done, allow]
    # its flags are behind a pointer; told that it is missing, the C library uses clone
    code += [(JUMP_EQ, 0, 1, special["clone3"]), (RETURN, 0, 0, ERRNO | errno.ENOSYS)]
    code += [(JUMP_EQ, 0, 4, special["clone"]), (LOAD, 0, 0, FIRST_ARG), (JUMP_SET, 0, 1, NAMESPACES), deny, allow]
    # prlimit64 of oneself (pid 0) is what setrlimit does; of another process it is an attack
    code += [(JUMP_EQ, 0, 4, special["prlimit64"]), (LOAD, 0, 0, FIRST_ARG), (JUMP_EQ, 1, 0, 0), deny, allow]
    # setpriority of this one process is what nice does, and only lowers it
    code += [(JUMP_EQ, 0, 6, special["setpriority"]), (LOAD, 0, 0, FIRST_ARG), (JUMP_EQ, 0, 2, 0)]
    code += [(LOAD, 0, 0, SECOND_ARG), (JUMP_EQ, 1, 0, 0), deny, allow, allow]
    return _Program(len(code), b"".join(struct.pack("HBBI", *line) for line in code))


def ensure_filter() -> None:
    """Filter this process and its future children, once. Raises OSError if the kernel refuses."""
    global _filtered
    if not _filtered and (program := build_filter()) is not None:
        _install(program)
    _filtered = True


def _install(program: _Program) -> None:
    if _libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0):
        raise OSError(ctypes.get_errno(), "seccomp filter refused")


def set_dumpable(value: bool) -> None:
    """Whether processes of the same user may look into this one through /proc."""
    _libc.prctl(PR_SET_DUMPABLE, int(value), 0, 0, 0)
