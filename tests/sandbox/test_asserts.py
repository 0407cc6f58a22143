"""A test says of a program what a plain assert would say, though the two never meet: order, arguments, exceptions."""

import pytest

from sandbox.pool.pool import Pool
from sandbox.problem import Limits
from sandbox.verdict import Verdict
from tests.sandbox.problems import function

JUDGE = "unused = 1"
"""Set-up code, so that also a test that could be split is judged in conversation."""
ACCOUNT = "class A:\n  def __init__(s, b): s.b = b\n  def take(s, n):\n    old, s.b = s.b, s.b - n\n    return {}"
COUNT = "COUNT = 0\ndef f():\n  global COUNT\n  COUNT += 1\n  return {}"
FIRST = "d = [1]\nr = f(d)\nr.append(2)\nassert d == [1]"
NESTED = "t = ([2, 1], [3])\nassert f(t) == [1, 2]\nassert t == {}"
ARRAY = "import numpy as np\na = np.array([2, 1])\nf(a)\nassert a.tolist() == {}"
SORTS = "def f(a):\n  a.sort()\n  return a"
SORTED = [
    ("a = A(9)\nassert a.take(3) == a.b", ACCOUNT.format("s.b"), True),  # the right side changes with the left one
    ("a = A(9)\nassert a.take(3) == a.b", ACCOUNT.format("old"), False),
    ("assert f() == COUNT", COUNT.format("COUNT"), True),
    ("assert f() == COUNT", COUNT.format("COUNT - 1"), False),
    ("import heapq\nh = [1, 2, 3]\nassert f(list(h)) == [heapq.heappop(h) for _ in h[:]]", "f = sorted", True),
    ("data = [1]\nassert f(data) == data + data", "def f(x):\n  x.clear()\n  return x", False),
    ("data = [1]\nassert sorted(data) + data == f(data)", "def f(x):\n  x.clear()\n  return x", False),
    (
        "xs = [[2, 1], [3]]\nfor x in xs:\n  assert f(x) == sorted(x) + x[:1]",
        "def f(x): return sorted(x) + x[:1]",
        True,
    ),
    (
        "xs = [[2, 1], [3]]\nfor x in xs:\n  assert f(x) == sorted(x) + x[:1]",
        "def f(x):\n  x.clear()\n  return x",
        False,
    ),
    (ARRAY.format("[1, 2]"), SORTS, True),
    (ARRAY.format("[2, 1]"), SORTS, False),
    (NESTED.format("([1, 2], [3])"), "def f(t):\n  t[0].sort()\n  return t[0]", True),
    (NESTED.format("([2, 1], [3])"), "def f(t):\n  t[0].sort()\n  return t[0]", False),
    ("x = [1]\ny = f(x)\nassert y == x and y is not x", "def f(x): return x", False),
    ("x = [1]\ny = f(x)\nassert y == x and y is not x", "def f(x): return list(x)", True),
    ("x = [1]\nassert f(x) is x and x == [1, 2]", "def f(x):\n  x.append(2)\n  return x", True),
    (FIRST, "def f(d): return d", False),
    (FIRST, "def f(d): return d[:]", True),
    ("assert f(xs=iter([1, 2])) == 3", "def f(xs): return sum(xs)", True),
    ("assert f('[' * 1_100_000) == 1_100_000", "f = len", True),
    ("assert f(1_100_000) == '[' * 1_100_000", "def f(n): return '[' * n", True),
    ("assert f()['absent'] == 0", "from collections import defaultdict\ndef f(): return defaultdict(int, a=1)", True),
    (
        "from collections import OrderedDict as O\nassert f() == O([('a', 1), ('b', 2)])",
        "from collections import OrderedDict\ndef f(): return OrderedDict(b=2, a=1)",
        False,
    ),
]


@pytest.mark.parametrize(("test", "program", "right"), SORTED)
def test_as_a_plain_assert(pool: Pool, test: str, program: str, right: bool) -> None:
    outcome = pool.judge(function(test, name=None, setup=JUDGE), program, "private")
    assert outcome.label is right, outcome


