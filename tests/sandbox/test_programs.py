"""Programs as people write them for an ordinary machine are judged as they would run there."""

import pytest

from sandbox.pool.pool import Pool
from sandbox.problem import Limits
from sandbox.verdict import Verdict
from tests.sandbox.problems import function, stdio

DOUBLE = "def f(x): return 2 * x\n"
GUARDED = {
    "reads input": "    n = int(input())\n    print(f(n))",
    "parses arguments": "    import argparse as a\n    p = a.ArgumentParser()\n    p.add_argument('n')\n"
    "    p.parse_args()",
    "asserts wrongly": "    assert f(1) == 3",
    "runs its own tests": "    import unittest\n    unittest.main()",
    "ends with a failure": "    import sys\n    sys.exit(f(1))",
    "asks for ever": "    while True:\n        try: input()\n        except EOFError: pass",
}
GUARD = "if __name__ == '__main__':\n"


@pytest.mark.parametrize("setup", ["", "unused = 1"])
@pytest.mark.parametrize("name", GUARDED)
def test_what_is_under_a_main_guard_decides_nothing_about_a_function(pool: Pool, name: str, setup: str) -> None:
    problem = function("assert f(2) == 4", setup=setup)
    outcome = pool.judge(problem, DOUBLE + GUARD + GUARDED[name], "private")
    assert outcome.accepted, outcome.message
    assert pool.judge(problem, DOUBLE.replace("2", "3") + GUARD + GUARDED[name], "private").label is False


def test_a_program_of_streams_is_the_main_module(pool: Pool) -> None:
    program = "import sys\ndef main(): print(int(input()) * 2, sys.modules['__main__'].main is main)\n" + GUARD
    outcome = pool.judge(stdio(("2\n", "4 True\n")), program + "    main()", "private")
    assert outcome.accepted, outcome.message


AFTER = {
    # the text of the program goes to its end, as an import would take it: who imports it has no function if it fails
    "assert f(1) == 3": "AssertionError",
    "n = int(input())": "EOFError: EOF when reading a line",
    "import sys\nsys.exit(1)": "SystemExit: 1",
    "raise KeyboardInterrupt": "KeyboardInterrupt",
    "undefined": "NameError: name 'undefined' is not defined",
    # an exit with success is the end of the text
    "exit()": None,
    "import sys\nsys.exit(0)": None,
    "import unittest\nunittest.main()": None,
}


@pytest.mark.parametrize("setup", ["", "unused = 1"])
@pytest.mark.parametrize("last", AFTER)
def test_what_fails_below_a_function_fails_the_program(pool: Pool, last: str, setup: str) -> None:
    outcome = pool.judge(function("assert f(2) == 4", setup=setup), DOUBLE + last, "private")
    said = AFTER[last]
    assert (outcome.label, outcome.message) == (said is None, said or "")


def test_an_early_exit_with_success_accepts_nothing(pool: Pool) -> None:
    for program in ("exit()\n" + DOUBLE, "def f(x): return 5\nexit()", "def f(x): exit()"):
        assert pool.judge(function("assert f(2) == 4"), program, "private").label is False


