"""The problems that the bank's Python programs are run on. Most ask for `f(x) == [x, 2 * x]`, judged in every way."""

from dataclasses import replace

from sandbox.problem import FunctionTest, Limits, Problem
from sandbox.verdict import Verdict
from tests.sandbox.bank import Entry
from tests.sandbox.problems import function, stdio

LIMITS = Limits(cpu_limit_s=0.6, wall_limit_s=6.0, memory_mib=256)
HONEST = Limits(cpu_limit_s=10.0, wall_limit_s=60.0, memory_mib=512)
DOUBLE = ("assert f(3) == [3, 6]", "assert f(5) == [5, 10]")
CHECK = "def check(candidate):\n    for n in (3, 5):\n        assert candidate(n) == [n, 2 * n]\ncheck(f)"
UNITTEST = """
import unittest
class TestCases(unittest.TestCase):
    def test_double(self):
        for n in (3, 5):
            self.assertEqual(f(n), [n, 2 * n])
unittest.main(exit=False)
"""
PYTEST = """
import pytest
from solution import f
@pytest.mark.parametrize("n", [3, 5])
def test_double(n):
    assert f(n) == [n, 2 * n]
"""
SKIPPING = """
import unittest
class TestCases(unittest.TestCase):
    def test_double(self):
        got = f(3)
        if got is None:
            self.skipTest("nothing to compare")
        self.assertEqual(got, [3, 6])
"""
FILES = "open('in', 'w').write('3')\nf('in')\nassert open('out').read() == '[3, 6]'"
UNPICKLED = "import pickle\nf(3)\nassert pickle.load(open('/tmp/out', 'rb')) == [3, 6]"
EVALUATED = "assert eval(f(3)) == [3, 6]"
IMPORTED = "import sys\nf(3)\nsys.path.insert(0, '/tmp')\nimport out\nassert out.answer == [3, 6]"
EXECUTED = "import subprocess, sys\nf(3)\nassert subprocess.run([sys.executable, '/tmp/out.py']).returncode == 0"
UNUSED = "unused = 1"  # set-up code sends a suite to the judge box
EIGHT = tuple(f"assert f({n}) == {7 * n}" for n in range(1, 9))
SHOWN = function("assert f(5) == [5, 10]", limits=LIMITS)
NUMBERS = "".join(f"{n}\n" for n in range(700_000))
NEEDLE = 274_891_764_327
BACK = ("assert f(f([1, 2])) == [4, 8]", "x = f([3])\nassert f(x) == [12]")
TWICE = "def f(x): return [2 * v for v in x]"
CHOSEN = "assert f([f, max, [5]][f([1])[0]]) == [10]"
SIZED = "import itertools\nassert f(itertools.repeat(1, f([1])[0])) == [2, 2]"
"""What the program answers decides what the tests hand it, and how much."""

CHECKER = """
def check(input, output, expected):
    return [int(word) for word in output.split()] == [int(input), 2 * int(input)]
"""

PROBLEMS: dict[str, Problem] = {
    "split": function(*DOUBLE, limits=LIMITS),
    "judge": function(*DOUBLE, limits=LIMITS, setup=UNUSED),
    "check": function(CHECK, limits=LIMITS),
    "unittest": function(UNITTEST, limits=LIMITS),
    "files": function(FILES, limits=LIMITS),
    "unpickled": function(UNPICKLED, limits=LIMITS),
    "evaluated": function(EVALUATED, limits=LIMITS),
    "imported": function(IMPORTED, limits=LIMITS),
    "executed": function(EXECUTED, limits=LIMITS),
    "skipping": function(SKIPPING, limits=LIMITS),
    "pytest": function(PYTEST, limits=LIMITS),
    "stdio": stdio(("3\n", "3 6\n"), ("5\n", "5 10\n"), limits=LIMITS),
    "checked": stdio(("3\n", "3 6\n"), ("5\n", "5 10\n"), limits=LIMITS, checker_source=CHECKER),
    "single": function("assert f(3) == 6", limits=LIMITS),
    "back": function(*BACK, limits=LIMITS, reference=TWICE),
    "back_unknown": function(*BACK, limits=LIMITS),
    "chosen": function(CHOSEN, limits=LIMITS, reference=TWICE),
    "sized": function(SIZED, limits=LIMITS, reference=TWICE),
    "sized_unknown": function(SIZED, limits=LIMITS),
    "half": function("assert abs(f(2) - 0.5) < 1e-6", "assert abs(f(4) - 0.25) < 1e-6", limits=LIMITS),
    "isclose": function("import math\nassert math.isclose(f(2), 0.5)", limits=LIMITS),
    "bare_isclose": function("assert isclose(f(2), 0.5)", limits=LIMITS),
    "bare_sqrt": function("assert f(2) == sqrt(2)", limits=LIMITS),
    "allclose": function("import numpy as np\nassert np.allclose(f(2), [0.5, 0.25])", limits=LIMITS),
    "alias": function("data = [1, 2]\nassert f(data) == data + data", limits=LIMITS),
    "needle": function(f"assert f({NEEDLE}) == {(NEEDLE ^ 5) * 3}", limits=LIMITS),
    "needle_judged": function(f"assert f({NEEDLE}) == {(NEEDLE ^ 5) * 3}", limits=LIMITS, setup=UNUSED),
    "shown": replace(SHOWN, public_tests=(FunctionTest("assert f(3) == [3, 6]"),)),
    "eight": function(*EIGHT, limits=LIMITS),
    "eight_judged": function(*EIGHT, "assert f(9) in (63, 64)", limits=LIMITS),
    "range": function("assert len(f(400000)) == 400000", "assert f(3) == [0, 1, 2]", limits=LIMITS),
    "third": stdio(("3\n", "0.333333\n"), limits=LIMITS),
    "exact": stdio(("\n", f"{10**16 + 1}\n"), limits=LIMITS),
    "one": stdio(("\n", "1\n"), limits=LIMITS),
    "ten": stdio(("\n", "10\n"), limits=LIMITS),
    "yes": stdio(("\n", "yes\n"), limits=LIMITS),
    "lines": stdio(("\n", "1\n2\n3\n"), limits=LIMITS),
    "words": stdio(("\n", "four one three two\nTrue\n"), limits=LIMITS),
    "total": stdio(("1 2\n3", "6\n"), ("4\r\n5\r\n", "9\n"), ("\n\n1\n", "1\n"), limits=LIMITS),
    "numbers": stdio(("700000\n", NUMBERS), limits=LIMITS),
    "large_input": stdio((NUMBERS[: NUMBERS.index("\n500000\n") + 1], f"{sum(range(500_000))}\n"), limits=LIMITS),
}


def problem(name: str, entry: Entry) -> Problem:
    """A problem with the limits that suit one entry: what is honest has time enough on a busy machine."""
    limits = HONEST if Verdict.ACCEPTED in entry.right(name) else LIMITS
    limits = replace(
        limits,
        cpu_limit_s=entry.cpu_s or limits.cpu_limit_s,
        wall_limit_s=entry.wall_s or max(limits.wall_limit_s, 2 * (entry.cpu_s or 0)),
    )
    return replace(PROBLEMS[name], limits=limits)
