"""The CPU threads that this process computes with."""

import asyncio
import os
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def use_threads(threads: int) -> None:
    """Let torch, and what else uses OpenMP, compute with so many threads. Call it before torch is imported.

    OpenMP reads its variable when it is loaded, for threads of every origin; torch's own setting covers torch's alone.
    """
    os.environ["OMP_NUM_THREADS"] = str(threads)
    if "torch" in sys.modules:
        import torch

        torch.set_num_threads(threads)


async def compute_aside(function: Callable[..., T], *arguments: object) -> T:
    """`function(*arguments)` in a thread that ends with it, for what computes with torch once.

    Each thread that computes has OpenMP threads of its own, as long as it lives. If a process has more of them than
    the machine has cores, GNU OpenMP lets all of them sleep between any two operations: an engine beside one such
    thread, of asyncio.to_thread say, used 1.56 of 2 cores instead of 1.97.
    """
    thread = ThreadPoolExecutor(1)
    try:
        return await asyncio.get_running_loop().run_in_executor(thread, function, *arguments)
    finally:
        thread.shutdown(wait=False)
