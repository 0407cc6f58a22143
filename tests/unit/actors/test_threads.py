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


ASIDE = """
import asyncio, os, sys, time
import torch
from actors.threads import compute_aside

def multiply():
    return (torch.ones(500, 500) @ torch.ones(500, 500)).exp().shape[0]

async def main():
    aside = compute_aside if sys.argv[1] == "aside" else asyncio.to_thread
    before = len(os.listdir("/proc/self/task"))
    assert await aside(multiply) == 500
    end = time.monotonic() + 10
    while (left := len(os.listdir("/proc/self/task")) - before) and time.monotonic() < end and aside is compute_aside:
        time.sleep(0.01)
    print(left)

asyncio.run(main())
"""


@pytest.mark.parametrize(("how", "left"), [("aside", "0"), ("to_thread", "2")])
def test_what_computes_once_leaves_no_threads(how: str, left: str) -> None:
    """The second case shows that there is something to leave."""
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": ":".join(filter(None, sys.path)), "OMP_NUM_THREADS": "2"}
    done = subprocess.run(
        [sys.executable, "-c", ASIDE, how], env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.stdout == f"{left}\n", done.stderr