ERRORS = "class AppError(Exception): pass\nclass Sub(AppError): pass\nclass Two(KeyError, ValueError): pass\n"
RAISES = [
    ("KeyError", "{}['k']", "\"'k'\""),
    ("UnicodeDecodeError", "b'\\xff'.decode()", None),
    ("ValueError", "b'\\xff'.decode()", None),
    ("ExceptionGroup", "(_ for _ in ()).throw(ExceptionGroup('g', [ValueError('v')]))", None),
    ("json.JSONDecodeError", "__import__('json').loads('{')", None),
    ("decimal.InvalidOperation", "__import__('decimal').Decimal('x')", None),
    ("SystemExit", "__import__('sys').exit(2)", "'2'"),
    ("StopIteration", "next(iter([]))", None),
    ("AppError", "(_ for _ in ()).throw(Sub('s'))", "'s'"),
    ("ValueError", "(_ for _ in ()).throw(Two('t'))", None),
    ("LookupError", "(_ for _ in ()).throw(Two('t'))", None),
]


@pytest.mark.parametrize(("error", "does", "text"), RAISES)
def test_an_exception_is_caught_by_its_class_and_those_above(pool: Pool, error: str, does: str, text: str) -> None:
    test = f"import decimal, json\ntry:\n  f()\nexcept {error} as e:\n  said = str(e)\nassert said == {text or 'said'}"
    outcome = pool.judge(function(test, setup=JUDGE), f"{ERRORS}def f(): return {does}", "private")
    if error == "ExceptionGroup":  # its parts do not cross, so nothing can be made of it
        assert outcome.verdict is Verdict.RUNTIME_ERROR
    else:
        assert outcome.accepted, outcome


@pytest.mark.parametrize(
    ("test", "does"),
    [
        ("try:\n  f()\nexcept AppError: pass", "raise Two('t')"),
        ("try:\n  f()\nexcept Two: pass", "raise Sub('s')"),
        ("n = 0\nfor _ in range(2):\n  f()\n  n += 1\nassert n == 2", "raise StopIteration"),
        ("import contextlib\nwith contextlib.suppress(AppError):\n  f()", "raise Two('t')"),
        ("try:\n  f()\nexcept Exception: pass", "raise SystemExit"),
    ],
)
def test_an_exception_is_not_caught_by_another_class(pool: Pool, test: str, does: str) -> None:
    outcome = pool.judge(function(test, setup=JUDGE), f"{ERRORS}def f(): {does}", "private")
    expected = Verdict.ACCEPTED if "except Exception" in test else Verdict.RUNTIME_ERROR
    assert outcome.verdict is expected, outcome


def test_suppressed_errors_of_the_program_are_suppressed(pool: Pool) -> None:
    test = "import contextlib\nwith contextlib.suppress(AppError):\n  f()"
    assert pool.judge(function(test, setup=JUDGE), f"{ERRORS}def f(): raise Sub('s')", "private").accepted


CHECK, CAUGHT = "def check(c):\n", "try:\n  assert f(3) == 6, 'said'\nexcept AssertionError as e:\n"
SAID = {
    "assert f(3) == 6, 'three twice'": ("got 3, expected 6: three twice", None),
    "x = 3\nassert f(x) == 6, f'of {x}'": ("got 3, expected 6: of 3", 2),
    "assert f(3) > 6, 'too small'": ("assertion failed: too small", None),
    "assert f(3) > 6, f'{f(3)} is too small'": ("assertion failed: 3 is too small", None),
    "assert f(3) > 6": ("assertion failed: f(3) > 6", None),
    "assert 3 == f(3), 1 / 0\nassert f(1) == 2": ("got 1, expected 2", 2),
    CHECK + "  assert c(1) == 1\n  assert c(2) == 4, 'second'\ncheck(f)": ("got 2, expected 4: second", 3),
    CHECK + "  for x in (1, 2):\n    assert c(x) < 2\ncheck(f)": ("assertion failed: c(x) < 2", 3),
    CAUGHT + "  assert str(e) == 'said'\nassert f(1) == 2": ("got 1, expected 2", 5),
}


@pytest.mark.parametrize("test", SAID)
def test_the_authors_message_and_the_failing_line_are_told(pool: Pool, test: str) -> None:
    outcome = pool.judge(function(test, setup=JUDGE), "def f(x): return x", "private")
    assert (outcome.verdict, outcome.message, outcome.tests[0].line) == (Verdict.WRONG_ANSWER, *SAID[test])


LONG = "def check(c):\n  data = [1, 2, 3]\n" + "  assert c(data) == data\n" * 9 + "  assert c([].sort) == 1\ncheck(f)"


