"""What this process may use of the machine it runs on."""

import os
from pathlib import Path

from pipeline.sizing.control_groups import ROOT, cpu_quotas, memory_limits


def usable_cores(root: Path = ROOT) -> int:
    """Whole cores that this process may keep busy: by its affinity and by the quotas of its groups; at least 1.

    `os.cpu_count` counts those of the machine, which in a container or under taskset are others' too.
    """
    bound = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min([bound, *map(int, cpu_quotas(root))]))


def usable_memory(root: Path = ROOT) -> int:
    """Bytes of memory that this process may ever have: the machine's, or what its groups allow."""
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return min([pages, *(limit for limit, _ in memory_limits(root))])


def free_memory(root: Path = ROOT) -> int:
    """Bytes of memory that this process could have now; memory that only caches files counts as free."""
    return min([_available(root), *(max(0, limit - used) for limit, used in memory_limits(root))])


def _available(root: Path) -> int:
    try:
        lines = (root / "proc/meminfo").read_text().splitlines()
    except OSError:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    (kib,) = [line.split()[1] for line in lines if line.startswith("MemAvailable:")]
    return int(kib) << 10
