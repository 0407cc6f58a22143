"""Exact verdicts and messages, each derived by hand from the program and its test."""

from dataclasses import replace

import pytest

from sandbox.pool.pool import Pool
from sandbox.problem import FunctionTest, Limits, Problem
from sandbox.verdict import Verdict
from tests.sandbox.problems import QUICK, function, stdio

DOUBLE = "assert f([1, 2]) == [2, 4]"
CASES = [
    ("def f(xs): return [2 * x for x in xs]", Verdict.ACCEPTED, ""),
    ("def f(xs): return xs", Verdict.WRONG_ANSWER, "got [1, 2], expected [2, 4]"),
    ("def f(xs): return (2, 4)", Verdict.WRONG_ANSWER, "got (2, 4), expected [2, 4]"),
    ("def f(xs): return [2.0, 4.0]", Verdict.ACCEPTED, ""),
    ("def f(xs): return None", Verdict.WRONG_ANSWER, "got None, expected [2, 4]"),
    ("def f(xs): return object()", Verdict.WRONG_ANSWER, "got <object object>, expected [2, 4]"),
    ("def f(xs): return xs[7]", Verdict.RUNTIME_ERROR, "IndexError: list index out of range"),
    ("def f(xs): return {}['k']", Verdict.RUNTIME_ERROR, "KeyError: 'k'"),
    ("def g(xs): return xs", Verdict.RUNTIME_ERROR, "NameError: name 'f' is not defined"),
    ("def f(xs: return", Verdict.COMPILE_ERROR, "SyntaxError: invalid syntax"),
    ("x = '\0'", Verdict.COMPILE_ERROR, "source code string cannot contain null bytes"),
    ("1 / 0", Verdict.RUNTIME_ERROR, "ZeroDivisionError: division by zero"),
    ("raise SystemExit", Verdict.RUNTIME_ERROR, "NameError: name 'f' is not defined"),
    ("raise SystemExit(3)", Verdict.RUNTIME_ERROR, "SystemExit: 3"),
    ("def f(xs): return [2 * x for x in xs]\nraise SystemExit", Verdict.ACCEPTED, ""),
    ("def f(xs):\n  while True: pass", Verdict.TIME_LIMIT, "time limit: 1 s of CPU"),
    ("def f(xs): return [bytearray(1 << 29)]", Verdict.MEMORY_LIMIT, "MemoryError"),
    ("def f(xs): return 'x' * (9 << 20)", Verdict.OUTPUT_LIMIT, "output limit: values of 8 MiB"),
    ("def f(xs):\n  while True: print('x' * 100000)", Verdict.OUTPUT_LIMIT, "output limit: 16 MiB"),
    ("def f(xs): return f(xs)", Verdict.RUNTIME_ERROR, "RecursionError: maximum recursion depth exceeded"),
    ("import os\ndef f(xs): os._exit(3)", Verdict.RUNTIME_ERROR, "the program ended itself with status 3"),
    ("import os\ndef f(xs): os.abort()", Verdict.RUNTIME_ERROR, "killed by signal 6"),
]


@pytest.mark.parametrize(("program", "verdict", "message"), CASES)
def test_a_call_compared_on_the_host(pool: Pool, program: str, verdict: Verdict, message: str) -> None:
    outcome = pool.judge(function(DOUBLE), program, "private")
    assert outcome.verdict is verdict
    assert (
        message in outcome.message if message.startswith(("source", "RecursionError")) else outcome.message == message
    )


@pytest.mark.parametrize(("program", "verdict", "message"), CASES)
def test_the_same_in_a_judge_box(pool: Pool, program: str, verdict: Verdict, message: str) -> None:
    """Set-up code sends a suite to the judge box; nothing else may change."""
    outcome = pool.judge(function(DOUBLE, setup="unused = 1"), program, "private")
    assert outcome.verdict is verdict
    assert (
        message in outcome.message if message.startswith(("source", "RecursionError")) else outcome.message == message
    )


