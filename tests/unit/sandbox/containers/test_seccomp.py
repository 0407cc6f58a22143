"""The two filters: numbers checked against the kernel's headers, calls tried in a process of this machine."""

import json
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from sandbox.containers import seccomp_profile
from sandbox.guest import seccomp

HEADERS = {
    0: Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
    1: Path("/usr/include/asm-generic/unistd.h"),  # what aarch64 uses
}


@pytest.mark.parametrize("column", HEADERS)
def test_numbers_are_the_kernels(column: int) -> None:
    if not HEADERS[column].exists():
        pytest.skip(f"{HEADERS[column]} is not installed (linux-libc-dev)")
    text = HEADERS[column].read_text()
    numbers = {name: int(value) for name, value in re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)", text)}
    table = {**seccomp.DENIED, **seccomp.ARGUMENTS_MATTER, **seccomp.SIGNALS}
    assert {name: numbers[name] for name in table} == {name: pair[column] for name, pair in table.items()}


def test_the_profile_allows_nothing_that_reaches_beyond_the_process() -> None:
    rules = json.loads(seccomp_profile.profile_text())["syscalls"]
    plain = {name for rule in rules if not rule.get("args") and "ALLOW" in rule["action"] for name in rule["names"]}
    never = {*seccomp.DENIED, "clone", "clone3"}
    never |= {"socketpair", "io_setup", "modify_ldt", "quotactl", "reboot", "init_module", "kexec_load"}
    never |= {"open_by_handle_at", "name_to_handle_at", "clock_settime", "settimeofday", "swapon", "acct", "syslog"}
    assert not plain & never
    assert {"read", "execve", "futex", "memfd_create", "epoll_pwait", "setpriority"} <= plain


PROBE = """
import ctypes, errno, os, resource, sys, socket, threading
from sandbox.guest import seccomp
libc = ctypes.CDLL(None, use_errno=True)
libc.prctl(38, 1, 0, 0, 0)  # no new privileges
seccomp.ensure_filter()
column = seccomp.ARCHITECTURES[os.uname().machine][0]
def call(name, *arguments):
    table = {**seccomp.DENIED, **seccomp.ARGUMENTS_MATTER, **seccomp.SIGNALS}
    ctypes.set_errno(0)
    return errno.errorcode.get(ctypes.get_errno()) if libc.syscall(table[name][column], *arguments) != -1 else \\
        errno.errorcode[ctypes.get_errno()]
for name in seccomp.DENIED:
    assert call(name, 0, 0, 0, 0, 0) == "EPERM", name
assert call("clone3", 0, 0) == "ENOSYS"
assert call("clone", 0x10000000 | 17, 0, 0, 0, 0) == "EPERM"  # a user namespace
assert call("prlimit64", 1, 7, 0, 0) == "EPERM"
assert call("setpriority", 0, 1, 19) == "EPERM" and call("setpriority", 2, 0, 19) == "EPERM"
os.nice(1)
for name, numbers in seccomp.SIGNALS.items():
    assert libc.syscall(numbers[column], 1, -1, -1, -1) == 0, name  # the kernel would refuse such a signal
os.kill(os.getpid(), 0)
resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
pid = os.fork()
if pid == 0:
    os._exit(7)
assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 7
thread = threading.Thread(target=lambda: None)
thread.start()
thread.join()
left, right = socket.socketpair()
print("ok")
"""


def test_the_second_filter_denies_what_it_lists_and_nothing_else() -> None:
    run = subprocess.run([sys.executable, "-c", textwrap.dedent(PROBE)], capture_output=True, text=True, check=False)
    assert (run.returncode, run.stdout) == (0, "ok\n"), run.stderr