def test_the_line_or_the_set_up_that_cannot_be_judged_is_named(pool: Pool) -> None:
    outcome = pool.judge(function("assert f(0) == 0", LONG, setup=JUDGE), "def f(x): return x", "private")
    what = "a builtin_function_or_method of the tests cannot be passed to the program"
    assert outcome.message == f"private test 2 cannot be judged: {what}: line 12: assert c([].sort) == 1"
    setup = "import math\nknown = f([].sort)"
    outcome = pool.judge(function("assert f(0) == 0", "assert f(1) == 1", setup=setup), "def f(x): return x", "private")
    assert outcome.message == f"the set-up cannot be judged: {what}: import math known = f([].sort)"
    outcome = pool.judge(function("assert f(0) == 0", setup="return 1"), "def f(x): return x", "private")
    assert outcome.message.startswith("the set-up cannot be judged: it does not compile (SyntaxError:")


UNJUDGEABLE = {
    "import functools\nassert f(functools.partial(int, 3)) == 1": "a partial of the tests",
    "assert f('abc'.upper) == 1": "a builtin_function_or_method of the tests",
    "import operator\nassert f(operator.itemgetter(0)) == 1": "a itemgetter of the tests",
    "import re\nassert f(re.compile('a')) == 1": "a Pattern of the tests",
    "import io\nassert f(io.StringIO('a')) == 1": "a StringIO of the tests",
    "assert f([iter([1])]) == 1": "a list_iterator of the tests",
    "import itertools\nassert f(itertools.repeat(7)) == 1": "an endless iterator of the tests",
    "return 5": "it does not compile (SyntaxError: 'return' outside function",
}


@pytest.mark.parametrize("test", UNJUDGEABLE)
def test_what_cannot_be_handed_over_is_no_verdict_also_after_an_answer(pool: Pool, test: str) -> None:
    problem = function("assert f(1) in (1,)", test)
    outcome = pool.judge(problem, "def f(x): return 1", "private")
    assert outcome.verdict is Verdict.UNJUDGED
    assert outcome.message.startswith(f"private test 2 cannot be judged: {UNJUDGEABLE[test]}")


def test_a_value_too_deep_for_a_message_is_the_tests_own_until_the_program_may_have_made_it(pool: Pool) -> None:
    deep = "x = []\nfor _ in range(200): x = [x]\n"
    program = "def f(x): return [x]"
    outcome = pool.judge(function(f"{deep}assert f(x) in (1,)"), program, "private")
    assert outcome.verdict is Verdict.UNJUDGED and "nested more than 150 deep" in outcome.message
    grown = "x = []\nfor _ in range(200): x = f(x)\nassert x"
    assert pool.judge(function(grown), program, "private").label is False


def test_a_program_cannot_make_an_iterator_of_its_values_too_long_to_judge(pool: Pool) -> None:
    problem = function("assert f(v for v in f([1])) == 1", setup=JUDGE)
    outcome = pool.judge(problem, "def f(x): return [0] * 1_100_000 if x == [1] else 1", "private")
    assert outcome.label is False, outcome
    assert pool.judge(problem, "def f(x): return list(x) if x == [1] else 1", "private").accepted
    own = "def ones():\n  while True: yield 1\nassert f(ones()) == 1"
    assert pool.judge(function(own, setup=JUDGE), "def f(x): return 1", "private").label is None


def test_only_a_test_that_names_it_lets_a_loop_be_cut_short(pool: Pool) -> None:
    names_it = "try:\n  f(0)\nexcept StopIteration: pass"
    cut = "def right(n): return f(n) == n\nassert all(map(right, [1, 2]))"
    outcome = pool.judge(function(names_it, cut, setup=JUDGE), "def f(n): raise StopIteration", "private")
    assert outcome.label is False, outcome


def test_many_objects_are_kept_in_linear_time(pool: Pool) -> None:
    limits = Limits(cpu_limit_s=5, wall_limit_s=60, memory_mib=512)
    problem = function("assert len(f(50_000)) == 50_000", setup=JUDGE, limits=limits)
    program = "class A: pass\ndef f(n): return [A() for _ in range(n)]"
    outcome = pool.judge(problem, program, "private")
    assert outcome.accepted and outcome.cpu_s < 2.5, outcome
