"""Proof that a run has left nothing: the fork server is as it was at its start, and alone.

The cheap part is done after every run by whoever ends it: no child is left (ECHILD), /tmp is empty. This is the
rest, after every run that was more than one well-behaved process, and now and then after others.
"""

import os
import resource
from pathlib import Path
from typing import Any

from sandbox.guest.usage import BoxCgroup

EVERY = 64
GROWTH_MIB = 32
"""Of memory that is neither a file's nor given back: beyond this something stays behind."""
LIMITS = tuple(getattr(resource, name) for name in dir(resource) if name.startswith("RLIMIT_"))


class ServerProof:
    """Made once, before the first run."""

    def __init__(self, cgroup: BoxCgroup) -> None:
        self._cgroup = cgroup
        self._start, self._memory_mib = _state(), cgroup.memory_mib()
        self._runs = 0

    def holds(self, doubtful: bool) -> bool:
        """False if the box must not be used again. `doubtful`: the last run was not one that just ended."""
        self._runs += 1
        if not doubtful and self._runs % EVERY:
            return True
        grown = self._cgroup.memory_mib() - self._memory_mib
        return _state() == self._start and self._cgroup.processes() <= 1 and grown < GROWTH_MIB


def _state() -> dict[str, Any]:
    """What a run might have changed on the fork server through its process id."""
    return {
        "limits": [resource.getrlimit(limit) for limit in LIMITS],
        "priority": os.getpriority(os.PRIO_PROCESS, 0),
        "affinity": os.sched_getaffinity(0),
        "policy": os.sched_getscheduler(0),
        "oom": Path("/proc/self/oom_score_adj").read_text(),
    }