VALUES = [
    ("True == 1 is what assert says", "assert f() == 1", "True", True),
    ("and nested", "assert f() == [1, 0]", "[True, False]", True),
    ("1 is not '1'", "assert f() == 1", "'1'", False),
    ("not a number equals nothing", "assert f() == float('nan')", "float('nan')", False),
    ("sets have no order", "assert f() == {1, 2, 3}", "{3, 2, 1}", True),
    ("a numpy integer is an integer", "assert f() == 3", "__import__('numpy').int64(3)", True),
    ("an array is not a list", "assert f() == [1, 2]", "__import__('numpy').array([1, 2])", False),
    ("huge integers are exact", f"assert f() == {10**4000 + 1}", "10 ** 4000", False),
    ("and equal where they are", f"assert f() == {10**4000}", "10 ** 4000", True),
    ("and may be longer than decimal text may be", "assert f() == 0", "10 ** 5000", False),
    ("a dictionary's order is free", "assert f() == {'a': 1, 'b': 2}", "{'b': 2, 'a': 1}", True),
    ("a counter is a dictionary", "assert f() == {'a': 2}", "__import__('collections').Counter('aa')", True),
    ("bytes are not text", "assert f() == 'a'", "b'a'", False),
    ("lone surrogates survive", "assert f() == '\\ud800'", "'\\ud800'", True),
    ("sorted around the call", "assert sorted(f()) == [1, 2]", "{2, 1}", True),
    ("rounding around the call", "assert round(f(), 2) == 0.33", "1 / 3", True),
]


@pytest.mark.parametrize(("why", "test", "value", "accepted"), VALUES)
@pytest.mark.parametrize("setup", ["", "unused = 1"])
def test_comparison_is_pythons_on_plain_values(
    pool: Pool, why: str, test: str, value: str, accepted: bool, setup: str
) -> None:
    outcome = pool.judge(function(test, setup=setup), f"def f(): return {value}", "private")
    assert outcome.accepted is accepted, outcome.message


RICH = [
    ("tolerance", "assert abs(f(2) - 0.5) < 1e-6", "def f(x): return 1 / x", True),
    ("tolerance missed", "assert abs(f(2) - 0.5) < 1e-6", "def f(x): return 0.6", False),
    ("loop", "for i in range(5):\n    assert f(i) == i * i", "def f(x): return x ** 2", True),
    ("is", "assert f(1) is True", "def f(x): return 1", False),
    ("membership", "assert f(1) in (2, 3)", "def f(x): return 3", True),
    ("truth", "assert f([])", "def f(x): return not x", True),
    ("negation", "assert not f([])", "def f(x): return not x", False),
    (
        "exception expected",
        "try:\n    f(-1)\n    assert False\nexcept ValueError:\n    pass",
        "def f(x):\n    raise ValueError('no')",
        True,
    ),
    ("wrong exception", "try:\n    f(-1)\nexcept KeyError:\n    pass", "def f(x):\n    raise ValueError('no')", False),
    ("argument changed in place", "a = [3, 1]\nf(a)\nassert a == [1, 3]", "def f(x): x.sort()", True),
    ("argument not changed", "a = [3, 1]\nf(a)\nassert a == [1, 3]", "def f(x): return sorted(x)", False),
    ("generator", "assert list(f(3)) == [0, 1, 2]\nassert next(f(1)) == 0", "def f(n): yield from range(n)", True),
    (
        "own class",
        "p = P(2)\nassert f([p, P(3)]) == 5\nassert p.x == 2",
        "class P:\n  def __init__(s, x): s.x = x\ndef f(ps): return sum(p.x for p in ps)",
        True,
    ),
    ("attributes set", "p = P()\np.x = 4\nassert f(p) == 4", "class P: pass\ndef f(p): return p.x", True),
    (
        "methods, of a kind of list too",
        "s = Stack()\ns.push(1)\ns.push(2)\nassert s.pop() == 2\nassert len(s) == 1",
        "class Stack(list):\n  def push(s, x): s.append(x)\ndef f(): pass",
        True,
    ),
    (
        "arrays",
        "import numpy as np\nassert np.allclose(f(), [1, 2])",
        "import numpy as np\ndef f(): return np.array([1.0, 2.0])",
        True,
    ),
]


@pytest.mark.parametrize(("why", "test", "program", "accepted"), RICH)
def test_richer_tests_run_in_a_judge_box(pool: Pool, why: str, test: str, program: str, accepted: bool) -> None:
    outcome = pool.judge(function(test), program, "private")
    assert outcome.accepted is accepted, outcome.message


