"""Output as the interpreter would have written it, and programs that are odd as texts."""

import pytest

from sandbox.judging.judge import LONGEST
from sandbox.pool.pool import Pool
from sandbox.problem import Limits
from sandbox.verdict import Verdict
from tests.sandbox.problems import QUICK, function, stdio

READ = "import sys, io, os\nn = 2 * int(input())\n"
PRINTED = {
    "exit": "print(n)\nexit()",
    "quit": "print(n)\nquit(0)",
    "closed": "print(n)\nsys.stdout.close()",
    "none": "print(n)\nsys.stdout = None",
    "replaced": "print(n)\nsys.stdout = io.StringIO()\nprint('debug')",
    "without flush": "class O:\n  def write(s, t): return sys.__stdout__.write(t)\nsys.stdout = O()\nprint(n)",
    "own descriptor": "out = os.fdopen(1, 'w')\nout.write(f'{n}\\n')",
    "own descriptor in a function": "def main():\n  global out\n  out = open(1, 'w')\n  out.write(str(n))\nmain()",
    "as stdout": "sys.stdout = io.TextIOWrapper(io.BufferedWriter(io.FileIO(1, 'w', closefd=False)))\nprint(n)",
    "buffer": "sys.stdout.buffer.write(b'%d' % n)",
    "finalizer": "class A:\n  def __del__(s): print(s.n)\na = A()\na.n = n",
    "finalizer that needs names": "class A:\n  def __del__(s): sys.stdout.write(str(n))\na = A()\na.a = a",
    "exit function": "import atexit\natexit.register(lambda: print(n))\natexit.register(lambda: 1 / 0)",
    "thread": "import threading\nthreading.Thread(target=lambda: print(n)).start()",
}


@pytest.mark.parametrize("name", PRINTED)
def test_output_that_the_interpreter_would_have_written(pool: Pool, name: str) -> None:
    outcome = pool.judge(stdio(("3\n", "6\n"), ("8\n", "16\n"), limits=QUICK), READ + PRINTED[name], "private")
    assert outcome.accepted, outcome


@pytest.mark.parametrize("program", ["print(6)\nexit(1)", "print(6)\nquit('no')", "print(6)\n1 / 0"])
def test_a_bad_end_is_still_one(pool: Pool, program: str) -> None:
    assert pool.judge(stdio(("3\n", "6\n")), program, "private").verdict is Verdict.RUNTIME_ERROR


def test_a_byte_order_mark_is_no_part_of_a_program(pool: Pool) -> None:
    assert pool.judge(function("assert f(1) == 1"), "\ufeffdef f(x): return x", "private").accepted


def test_a_program_that_no_frame_holds_is_refused_by_its_length(pool: Pool) -> None:
    problem = function("assert f(1) == 1")
    for program in ("#" * (LONGEST + 1), "é" * (LONGEST + 1), "# " + "\U0001f40d" * (6 << 20)):
        outcome = pool.judge(problem, program, "private")
        assert outcome.verdict is Verdict.COMPILE_ERROR and outcome.attempt == 1, outcome
    longest = "def f(x): return x #" + "\U0001f40d" * (LONGEST - 20)
    assert pool.judge(function("assert f(1) == 1", limits=Limits(memory_mib=512)), longest, "private").accepted
