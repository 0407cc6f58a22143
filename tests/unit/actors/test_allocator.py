"""A process that keeps what it frees asks the kernel for no page twice."""

import os
import subprocess
import sys

from actors.allocator import KEEP_MEMORY

BLOCK, TIMES, PAGE = 64 << 20, 8, 4096
PROGRAM = f"""
import resource, sys
from actors.allocator import keep_memory
if sys.argv[1:]: keep_memory()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for number in range({TIMES}): bytes([number]) * {BLOCK}
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def page_faults(*arguments: str, **environment: str) -> int:
    """Of writing one block after the other, each freed before the next."""
    command = [sys.executable, "-c", PROGRAM, *arguments]
    done = subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True, check=True)
    return int(done.stdout)


def test_blocks_are_used_again() -> None:
    once = BLOCK // PAGE
    assert page_faults() > 0.9 * TIMES * once
    assert page_faults("keep") < 2 * once
    assert page_faults(**KEEP_MEMORY) < 2 * once