def test_stdio(pool: Pool) -> None:
    problem = stdio(("1 2\n", "3\n"), ("10 -4\n", "6\n"))
    add = "a, b = map(int, input().split())\nprint(a + b)"
    assert pool.judge(problem, add, "private").accepted
    wrong = pool.judge(problem, add.replace("+", "-"), "private")
    assert (wrong.verdict, wrong.message, len(wrong.tests)) == (
        Verdict.WRONG_ANSWER, "line 1: got '-1', expected '3'", 1,
    )  # fmt: skip
    failed = pool.judge(problem, "print(3)\nraise ValueError('no')", "private")
    assert (failed.verdict, failed.message) == (Verdict.RUNTIME_ERROR, "ValueError: no")


def test_all_tests_are_reported_on_request(pool: Pool) -> None:
    problem = function("assert f(1) == 1", "assert f(2) == 2", "assert f(3) == 3")
    program = "def f(x): return x if x != 2 else 0"
    all_of_them = pool.judge(problem, program, "private", stop_at_first_failure=False)
    assert [test.verdict.label for test in all_of_them.tests] == [True, False, True]
    assert all_of_them.message == "got 0, expected 2"
    stopped = pool.judge(problem, program, "private")
    failed = [test.index for test in stopped.tests if test.verdict.label is False]
    assert (failed, stopped.message) == ([1], "got 0, expected 2")


def test_suites_without_tests(pool: Pool) -> None:
    problem = Problem(problem_id="t", prompt="")
    public, private = pool.judge(problem, "", "public"), pool.judge(problem, "", "private")
    assert (public.verdict, public.message) == (Verdict.ACCEPTED, "no public tests")
    assert private.label is None


def test_setup_runs_after_the_program_and_preamble_before(pool: Pool) -> None:
    problem = function("assert f(root) == 7", setup="root = Node(7)", preamble="def helper(x): return x")
    assert pool.judge(
        problem, "class Node:\n  def __init__(s, v): s.v = v\ndef f(n): return helper(n.v)", "private"
    ).accepted


def test_helpers_of_the_prompt_are_the_tests_own(pool: Pool) -> None:
    """A program that redefines the helper changes its own copy only."""
    problem = function("assert f(twice(3)) == 3", preamble="def twice(x): return 2 * x")
    assert pool.judge(problem, "def f(x): return x // 2", "private").accepted
    cheat = pool.judge(problem, "def twice(x): return x\ndef f(x): return x", "private")
    assert cheat.message == "got 6, expected 3"


def test_public_and_private_runs_share_nothing(pool: Pool) -> None:
    tests = (FunctionTest("assert f() == 1"),)
    problem = Problem(problem_id="t", prompt="", public_tests=tests, private_tests=tests, limits=QUICK)
    program = "n = 0\ndef f():\n  global n\n  n += 1\n  return n"
    assert pool.judge(problem, program, "public").accepted
    assert pool.judge(problem, program, "private").accepted


def test_usage_is_measured(pool: Pool) -> None:
    burner = (
        "import time\nend = time.process_time() + 0.3\nwhile time.process_time() < end: pass\n"
        "x = bytearray(100 << 20)\ndef f(): return 1"
    )
    outcome = pool.judge(function("assert f() == 1", limits=Limits(cpu_limit_s=5)), burner, "private")
    assert outcome.accepted and outcome.box
    assert 0.3 <= outcome.cpu_s < 1.5 and outcome.wall_s >= outcome.cpu_s * 0.9
    assert 100 < outcome.peak_memory_mib < 200


def test_cpu_of_all_processes_counts(pool: Pool) -> None:
    forks = "import os\nfor _ in range(3): os.fork()\nwhile True: pass"
    outcome = pool.judge(function("assert f() == 1"), forks, "private")
    assert (outcome.verdict, outcome.message) == (Verdict.TIME_LIMIT, "time limit: 1 s of CPU")
    assert outcome.cpu_s < 3


