"""The programs of the self-test: each tries what one promised limit forbids, on the kernel and engine at hand.

A trial's `f` returns what got through, in words, and must return an empty list; or the run must end at its limit.
"""

from dataclasses import dataclass, field

from sandbox.containers.confinement import ENVIRONMENT, HOSTNAME, PIDS, TMP_INODES, TMP_MIB, USER
from sandbox.guest import seccomp
from sandbox.problem import Limits
from sandbox.verdict import Verdict

MEMORY_MIB = 64
"""Of a run in the box that the trials run in: small, so that reaching it is quick."""
QUICK = Limits(cpu_limit_s=5, wall_limit_s=20, memory_mib=MEMORY_MIB)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """`limit` names what is tried. The verdict, and the start of its message, that show that the limit bites."""

    limit: str
    program: str
    advice: str
    verdict: Verdict = Verdict.ACCEPTED
    message: str = ""
    limits: Limits = field(default=QUICK)
    runtimes: tuple[str, ...] = ("runc", "runsc")


STATUS = (
    "fields = dict(line.split(':\\t', 1) for line in open('/proc/self/status').read().splitlines() if ':\\t' in line)"
)
CALLS = """
import ctypes, errno, os
libc = ctypes.CDLL(None, use_errno=True)
column = {"x86_64": 0, "aarch64": 1}[os.uname().machine]
def tried(name, numbers, *arguments):
    ctypes.set_errno(0)
    result = libc.syscall(numbers[column], *(arguments or (0, 0, 0, 0, 0, 0)))
    code = ctypes.get_errno()
    refused = result == -1 and code in (errno.EPERM, errno.ENOSYS)
    return [] if refused else [f"{name}: {errno.errorcode.get(code, result)}"]
"""
ENGINE = "the engine did not apply an option of the box; update the engine, or use another one (DOCKER_HOST)"
DELEGATE = (
    "the engine has no {0} controller: mount or delegate it (rootless: systemd's Delegate=yes), or boot with"
    " cgroup_enable={0}; `docker info` prints warnings about it"
)
FILTER = "the kernel needs CONFIG_SECCOMP_FILTER, the engine its seccomp support (`docker info`, security options)"

