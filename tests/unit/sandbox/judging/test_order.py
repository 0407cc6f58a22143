"""The order in which tests are run, and which calls may leave the host."""

import subprocess
import sys

import pytest

from sandbox.judging.order import order_of_tests as order
from sandbox.judging.plan import make_plan
from sandbox.languages import python
from sandbox.problem import FunctionTest, Problem

TESTS = tuple(FunctionTest(f"assert f({n}) == {n}") for n in range(12))


def problem(tests: tuple[FunctionTest, ...] = TESTS, **fields: str) -> Problem:
    return Problem(problem_id="t", prompt="", public_tests=tests, private_tests=tests, entry_point="f", **fields)  # type: ignore[arg-type]


def test_private_tests_are_shuffled_and_public_ones_are_not() -> None:
    public, private = make_plan(problem(), "public"), make_plan(problem(), "private")
    orders = {tuple(order(private, f"program {n}")) for n in range(20)}
    assert list(order(public, "program")) == list(range(12))
    assert len(orders) == 20 and all(sorted(one) == list(range(12)) for one in orders)
    assert order(private, "program") == order(private, "program")


def test_the_order_is_the_same_in_every_process() -> None:
    """Else a resumed run would record other tests than an undisturbed one."""
    source = "from tests.unit.sandbox.judging.test_order import *; print(*order(make_plan(problem(), 'private'), 'p'))"
    other = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=True).stdout
    assert other.split() == [str(n) for n in order(make_plan(problem(), "private"), "p")]


def test_the_order_depends_on_the_expected_values() -> None:
    """The calls that a program sees are the same here, and the orders are not: 12! of them, one by chance."""
    other = tuple(FunctionTest(f"assert f({n}) == {n + 1}") for n in range(12))
    plans = [make_plan(problem(tests), "private") for tests in (TESTS, other)]
    assert [call.source for call in plans[0].calls] == [call.source for call in plans[1].calls]
    assert order(plans[0], "p") != order(plans[1], "p")


@pytest.mark.parametrize(
    ("setup", "test", "independent"),
    [
        ("", "assert f(1) in (1, 2)", True),
        ("import math", "assert abs(f(1) - math.pi) < 1", True),
        ("data = []", "assert f(1) in (1, 2)", False),
        ("", "assert (x := f(1)) == 1", False),
        ("", "x = f(1)\nassert x == 1", False),
        ("", "def check(c):\n    assert c(1) == 1\ncheck(f)", False),
    ],
)
def test_tests_of_a_judge_box_are_shuffled_where_none_leaves_anything(setup: str, test: str, independent: bool) -> None:
    plan = make_plan(
        problem((*TESTS, FunctionTest(test), FunctionTest("assert f(7) in (7, 8)")), setup=setup), "private"
    )
    assert plan.checks and plan.independent is independent


HIDDEN = [
    "assert (f(3) == [1, 2]) == True",
    "assert (True == (f(3) == [1, 2])) == True",
    "assert f(3) == [1, 2] == [1, 2]",
    "assert f(f(3) == [1, 2]) == True",
    "assert f(g(3) == [1, 2]) == True",
    "assert f(x=(f(3) == [1, 2])) == True",
    "assert f(*[f(3) == [1, 2]]) == True",
    "assert f(**{'x': f(3) == [1, 2]}) == True",
    "assert f(lambda: f(3) == [1, 2]) == True",
    "assert f([f(n) == [1, 2] for n in (3,)]) == [True]",
    "assert f(f'{f(3) == [1, 2]}') == 'True'",
    "assert f(f'{f(3)}') == '[1, 2]'",
    "assert f((x := f(3)) == [1, 2]) == True",
    "assert (x := f(3)) == [1, 2]",
    "assert f(f(3) if f(3) == [1, 2] else 0) == True",
    "assert f(f(3).__eq__([1, 2]) and 1) == True",
    "assert f(not f(3) == [1, 2]) == False",
    "assert bool(f(3) == [1, 2]) == True",
    "assert not f(3) != [1, 2]",
    "assert [1, 2] == f(3)",
    "assert f(3).__eq__([1, 2]) == True",
    "assert all([f(3) == [1, 2]]) == True",
    "assert max(f(3), [1, 2]) == [1, 2]",
    "assert sorted(f(3), key=[1, 2].index) == [1, 2]",
    "assert isclose(f(3), 1.5) == True",
    "assert (lambda v: v == [1, 2])(f(3)) == True",
    "assert f(3) is [1, 2]",
    "assert f(3) == [1, 2] and f(4) == [1, 2]",
    "assert {**{'v': f(3) == [1, 2]}} == {'v': True}",
    "assert f(3)[0] == 1",
]


@pytest.mark.parametrize("test", HIDDEN)
def test_no_answer_leaves_the_host_inside_a_call(test: str) -> None:
    assert python.split_test(test, "f") is None


SPLIT = [
    ("assert f(3) == [1, 2]", "f(3)", [1, 2]),
    ("assert f(3) == [1, 2], 'not [1, 2]'", "f(3)", [1, 2]),
    ("assert f(f(3)) == 2", "f(f(3))", 2),
    ("assert f(Pair(1, 2), [Pair(3, 4)]) == 4", "f(Pair(1, 2), [Pair(3, 4)])", 4),
    ("assert f(lambda v: v == 3) == 1", "f(lambda v: v == 3)", 1),
    ("assert sorted(f(3), reverse=True) == [2, 1]", "sorted(f(3), reverse=True)", [2, 1]),
    ("assert round(f(3), 2) == 0.33", "round(f(3), 2)", 0.33),
    ("assert set(f(3)) == set([1])", "set(f(3))", {1}),
    ("assert f(x=-1, y=1 < 2) == 0", "f(x=-1, y=1 < 2)", 0),
]


@pytest.mark.parametrize(("test", "source", "expected"), SPLIT)
def test_calls_of_the_tested_name_are_split_off(test: str, source: str, expected: object) -> None:
    call = python.split_test(test, "f")
    assert call is not None and (call.source, call.expected) == (source, expected)
