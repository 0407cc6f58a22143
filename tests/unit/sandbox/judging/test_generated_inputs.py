"""Extra inputs: made from public tests alone, always the same, of the same types; and digests of what comes out."""

import ast
import random
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.judging.behaviour import behaviour_digest
from sandbox.judging.generated_inputs import MOST_INPUTS, generated_calls, generated_stdin, mutate_value
from sandbox.judging.plan import make_plan
from sandbox.problem import FunctionTest, Problem, StdioTest

SUM = Problem(
    problem_id="sum",
    prompt="add",
    public_tests=(FunctionTest("assert add([1, 2, 3], 4) == 10"),),
    private_tests=(FunctionTest("assert add([5], 0) == 5"),),
)
STDIO = Problem(
    problem_id="s", prompt="s", io="stdio", public_tests=(StdioTest("3\n1 2 3\nabc\n", "6"),), private_tests=()
)


def test_calls_are_distinct_new_and_of_the_same_types() -> None:
    found = generated_calls(SUM)
    assert len(set(found)) == len(found) == MOST_INPUTS
    assert "add([1, 2, 3], 4)" not in found
    for source in found:
        call = ast.parse(source, mode="eval").body
        assert isinstance(call, ast.Call) and ast.unparse(call.func) == "add"
        items, number = (ast.literal_eval(argument) for argument in call.args)
        assert type(items) is list and type(number) is int
        assert all(type(item) is int for item in items)


def test_private_tests_have_no_part_in_them() -> None:
    for private in ((), (FunctionTest("assert add([9, 9], 9) == 27"),), (FunctionTest("assert other(1) == 2"),)):
        assert generated_calls(replace(SUM, private_tests=private)) == generated_calls(SUM)
    assert generated_stdin(replace(STDIO, private_tests=(StdioTest("1\n", "1"),))) == generated_stdin(STDIO)


@pytest.mark.parametrize(
    ("tests", "entry_point"),
    [
        (("assert abs(area(2.0) - 3.1) < 1e-6",), "area"),
        (("def check(candidate):\n    assert candidate(2.5) == 3\ncheck(area)",), "area"),
    ],
)
def test_calls_are_found_inside_other_checks(tests: tuple[str, ...], entry_point: str) -> None:
    problem = replace(SUM, public_tests=tuple(map(FunctionTest, tests)), entry_point=entry_point)
    assert all(source.startswith("area(") for source in generated_calls(problem)) and generated_calls(problem)


@pytest.mark.parametrize("test", ["assert add(Pair(1, 2)) == 3", "assert add() == 1", "assert x"])
def test_where_no_call_is_literal_there_are_none(test: str) -> None:
    problem = replace(SUM, public_tests=(FunctionTest(test),))
    assert generated_calls(problem) == [] and make_plan(problem, "probes").size == 0
    assert (
        generated_calls(replace(SUM, public_tests=())) == [] and generated_stdin(replace(STDIO, public_tests=())) == []
    )


def test_standard_inputs_change_in_one_line() -> None:
    found = generated_stdin(STDIO)
    assert len(set(found)) == len(found) == MOST_INPUTS
    for text in found:
        before, after = STDIO.public_tests[0].input.split("\n"), text.split("\n")  # type: ignore[union-attr]
        assert len(before) == len(after) and sum(a != b for a, b in zip(before, after, strict=True)) == 1
    assert sum(text.startswith("3\n") for text in found) > MOST_INPUTS / 2


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(st.text(), inner),
)


@settings(deadline=None)  # a loaded machine is no failure
@given(PLAIN, st.integers(0, 99))
def test_a_mutated_value_keeps_its_type(value: Any, seed: int) -> None:
    assert type(mutate_value(value, random.Random(seed))) is type(value)


@pytest.mark.parametrize(
    ("one", "other"),
    [(1, 1.0), (True, 1), (0.1 + 0.2, 0.3), ({1, 3, 2}, {3, 2, 1}), ({"a": 1, "b": 2}, {"b": 2, "a": 1.0})],
)
def test_what_tests_hold_equal_has_one_digest(one: Any, other: Any) -> None:
    assert behaviour_digest(one) == behaviour_digest(other)


def test_what_differs_has_different_digests() -> None:
    values = [0, 1, "1", None, "None", [1], (1,), {1}, {1: 2}, {2: 1}, [[1], 2], [1, [2]], 0.31, float("nan"), "", []]
    values += [10**5000, 10**5000 + 1]  # more digits than JSON has
    assert len({behaviour_digest(value) for value in values}) == len(values)
