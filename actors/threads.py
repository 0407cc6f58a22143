"""How many CPU threads this process computes with."""

import os
import sys


def use_threads(threads: int) -> None:
    """Let torch, and what else uses OpenMP, compute with so many threads. Call it before torch is imported.

    OpenMP reads its variable when it is loaded, for threads of every origin; torch's own setting covers torch's alone.
    """
    os.environ["OMP_NUM_THREADS"] = str(threads)
    if "torch" in sys.modules:
        import torch

        torch.set_num_threads(threads)