TRIALS = (
    Trial(
        limit="no new privileges",
        program="import ctypes\ndef f(): return [] if ctypes.CDLL(None).prctl(39, 0, 0, 0, 0) == 1 else ['off']",
        advice=ENGINE,
    ),
    Trial(
        limit="capabilities",
        program=f"{STATUS}\n"
        "def f(): return [f'{name} {value}' for name, value in fields.items() if name[:3] == 'Cap' and int(value, 16)]",
        advice=ENGINE,
    ),
    Trial(
        limit="user",
        program="import os\ndef f():\n"
        f"  found = {{*os.getresuid(), *os.getresgid(), *os.getgroups()}} - {{{USER}}}\n"
        "  try: os.setuid(0)\n  except OSError: return sorted(found)\n  return ['became root']",
        advice=ENGINE,
    ),
    Trial(
        limit="environment",
        program="import os\ndef f():\n"
        f"  expected = { ({**ENVIRONMENT, 'HOSTNAME': HOSTNAME})!r}\n"
        "  found = dict(os.environ)\n"
        "  return sorted(key for key in {*found, *expected} if found.get(key) != expected.get(key))",
        advice="the engine's configuration adds variables to containers (proxies, for instance): remove them",
    ),
    Trial(
        limit="network",
        program="import os, socket\ndef f():\n"
        "  found = [line.split(':')[0].strip() for line in open('/proc/net/dev').read().splitlines()[2:]]\n"
        "  found = [name for name in found if name != 'lo']\n"
        "  for family in (socket.AF_INET, socket.AF_INET6, socket.AF_VSOCK, socket.AF_NETLINK, socket.AF_PACKET):\n"
        "    try: socket.socket(family, socket.SOCK_STREAM).close()\n    except OSError: continue\n"
        "    found.append(f'a socket of {family!r}')\n  return found",
        advice=ENGINE,
    ),
    Trial(
        limit="read-only root",
        program="def f():\n  found = []\n"
        "  for line in open('/proc/self/mountinfo'):\n"
        "    place, options = line.split()[4:6]\n"
        "    if place == '/' and 'ro' not in options.split(','): found.append(options)\n"
        "  for folder in '/ /usr /etc /opt /var /ctl /dev /sys /proc /home /run'.split():\n"
        "    try: open(folder + '/trial', 'w').close()\n    except OSError: continue\n    found.append(folder)\n"
        "  return found",
        advice=ENGINE,
    ),
    Trial(
        limit="size of /tmp",
        program="import os\ndef f():\n"
        f"  for n in range({TMP_MIB} // 8 + 2):\n"
        "    file = os.open(f'/tmp/{n}', os.O_CREAT | os.O_WRONLY)\n"
        "    try: os.posix_fallocate(file, 0, 8 << 20)\n    except OSError: return []\n"
        f"  return ['more than {TMP_MIB} MiB']",
        advice=ENGINE,
    ),
    Trial(
        limit="files in /tmp",
        program=f"def f():\n  try:\n    for n in range({TMP_INODES} + 1): open(f'/tmp/{{n}}', 'w').close()\n"
        f"  except OSError: return []\n  return ['more than {TMP_INODES} files']",
        advice=ENGINE,
        runtimes=("runc",),
    ),
    Trial(
        limit="shared memory",
        program="def f():\n  found = []\n  for folder in ('/dev/shm', '/dev/mqueue'):\n"
        "    try: open(folder + '/trial', 'w').close()\n    except OSError: continue\n    found.append(folder)\n"
        "  return found",
        advice=ENGINE,
    ),
    Trial(
        limit="processes",
        program=f"import os, time\ndef f():\n  try:\n    for _ in range({PIDS} + 1):\n"
        "      if os.fork() == 0:\n        time.sleep(60)\n        os._exit(0)\n"
        f"  except OSError: return []\n  return ['more than {PIDS} processes']",
        advice=DELEGATE.format("pids"),
        runtimes=("runc",),
    ),
    Trial(
        limit="memory of the box",
        program="import mmap\ndef f():\n  memory = mmap.mmap(-1, 400 << 20)\n"
        "  for at in range(0, 400 << 20, 4096): memory[at] = 1\n  return ['400 MiB in use']",
        advice=DELEGATE.format("memory"),
        verdict=Verdict.MEMORY_LIMIT,
    ),
    Trial(
        limit="memory of a process",
        program=f"def f():\n  try: return [len(bytearray({2 * MEMORY_MIB} << 20))]\n  except MemoryError: return []",
        advice="the kernel does not enforce RLIMIT_DATA; Linux 4.7 and later do",
        runtimes=("runc",),
    ),
    Trial(
        limit="swap",
        program="from pathlib import Path\ndef f():\n"
        "  if len(Path('/proc/swaps').read_text().splitlines()) < 2: return []\n"
        "  for name in ('memory.swap.max', 'memory/memory.memsw.limit_in_bytes'):\n"
        "    file = Path('/sys/fs/cgroup') / name\n    if not file.exists(): continue\n"
        "    text = file.read_text().strip()\n"
        "    return [f'{name} {text}'] if text == 'max' or int(text) > 1 << 30 else []\n"
        "  return ['swap is on and its use is not limited']",
        advice="boot with swapaccount=1, or turn swap off (`swapoff -a`)",
        runtimes=("runc",),
    ),
    Trial(
        limit="CPU time",
        program="import os, time\nif os.fork() == 0:\n  while True: pass\ntime.sleep(60)",
        advice="boxes do not see the CPU time of their control group: mount the cpuacct controller, or cgroup v2",
        verdict=Verdict.TIME_LIMIT,
        message="time limit: 0.3 s of CPU",
        limits=Limits(cpu_limit_s=0.3, wall_limit_s=20, memory_mib=MEMORY_MIB),
    ),
    Trial(
        limit="wall time",
        program="import time\ntime.sleep(60)",
        advice="the fork server did not end a sleeping program: the machine's clock or scheduler is at fault",
        verdict=Verdict.TIME_LIMIT,
        message="time limit: 0.5 s of wall time",
        limits=Limits(cpu_limit_s=5, wall_limit_s=0.5, memory_mib=MEMORY_MIB),
    ),
    Trial(
        limit="output",
        program="for _ in range(20): print('x' * (1 << 20), flush=True)\ndef f(): return ['20 MiB of output']",
        advice="the fork server did not end a flood of output",
        verdict=Verdict.OUTPUT_LIMIT,
    ),
    Trial(
        limit="size of a file",
        program="import os\ndef f():\n  file = os.open('/tmp/large', os.O_CREAT | os.O_WRONLY)\n"
        "  try: os.posix_fallocate(file, 0, 32 << 20)\n  except OSError: return []\n  return ['32 MiB in one file']",
        advice="the kernel does not enforce RLIMIT_FSIZE",
    ),
    Trial(
        limit="signals to the fork server",
        program="import os\ndef f():\n  for signal in (1, 2, 3, 6, 9, 15, 19):\n"
        "    try: os.kill(1, signal)\n    except OSError: pass\n  return []",
        advice="the box has no process namespace of its own: the engine or its runtime is at fault",
    ),
    Trial(
        limit="the fork server's memory",
        program="import os\ndef f():\n  found = []\n  for name in ('mem', 'environ', 'maps', 'fd'):\n"
        "    try: os.listdir('/proc/1/fd') if name == 'fd' else open(f'/proc/1/{name}', 'rb').read(1)\n"
        "    except OSError: continue\n    found.append(name)\n  return found",
        advice="/proc shows other processes' memory to the same user: the kernel ignores PR_SET_DUMPABLE",
        runtimes=("runc",),
    ),
    Trial(
        limit="system calls of a run",
        program=f"{CALLS}\nTABLE = {seccomp.DENIED!r}\n"
        f"CLONE, PRIORITY = {seccomp.ARGUMENTS_MATTER['clone']}, {seccomp.ARGUMENTS_MATTER['setpriority']}\n"
        "def f():\n  found = sum((tried(name, numbers) for name, numbers in TABLE.items()), [])\n"
        "  found += tried('clone into a user namespace', CLONE, 0x10000000 | 17, 0, 0, 0, 0)\n"
        "  return found + tried('setpriority of the fork server', PRIORITY, 0, 1, 19)",
        advice=FILTER,
    ),
    Trial(
        limit="system calls of the box",
        program=f"{CALLS}\ndef f(): return tried('io_setup', (206, 0), 1, ctypes.byref(ctypes.c_ulong(0)))",
        advice=FILTER,
        runtimes=("runc",),
    ),
    Trial(
        limit="leaving a process",
        program="import os, signal, time\ndef f():\n  if os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n"
        "      signal.signal(signal.SIGTERM, signal.SIG_IGN)\n      time.sleep(60)\n    os._exit(0)\n"
        "  open('/tmp/left', 'w').close()\n  return []",
        advice="the fork server could not run this",
    ),
    Trial(
        limit="what an earlier run left",
        program="import os\ndef f():\n"
        "  found = [name for name in os.listdir('/proc') if name.isdigit() and name not in ('1', str(os.getpid()))]\n"
        "  return found + os.listdir('/tmp')",
        advice="processes or files outlive their run: the box's process namespace or /tmp is shared",
    ),
)
"""In this order: the last one looks for what those before it left."""
