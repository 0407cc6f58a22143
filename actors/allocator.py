"""Memory that a process frees and soon wants again: kept, instead of given back to the kernel.

glibc's malloc maps every large tensor anew, and the kernel fills it with zeros page by page: on CPU a third of the time
of a training's forward and backward passes, and a tenth of an engine's (docs/results/real-model-speed.md). The price is
some fragmentation.
"""

import ctypes
import os
import sys
from typing import Any

KEEP_MEMORY = {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": str(1 << 40), "MALLOC_ARENA_MAX": "1"}
"""Environment of a process that shall keep what it frees, in all its threads; glibc reads it at the process's start."""
M_TRIM_THRESHOLD, M_MMAP_MAX = -1, -4
"""Of glibc's malloc.h."""


def keep_memory() -> None:
    """The same for a process that runs already, in its main thread, and for those that it starts.

    Does nothing where malloc is not glibc's.
    """
    os.environ.update(KEEP_MEMORY)
    if (mallopt := _malloc_function("mallopt")) is not None:
        mallopt(M_MMAP_MAX, 0)
        mallopt(M_TRIM_THRESHOLD, -1)


def give_back_memory() -> None:
    """What is free in this process goes back to the kernel, once: for the end of work that needed far more than what
    comes next."""
    if (malloc_trim := _malloc_function("malloc_trim")) is not None:
        malloc_trim(0)


def _malloc_function(name: str) -> Any:
    """Of glibc; None elsewhere."""
    return getattr(ctypes.CDLL(None), name, None) if sys.platform == "linux" else None