MODULE = {
    "pickle": "import pickle\nclass P:\n  x = 4\ndef f(n): return pickle.loads(pickle.dumps(P())).x",
    "pickled function": "import pickle\ndef g(x): return 2 * x\ndef f(n): return pickle.loads(pickle.dumps(g))(n)",
    "copy": "import copy\nclass P:\n  x = 4\ndef f(n): return copy.deepcopy(P()).x",
    "dataclass": "from __future__ import annotations\nfrom dataclasses import dataclass\n"
    "@dataclass(order=True)\nclass P:\n  x: int\n  z: ClassVar[int] = 2\ndef f(n): return P(n).x + P.z",
    "type hints": "import typing\nclass Q: pass\ndef g(q: 'Q') -> 'int': ...\n"
    "def f(n): return 4 if typing.get_type_hints(g) == {'q': Q, 'return': int} else 0",
    "enum": "import enum, pickle\nclass E(enum.Enum):\n  A = 4\ndef f(n): return pickle.loads(pickle.dumps(E.A)).value",
    "named tuple": "import pickle\nfrom collections import namedtuple\nP = namedtuple('P', 'x y')\n"
    "def f(n): return sum(pickle.loads(pickle.dumps(P(n, n))))",
    "imports itself": "def g(): return 4\ndef f(n):\n  import main\n  return main.g()",
    "its module": "import sys\ndef f(n): return 4 if sys.modules[__name__].f is f and f.__module__ == __name__ else 0",
    "global": "def f(n):\n  global k\n  k = 4\n  return globals()['k']",
    "source of a function": "import inspect\ndef g(): return 4\ndef f(n): return inspect.getsource(g).count('4') + 3",
    "source of a class": "import inspect\nclass P:\n  a = 1\n  b = 2\n"
    "def f(n): return inspect.getsource(P).count('\\n') + 1",
    "source of a lambda": "import inspect\ng = lambda: 4\n"
    "def f(n): return 4 * inspect.getsource(g).startswith('g = lambda')",
    "its traceback": "import traceback\ndef f(n):\n  try:\n    1 / 0  # four\n  except ZeroDivisionError:\n"
    "    return 4 * ('1 / 0  # four' in traceback.format_exc())",
    "thread": "import threading\ndef f(n):\n  r = []\n  t = threading.Thread(target=r.append, args=(4,))\n  t.start()\n"
    "  t.join()\n  return r[0]",
    "processes": "import os\ndef f(n):\n  a, b = os.pipe()\n  if not os.fork():\n    os.write(b, b'4')\n"
    "    os._exit(0)\n  os.wait()\n  return int(os.read(a, 1))",
}


@pytest.mark.parametrize("setup", ["", "unused = 1"])
@pytest.mark.parametrize("name", MODULE)
def test_the_program_is_a_module(pool: Pool, name: str, setup: str) -> None:
    outcome = pool.judge(function("assert f(2) == 4", setup=setup), MODULE[name], "private")
    assert outcome.accepted, outcome.message


def test_the_source_of_a_program_of_streams_is_its_own(pool: Pool) -> None:
    program = "import inspect\ndef g(): return 1\nprint(inspect.getsource(g).strip())"
    assert pool.judge(stdio(("", "def g(): return 1\n")), program, "private").accepted


def test_objects_of_the_program_are_known_as_its_own(pool: Pool) -> None:
    """Its instances stay objects, its exceptions are caught by their names."""
    program = (
        "class Stack(list):\n  def push(s, x): s.append(x)\nclass Empty(ValueError): pass\ndef f(n): raise Empty('e')"
    )
    tests = (
        "s = Stack()\ns.push(1)\nassert len(s) == 1",
        "try:\n  f(1)\n  assert False\nexcept Empty as e:\n  assert str(e) == 'e'",
    )
    outcome = pool.judge(function(*tests), program, "private")
    assert outcome.accepted, outcome.message


RECURSION = """
import sys, threading
sys.setrecursionlimit(1 << 25)
threading.stack_size({size} << 20)
def main():
    def g(n): return 0 if n == 0 else 1 + g(n - 1)
    print(g(int(input())))
thread = threading.Thread(target=main)
thread.start()
thread.join()
"""


@pytest.mark.parametrize(("size", "memory_mib"), [(64, 128), (256, 256), (512, 256), (512, 1024)])
def test_a_stack_that_is_hardly_used_is_no_memory(pool: Pool, size: int, memory_mib: int) -> None:
    limits = Limits(cpu_limit_s=2, wall_limit_s=20, memory_mib=memory_mib)
    outcome = pool.judge(stdio(("20000\n", "20000\n"), limits=limits), RECURSION.format(size=size), "private")
    assert outcome.accepted, outcome.message


