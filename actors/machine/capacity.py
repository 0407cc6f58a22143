"""What this process may use of the machine it runs on."""

import os
from dataclasses import dataclass
from pathlib import Path

from actors.machine.control_groups import ROOT, cpu_quotas, memory_limits

BFLOAT16_FLAGS = {"avx512_bf16", "amx_bf16", "bf16"}
"""Of a CPU that multiplies bfloat16 itself, as /proc/cpuinfo spells them; without, it is slower than float32."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """What is chosen by: of this machine, or of the smallest node of a cluster."""

    cores: int
    """Without hyper-threads: two of one core compute no faster than one."""
    memory: int
    """Bytes."""
    bfloat16: bool
    """Whether its CPU computes in it."""
    accelerators: bool = False

    def __str__(self) -> str:
        accelerators = ", accelerators" if self.accelerators else ""
        return f"{self.cores} core{'s'[: self.cores > 1]}, {self.memory / (1 << 30):.1f} GiB{accelerators}"


def this_machine() -> Machine:
    """The machine of this process, as it may use it."""
    return Machine(
        cores=computing_cores(),
        memory=usable_memory(),
        bfloat16=bool(_cpu_flags() & BFLOAT16_FLAGS),
        accelerators=_has_accelerators(),
    )


def _cpu_flags(root: Path = ROOT) -> set[str]:
    try:
        lines = (root / "proc/cpuinfo").read_text().splitlines()
    except OSError:
        return set()
    flags = next((line for line in lines if line.lower().startswith(("flags", "features"))), "")
    return set(flags.partition(":")[2].split())


def _has_accelerators(root: Path = ROOT) -> bool:
    """Whether there is a device of NVIDIA that is not hidden from this process; torch would say it after seconds."""
    return os.environ.get("CUDA_VISIBLE_DEVICES", "all") not in ("", "-1") and any(root.glob("dev/nvidia[0-9]*"))


def usable_cores(root: Path = ROOT) -> int:
    """Whole cores that this process may keep busy: by its affinity and by the quotas of its groups; at least 1.

    `os.cpu_count` counts those of the machine, which in a container or under taskset are others' too.
    """
    bound = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min([bound, *map(int, cpu_quotas(root))]))


def computing_cores(root: Path = ROOT) -> int:
    """As `usable_cores`, with those that are hyper-threads of one core counted once."""
    if not hasattr(os, "sched_getaffinity"):
        return usable_cores(root)
    topology = root / "sys/devices/system/cpu"
    places = [topology / f"cpu{number}/topology/thread_siblings_list" for number in os.sched_getaffinity(0)]
    siblings = {place.read_text().strip() if place.is_file() else str(place) for place in places}
    return min(usable_cores(root), len(siblings))


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