def test_a_sleeper_meets_the_wall_limit(pool: Pool) -> None:
    limits = Limits(cpu_limit_s=1, wall_limit_s=1.5)
    outcome = pool.judge(function("assert f() == 1", limits=limits), "import time\ntime.sleep(60)", "private")
    assert (outcome.verdict, outcome.message) == (Verdict.TIME_LIMIT, "time limit: 1.5 s of wall time")


SPENDS = "import time\ndef f(n):\n  end = time.process_time() + {}\n  while time.process_time() < end: pass\n  return n"
EACH = replace(QUICK, cpu_limit_s=0.4, per_test=True)


@pytest.mark.parametrize("judged", ["assert f({0}) == {0}", "assert f({0}) in [{0}]"])
def test_limits_of_each_test(pool: Pool, judged: str) -> None:
    """On the host and in a judge box: every test has all the time, and none the time that another left."""
    tests = [judged.format(n) for n in range(3)]
    assert pool.judge(function(*tests, limits=EACH), SPENDS.format(0.2), "private").accepted
    late = pool.judge(function(*tests, limits=replace(EACH, per_test=False)), SPENDS.format(0.3), "private")
    assert late.verdict is Verdict.TIME_LIMIT
    program = SPENDS.format("0.7 * (n == 1)")
    outcome = pool.judge(function(*tests, limits=EACH), program, "private", stop_at_first_failure=False)
    assert [test.verdict for test in outcome.tests] == [Verdict.ACCEPTED, Verdict.TIME_LIMIT, Verdict.ACCEPTED]
    assert (outcome.verdict, outcome.message) == (Verdict.TIME_LIMIT, "time limit: 0.4 s of CPU")


def test_tests_that_need_each_other_share_the_time_of_all(pool: Pool) -> None:
    problem = function("a = f(1)\nassert a == 1", "assert f(a) == 1", limits=EACH)
    assert pool.judge(problem, SPENDS.format(0.3), "private").accepted
    assert pool.judge(problem, SPENDS.format(0.7), "private").verdict is Verdict.TIME_LIMIT


def test_a_test_that_asks_nothing_passes_beside_others_that_ask(pool: Pool) -> None:
    about_itself = "assert len([1]) in [1]"
    assert pool.judge(function("assert f(1) in [1]", about_itself, limits=EACH), SPENDS.format(0), "private").accepted
    alone = pool.judge(function(about_itself, about_itself, limits=EACH), SPENDS.format(0), "private")
    assert (alone.verdict, alone.reason) == (Verdict.UNJUDGED, "nothing_asked")


def test_a_test_with_a_run_of_its_own_is_named(pool: Pool) -> None:
    problem = function("assert f(0) in [0]", "assert f(1) in [1], 'one stays'", "assert f(2) in [2]", limits=EACH)
    outcome = pool.judge(problem, "seen = []\ndef f(n): seen.append(n); return n * (len(seen) - (n == 1))", "private")
    assert [test.index for test in outcome.tests if not test.verdict.label] == [1]
    assert "one stays" in outcome.message
    broken = pool.judge(problem, "def f(n: return n", "private", stop_at_first_failure=False)
    assert [test.verdict for test in broken.tests] == [Verdict.COMPILE_ERROR] * 3


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize(
    ("test", "program", "right"),
    [
        ("assert f() == [2, 0.5]", "def f(): return [1.9999999, 0.5]", True),
        ("assert f() == [2, 0.5]", "def f(): return [1.9, 0.5]", False),
        ("assert f() == 0", "def f(): return -0.0", True),
        ("assert f() == True", "def f(): return 1.0000001", False),
        ("want = {'a': [2]}\nassert f() == want", "def f(): return {'a': [2.0000001]}", True),
        ("want = {'a': [2]}\nassert f() == want", "def f(): return {'a': [2.1]}", False),
        ("want = {1, 3}\nassert f() == want", "def f(): return {2.9999999, 1}", True),
        (
            "import numpy as np\nassert f() == np.array([2, 3])",
            "def f(): return __import__('numpy').array([2.0, 3.0000001])",
            True,
        ),
        (
            "import numpy as np\nassert f() == np.array([2, 3])",
            "def f(): return __import__('numpy').array([2.0, 3.1])",
            False,
        ),
        ("import numpy as np\nassert f() == np.array([2, 3])", "def f(): return [2, 3]", False),
        ("import numpy as np\nassert f() == np.int64(10**18)", "def f(): return 10 ** 400", False),
    ],
)
def test_a_tolerance_of_the_problem(pool: Pool, test: str, program: str, right: bool) -> None:
    """On the host, and in a judge box: integers and floats alike, in every shape; a bool is no number."""
    assert pool.judge(function(test, name=None, float_tol=1e-6), program, "private").label is right