def test_threads_and_large_stacks_leave_the_limit_of_memory_where_it_is(pool: Pool) -> None:
    """Data beyond it raises MemoryError before and after threads, in them, and for who raises his own limit."""
    limits = Limits(cpu_limit_s=5, wall_limit_s=20, memory_mib=256)
    tries = "def f():\n  try: return len(bytearray({0} << 20)) >> 20\n  except MemoryError: return 0\n"
    problem = function("assert f() == 0", limits=limits)
    threads = "import threading\nfor _ in range(50):\n  t = threading.Thread(target=int)\n  t.start()\n  t.join()\n"
    assert pool.judge(problem, tries.format(270), "private").accepted
    assert pool.judge(problem, threads + tries.format(280), "private").accepted
    raised = "import resource\nsoft, hard = resource.getrlimit(resource.RLIMIT_DATA)\n"
    raised += "resource.setrlimit(resource.RLIMIT_DATA, (hard, hard))\ndef f(): return 0 * len(b'x' * (600 << 20))"
    assert pool.judge(problem, raised, "private").verdict is Verdict.MEMORY_LIMIT


def test_endless_recursion_under_a_huge_limit_is_a_rejection(pool: Pool) -> None:
    program = "import sys\nsys.setrecursionlimit(10 ** 9)\ndef f(n): return 1 + f(n)"
    limits = Limits(cpu_limit_s=5, wall_limit_s=30, memory_mib=128)
    assert pool.judge(function("assert f(1) == 1", limits=limits), program, "private").label is False


ARRAYS = [
    (
        "assert f().shape == (2,) and (np.diff(f()).astype(int) > 0).all()",
        "np.array(['2024-01-01', '2024-01-02'], 'M8[D]')",
    ),
    ("assert f()[0] == np.datetime64('2024-01-01')", "np.array(['2024-01-01'], 'M8[ns]')"),
    ("assert f() == np.timedelta64(36, 'h')", "np.timedelta64(36, 'h')"),
    ("assert np.isnat(f())", "np.datetime64('NaT')"),
    ("assert (f() == np.array([b'a', b'bc'])).all()", "np.array([b'a', b'bc'])"),
    (
        "assert f()['x'].tolist() == [1, 3] and f()[1]['y'] == 4.5",
        "np.array([(1, 2.5), (3, 4.5)], [('x', int), ('y', float)])",
    ),
    ("assert type(f()) is np.matrix and (f() * f()).tolist() == [[7, 10], [15, 22]]", "np.matrix([[1, 2], [3, 4]])"),
    ("assert f().x.tolist() == [1]", "np.rec.array([(1, 2)], dtype=[('x', int), ('y', int)])"),
    ("assert f().shape == (0, 3)", "np.zeros((0, 3))"),
]


@pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")
@pytest.mark.parametrize(("test", "value"), ARRAYS)
def test_arrays_of_every_kind_are_compared_by_numpy(pool: Pool, test: str, value: str) -> None:
    problem = function(f"import numpy as np\n{test}")
    right = pool.judge(problem, f"import numpy as np\ndef f(): return {value}", "private")
    assert right.accepted, right.message
    assert pool.judge(problem, "import numpy as np\ndef f(): return np.array([7])", "private").label is False


def test_arrays_of_every_kind_go_in_and_come_back_changed(pool: Pool) -> None:
    test = "import numpy as np\nd = np.array(['2024-02-01', '2024-01-01'], 'M8[D]')\n"
    test += "f(d)\nassert d[0] == np.datetime64('2024-01-01')"
    assert pool.judge(function(test), "def f(d): d.sort()", "private").accepted
    assert pool.judge(function(test), "def f(d): pass", "private").label is False
    matrix = "import numpy as np\nassert f(np.matrix([[1, 2]])) == 'matrix'"
    assert pool.judge(function(matrix), "def f(m): return type(m).__name__", "private").accepted


JS = "function f(x) { return 2 * x }\n"
GUARDED_JS = (
    "require.main === module",
    "!module.parent",
    "require.main.filename === __filename",
    "process.argv[1] === __filename",
)


@pytest.mark.parametrize("condition", GUARDED_JS)
def test_a_main_guard_of_javascript_decides_nothing_about_a_function(pool: Pool, condition: str) -> None:
    guarded = f"if ({condition}) {{ throw new Error('the demonstration ran') }}"
    problem = function("assert.strictEqual(f(2), 4)", language="javascript")
    outcome = pool.judge(problem, JS + guarded, "private")
    assert outcome.accepted, outcome.message
    streams = stdio(("", "main\n"), language="javascript")
    assert pool.judge(streams, f"if ({condition}) console.log('main')", "private").accepted
