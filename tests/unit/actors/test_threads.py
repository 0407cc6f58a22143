"""Threads are those that were asked for, whether torch is there already or not."""

import subprocess
import sys

import pytest

PROGRAM = """
import os, sys
from actors.threads import use_threads
if sys.argv[1] == "imported":
    import torch
use_threads(1)
import torch
print(torch.get_num_threads(), os.environ["OMP_NUM_THREADS"])
"""


@pytest.mark.parametrize("torch", ["imported", "not yet"])
def test_torch_computes_with_as_many_threads_as_asked_for(torch: str) -> None:
    command = [sys.executable, "-c", PROGRAM, torch]
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": ":".join(filter(None, sys.path)), "OMP_NUM_THREADS": "2"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.stdout == "1 1\n", done.stderr