def test_random_numbers_are_the_same_everywhere() -> None:
    """In another box, and in a run after others that drew: else the same program had other verdicts."""
    program = "import random, numpy\ndef f(x): return [random.random(), float(numpy.random.rand())]"
    said = []
    for _ in range(2):
        with Pool(boxes=1, cached=False) as pool:
            said += [pool.judge(function("assert f(1) == 0"), program, "private").message for _ in range(2)]
    assert len(set(said)) == 1 and said[0].startswith("got [0.")


PAIRS = "def f(n): return [(1, 2)] * n"


@pytest.mark.parametrize(("most", "accepted"), [(0, True), (4300, False), (10_000, True)])
def test_integers_of_many_digits_are_read_and_written(pool: Pool, most: int, accepted: bool) -> None:
    """Without CPython's limit, as online judges run it, unless the problem sets one; in a judge box, too."""
    limits = replace(QUICK, int_max_str_digits=most)
    text = f"1{'0' * 4999}1\n"
    echo = stdio((text, text), limits=limits)
    assert pool.judge(echo, "print(int(input()))", "private").accepted is accepted
    tested = function("want = '1' + 4999 * '0' + '1'\nassert f(int(want)) == int(want)", limits=limits)
    assert pool.judge(tested, "def f(x): return int(str(x))", "private").accepted is accepted
    values = function("assert f(5000) == 10 ** 5000 + 1", limits=limits)
    assert pool.judge(values, "def f(x): return 10 ** x + 1", "private").accepted


@pytest.mark.parametrize(("values_mib", "accepted"), [(8, False), (32, True)])
def test_a_problem_may_allow_large_values(pool: Pool, values_mib: int, accepted: bool) -> None:
    """600,000 pairs are 11 MiB of text, in several messages."""
    limits = Limits(cpu_limit_s=10, wall_limit_s=60, memory_mib=1024, values_mib=values_mib)
    outcome = pool.judge(function("x = f(600_000)\nassert len(x) == 600_000", limits=limits), PAIRS, "private")
    assert (outcome.accepted, outcome.message) == (accepted, "" if accepted else "output limit: values of 8 MiB")


LARGE = Limits(cpu_limit_s=20, wall_limit_s=120, memory_mib=1024, values_mib=96)
SHAPES = [
    ("[('a', 'b', n) for n in range(400_000)]", "x[399_999] = ()"),
    pytest.param("{n: [str(n)] * 3 for n in range(200_000)}", "x[199_999][2] = ''", marks=pytest.mark.slow),
    pytest.param("([[0] * 900_000], {*range(300_000)})", "x[0][0][899_999] = 1", marks=pytest.mark.slow),
    ("['a' * 70] * 1_000_000", "x[999_999] = 'b'"),  # more than one frame holds
]


@pytest.mark.parametrize(("value", "change"), SHAPES)
def test_values_that_no_message_holds_are_compared_to_their_end(pool: Pool, value: str, change: str) -> None:
    problem = function(f"def check(c): assert c(1) == {value}\ncheck(f)", limits=LARGE)
    right, wrong = f"def f(n): return {value}", f"def f(n):\n  x = {value}\n  {change}\n  return x"
    assert pool.judge(problem, right, "private").accepted
    assert pool.judge(problem, wrong, "private").verdict is Verdict.WRONG_ANSWER


def test_large_arguments_that_a_call_changes_come_back_whole(pool: Pool) -> None:
    test = "a = [*range(300_000)]\nb = a.copy()\nassert f(a) is None and a == b[::-1]"
    assert pool.judge(function(test, limits=LARGE), "def f(a): a.reverse()", "private").accepted
    assert pool.judge(function(test, limits=LARGE), "def f(a): a[:9] = a[8::-1]", "private").label is False
