"""What a run has used: CPU time and OOM kills of the box's cgroup (v1 or v2), and time spent waiting for a core."""

import os
from pathlib import Path

CPU_FILES = (
    "/sys/fs/cgroup/cpuacct/cpuacct.usage",
    "/sys/fs/cgroup/cpu,cpuacct/cpuacct.usage",
    "/sys/fs/cgroup/cpu.stat",
)
OOM_FILES = ("/sys/fs/cgroup/memory/memory.oom_control", "/sys/fs/cgroup/memory.events")


class Cgroup:
    """Counters of the whole box. Where a kernel shows none they stay 0, and the limits per process remain."""

    def __init__(self) -> None:
        self._cpu, self._oom = _open(CPU_FILES), _open(OOM_FILES)

    @property
    def found(self) -> dict[str, bool]:
        return {"cpu": self._cpu is not None, "oom": self._oom is not None}

    def cpu_s(self) -> float:
        """CPU seconds of all processes that ever ran in the box."""
        if self._cpu is None:
            return 0.0
        text = os.pread(self._cpu, 256, 0)
        return int(text.split()[1]) / 1e6 if text.startswith(b"usage_usec") else int(text) / 1e9

    def oom_kills(self) -> int:
        if self._oom is None:
            return 0
        fields = os.pread(self._oom, 512, 0).split()
        return int(fields[fields.index(b"oom_kill") + 1]) if b"oom_kill" in fields else 0


def _open(paths: tuple[str, ...]) -> int | None:
    path = next((path for path in paths if os.access(path, os.R_OK)), None)
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
