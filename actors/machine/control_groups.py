"""Limits of the control groups around this process: quotas of CPU time, and memory.

Linux only; elsewhere there are none. Version 1 has a tree for each controller, version 2 one for all. A process is
bound by its own group and by every group above it. In a container /proc may name groups that only the host sees; the
container's own is then the root of what is mounted, which is looked at in any case.
"""

from collections.abc import Iterator
from pathlib import Path

ROOT = Path("/")


def cpu_quotas(root: Path = ROOT) -> list[float]:
    """Cores' worth of CPU time that each group allows, of those that have a quota."""
    found = []
    for group in _groups("cpu", root):
        whole = _words(group / "cpu.max")  # "200000 100000" or "max 100000"
        quota, period = (
            whole if len(whole) == 2 else (_word(group, "cpu.cfs_quota_us"), _word(group, "cpu.cfs_period_us"))
        )
        if quota.isdigit() and period.isdigit() and int(period):  # version 1 says -1 for none
            found.append(int(quota) / int(period))
    return found


def memory_limits(root: Path = ROOT) -> list[tuple[int, int]]:
    """(bytes allowed, bytes that are in use and cannot be taken back) of each group that has a limit."""
    found = []
    for group in _groups("memory", root):
        limit = _word(group, "memory.max") or _word(group, "memory.limit_in_bytes")
        used = _word(group, "memory.current") or _word(group, "memory.usage_in_bytes")
        if limit.isdigit():
            kept = int(used) - _reclaimable(group) if used.isdigit() else 0
            found.append((int(limit), max(0, kept)))
    return found


def _reclaimable(group: Path) -> int:
    """Bytes of files that were read and could be read again."""
    words = _words(group / "memory.stat")
    pairs = dict(zip(words[::2], words[1::2], strict=False))
    return int(pairs.get("total_inactive_file") or pairs.get("inactive_file") or 0)


def _groups(controller: str, root: Path) -> Iterator[Path]:
    """Folders of this process's group under a controller and of all above it, in both versions."""
    mounts = root / "sys/fs/cgroup"
    for line in _lines(root / "proc/self/cgroup"):
        number, controllers, path = line.split(":", 2)
        if number == "0" and not controllers:
            tree = mounts
        elif controller in controllers.split(","):
            tree = next((one for one in (mounts / controllers, mounts / controller) if one.is_dir()), mounts)
        else:
            continue
        own = Path(path.lstrip("/"))
        yield from (tree / group for group in (own, *own.parents) if (tree / group).is_dir())


def _word(group: Path, name: str) -> str:
    return next(iter(_words(group / name)), "")


def _words(path: Path) -> list[str]:
    return " ".join(_lines(path)).split()


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text().splitlines()
    except OSError:
        return []
