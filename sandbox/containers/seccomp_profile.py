"""The container's seccomp profile: an allow-list, in the engine's JSON form. What it does not name fails with EPERM.

Left out on purpose, among others: every socket but unix ones, namespaces, mounts, ptrace and reading other
processes' memory, io_uring and native AIO, bpf, perf, userfaultfd, keys, System V and POSIX queues, personality,
modules, the clock's setting, file handles, and calls of 32-bit processes. The second filter (`guest/seccomp.py`)
is narrower, and is the child's alone: the fork server itself needs a socket and its children's priority.

The engine resolves names per architecture; those that an architecture does not have are skipped.
"""

import errno
import json
from functools import cache
from typing import Any

FILES = """
    access chdir chmod close close_range copy_file_range creat dup dup2 dup3 faccessat faccessat2 fadvise64
    fallocate fchdir fchmod fchmodat fchmodat2 fchown fchownat fcntl fdatasync fgetxattr flistxattr flock fstat
    fstatfs fsync ftruncate futimesat getcwd getdents getdents64 getxattr inotify_add_watch inotify_init
    inotify_init1 inotify_rm_watch ioctl lgetxattr link linkat listxattr llistxattr lseek lstat memfd_create mkdir
    mkdirat newfstatat open openat openat2 pipe pipe2 pread64 preadv preadv2 pwrite64 pwritev pwritev2 read
    readahead readlink readlinkat readv rename renameat renameat2 rmdir sendfile splice stat statfs statx symlink
    symlinkat sync_file_range tee truncate umask unlink unlinkat utime utimensat utimes write writev
"""
WAITING = """
    epoll_create epoll_create1 epoll_ctl epoll_pwait epoll_pwait2 epoll_wait eventfd eventfd2 poll ppoll pselect6
    select signalfd signalfd4 timerfd_create timerfd_gettime timerfd_settime
"""
MEMORY = """
    brk madvise membarrier mincore mlock mlock2 mlockall mmap mprotect mremap msync munlock munlockall munmap
    pkey_alloc pkey_free pkey_mprotect
"""
PROCESSES = """
    alarm arch_prctl capget execve execveat exit exit_group fork futex futex_waitv futex_wake futex_wait futex_requeue
    get_robust_list getegid geteuid getgid getgroups getpgid getpgrp getpid getppid getpriority getresgid getresuid
    getrlimit getrusage getsid gettid getuid kill pause pidfd_open pidfd_send_signal prctl prlimit64
    restart_syscall rseq rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_sigreturn rt_sigsuspend
    rt_sigtimedwait rt_tgsigqueueinfo seccomp set_robust_list set_tid_address setgid setgroups setpgid setpriority
    setregid setresgid setresuid setreuid setrlimit setsid setuid sigaltstack tgkill tkill vfork wait4 waitid
"""
TIME = """
    clock_getres clock_gettime clock_nanosleep getitimer gettimeofday nanosleep setitimer time timer_create
    timer_delete timer_getoverrun timer_gettime timer_settime times
"""
MACHINE = """
    get_mempolicy getcpu getrandom sched_get_priority_max sched_get_priority_min sched_getaffinity sched_getattr
    sched_getparam sched_getscheduler sched_rr_get_interval sched_yield sysinfo uname
"""
UNIX_SOCKETS = """
    accept accept4 bind connect getpeername getsockname getsockopt listen recvfrom recvmmsg recvmsg sendmmsg sendmsg
    sendto setsockopt shutdown
"""
ARCHITECTURES = ("SCMP_ARCH_X86_64", "SCMP_ARCH_AARCH64")
AF_UNIX = 1
NAMESPACES = 0x7E020000
"""CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID and NEWNET: none may be among clone's flags."""


def _allow(names: str, *conditions: dict[str, Any]) -> dict[str, Any]:
    return {"names": sorted(names.split()), "action": "SCMP_ACT_ALLOW", "args": list(conditions)}


def _argument(index: int, value: int, operation: str, second: int = 0) -> dict[str, Any]:
    return {"index": index, "value": value, "valueTwo": second, "op": operation}


@cache
def profile_text() -> str:
    """The profile as `security_opt=["seccomp=…"]` takes it."""
    plain = " ".join((FILES, WAITING, MEMORY, PROCESSES, TIME, MACHINE, UNIX_SOCKETS))
    rules = [
        _allow(plain),
        _allow("socket socketpair", _argument(0, AF_UNIX, "SCMP_CMP_EQ")),
        _allow("clone", _argument(0, NAMESPACES, "SCMP_CMP_MASKED_EQ")),
        # its flags are behind a pointer, which no filter can follow; told that it is missing, the C library uses clone
        {"names": ["clone3"], "action": "SCMP_ACT_ERRNO", "errnoRet": errno.ENOSYS},
    ]
    profile = {
        "defaultAction": "SCMP_ACT_ERRNO",  # EPERM
        "archMap": [{"architecture": name, "subArchitectures": []} for name in ARCHITECTURES],
        "syscalls": rules,
    }
    return json.dumps(profile)
