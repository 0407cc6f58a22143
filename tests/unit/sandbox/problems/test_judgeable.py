"""Tests that nobody could judge are found in their text when a data set is loaded."""

import pytest

from sandbox.problem import FunctionTest, Problem
from sandbox.problems.judgeable import unjudgeable_reason

NODE = "class Node:\n  def __init__(s, v): s.v = v"
FOUND = [
    ("", "def check(c):\n  assert c(lambda v: v) == 1\ncheck(f)", "a function"),
    ("", "def g(v): return v\nassert f([1, {'k': g}]) == 1", "a function"),
    ("", "import itertools\nx = itertools.count()\nassert f(x) == 1", "an endless iterator"),
    ("", "import math\nassert f(key=math) == 1", "a module"),
    (NODE, "assert f(Node(1)) == 1", "an object of class Node"),
    (NODE, "n = Node(1)\nassert f(n) == 1", "an object of class Node"),
    (NODE, "assert f([Node]) == 1", "a class"),
    ("import functools", "assert f(functools.partial(int, 3)) in (1,)", "a partial function"),
    ("from functools import partial", "p = partial(int, 3)\nassert f(p) == 1", "a partial function"),
    ("from operator import itemgetter as by", "assert f([by(0)]) == 1", "a function"),
    ("import re", "assert f(re.compile('a')) in (1,)", "a pattern"),
    ("from itertools import cycle", "assert f(cycle([1])) in (1,)", "an endless iterator"),
]
NOT_FOUND = [
    ("", "x = max\nassert f(x) == 1"),  # of a library, which knows it by its name
    ("", "x = 1\nassert f(x, int) == 1"),
    ("", "assert f(lambda v: v) == 1"),  # a call and a literal: its source runs beside the program
    ("", "x = [1]\nassert f(x) == 1"),
    ("", "x = sorted\nassert x(f(1)) == [1]"),  # not handed over
    ("", "x = max(1, 2)\nassert f(x) == 1"),
    ("", "for f2 in (f,):\n  assert f2(abs) == 1"),  # not certain
    ("class P(list): pass", "assert f(P([1])) == 1"),  # crosses as a list
    ("", "def check(max):\n  assert f(max) == 1\ncheck(3)"),  # a name of its own
    ("", "x = Pair(1)\nassert f(x) == 1"),  # the program's class
    ("", "import itertools\nassert f(itertools.islice([1], 1)) == 1"),
    ("import re", "assert f(re.findall('a', 'a')) == 1"),
    ("from functools import partial", "def partial(x): return x\nassert f(partial(1)) == 1"),
]


def one(setup: str, test: str) -> Problem:
    tests = (FunctionTest("assert f(0) == 1"), FunctionTest(test))
    return Problem(problem_id="t", prompt="", private_tests=tests, setup=setup, entry_point="f")


@pytest.mark.parametrize(("setup", "test", "kind"), FOUND)
def test_what_cannot_cross_is_found_in_the_text(setup: str, test: str, kind: str) -> None:
    reason = unjudgeable_reason(one(setup, test))
    assert reason == f"private test 2 hands the program {kind} of the tests: {' '.join(test.split())}"


@pytest.mark.parametrize(
    ("test", "what"),
    [
        ("def k(): ...\nassert g(f(1), k) in (1,)", "hands the program a function of the tests"),
        ("with redirect_stdout(o):\n  f()\nassert o.getvalue() == 'hi'", "calls redirect_stdout"),
        ("class K: ...\ndef run(c):\n  assert c(K) is None\nrun(h)", "hands the program a class of the tests"),
    ],
)
def test_no_function_need_be_named(test: str, what: str) -> None:
    """Neither by the problem nor by asserts that agree on one."""
    tests = (FunctionTest("assert f(1) == 2\nassert g(2) == 3"), FunctionTest(test))
    reason = unjudgeable_reason(Problem(problem_id="t", prompt="", private_tests=tests))
    assert reason is not None and reason.startswith(f"private test 2 {what}")


def test_a_helper_of_another_test_is_not_the_programs() -> None:
    tests = (
        FunctionTest("def each(g):\n  return g(1)\nassert f(1) in (2,)"),
        FunctionTest("assert each(abs) + h(1) == 3"),
    )
    assert unjudgeable_reason(Problem(problem_id="t", prompt="", private_tests=tests)) is None


@pytest.mark.parametrize(
    ("test", "call"),
    [
        ("import contextlib as c\nwith redirect_stdout(o):\n  f(1)\nassert o.getvalue()", "redirect_stdout"),
        ("with patch('builtins.input', return_value='1'):\n  assert f() == 1", "patch"),
    ],
)
def test_what_changes_the_tests_own_process_is_found(test: str, call: str) -> None:
    reason = unjudgeable_reason(one("", test))
    assert reason is not None
    assert reason.startswith(f"private test 2 calls {call}, which reaches the tests' process and not the program's")


def test_a_helper_of_the_tests_with_such_a_name_is_none() -> None:
    assert unjudgeable_reason(one("", "def patch(v):\n  return v + 1\nassert patch(f(1)) == 2")) is None


@pytest.mark.parametrize(("setup", "test"), NOT_FOUND)
def test_only_what_is_certain_is_found(setup: str, test: str) -> None:
    assert unjudgeable_reason(one(setup, test)) is None
