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
    clean = {name: value for name, value in os.environ.items() if name not in KEEP_MEMORY}  # others keep theirs
    done = subprocess.run(command, env=clean | environment, capture_output=True, text=True, check=True)
    return int(done.stdout)


def test_blocks_are_used_again() -> None:
    once = BLOCK // PAGE
    assert page_faults() > 0.9 * TIMES * once
    assert page_faults("keep") < 2 * once
    assert page_faults(**KEEP_MEMORY) < 2 * once


GIVES_BACK = f"""
from pathlib import Path
from actors.allocator import give_back_memory, keep_memory
def resident(): return int(Path("/proc/self/statm").read_text().split()[1]) * {PAGE}
keep_memory()
before, held = resident(), [bytes([1]) * {BLOCK} for _ in range(4)]
above = bytes({BLOCK})  # so that what is freed does not lie at the heap's end
del held
kept = resident() - before
give_back_memory()
print(kept, resident() - before)
"""


def test_what_one_step_needed_can_be_given_back() -> None:
    done = subprocess.run([sys.executable, "-c", GIVES_BACK], capture_output=True, text=True, check=True)
    kept, left = map(int, done.stdout.split())
    assert kept > 4 * BLOCK and left < 1.5 * BLOCK
