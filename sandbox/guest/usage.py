"""What a run has used: counters of the box's cgroup (v1 or v2), and time spent waiting for a core.

Peak memory is not among them: a cgroup's peak covers all runs of a box, and only a writer could reset it. What is
reported is `ru_maxrss`: the largest process of the run, with the pages that it shares with the fork server.
"""

import os
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
CPU_FILES = ("cpuacct/cpuacct.usage", "cpu,cpuacct/cpuacct.usage", "cpu.stat")
OOM_FILES = ("memory/memory.oom_control", "memory.events")
MEMORY_FILES = ("memory/memory.stat", "memory.stat")
PIDS_FILES = ("pids/pids.current", "pids.current")
TICKS_PER_S = os.sysconf("SC_CLK_TCK")


class BoxCgroup:
    """Counters of the whole box. Where a kernel shows none they stay 0, and the limits per process remain."""

    def __init__(self, root: Path = ROOT) -> None:
        self._cpu, self._oom = _open(root, CPU_FILES), _open(root, OOM_FILES)
        self._memory, self._pids = _open(root, MEMORY_FILES), _open(root, PIDS_FILES)

    @property
    def found(self) -> dict[str, bool]:
        return {"cpu": self._cpu is not None, "oom": self._oom is not None}

    def cpu_s(self) -> float:
        """CPU seconds of all processes that ever ran in the box; without a cgroup of those that live, and their
        children."""
        if self._cpu is None:
            return _living_cpu_s()
        text = os.pread(self._cpu, 256, 0)
        return int(text.split()[1]) / 1e6 if text.startswith(b"usage_usec") else int(text) / 1e9

    def oom_kills(self) -> int:
        """Processes that the kernel has killed in this box for its memory."""
        return _field(self._oom, b"oom_kill")

    def memory_mib(self) -> float:
        """In use by processes and temporary files; without what the kernel keeps of read files."""
        return (_field(self._memory, b"rss", b"anon") + _field(self._memory, b"shmem")) / (1 << 20)

    def processes(self) -> int:
        return 0 if self._pids is None else int(os.pread(self._pids, 64, 0))


def _field(file: int | None, *names: bytes) -> int:
    """The first of these names that a file of `name value` lines has."""
    if file is None:
        return 0
    fields = os.pread(file, 1 << 13, 0).split()
    pairs = dict(zip(fields[::2], fields[1::2], strict=False))
    return next((int(pairs[name]) for name in names if name in pairs), 0)


def _living_cpu_s() -> float:
    """From /proc, if no cgroup shows it: under gVisor, and with engines that have no cgroups."""
    ticks = 0
    for path in Path("/proc").glob("[0-9]*/stat"):
        if path.parent.name != "1":
            try:
                ticks += sum(int(field) for field in path.read_text().rpartition(")")[2].split()[11:15])
            except (OSError, ValueError):
                continue
    return ticks / TICKS_PER_S


def _open(root: Path, names: tuple[str, ...]) -> int | None:
    path = next((root / name for name in names if os.access(root / name, os.R_OK)), None)
    return None if path is None else os.open(path, os.O_RDONLY | os.O_CLOEXEC)


def runnable_delay() -> float:
    """Seconds that one of the box's other processes was ready to run but had no core, as far as the kernel tells.

    Of the one that waited most: many that wait for each other's core would add up to more than the time itself.
    """
    longest = 0
    for path in Path("/proc").glob("[0-9]*/task/*/schedstat"):
        if path.parts[2] != "1":
            try:
                longest = max(longest, int(path.read_text().split()[1]))
            except (OSError, ValueError, IndexError):
                continue
    return longest / 1e9
