"""Judging a program of the family by the meanings of its lines, without executing text.

Only for making and checking the shipped models. Messages are the sandbox's, so that the warm start
teaches the feedback that the loop will give.
"""

import ast
from collections.abc import Sequence
from functools import cache

from sandbox.problem import FunctionTest, Problem, Test
from sandbox.problems.builtin.operators import apply_program, parse_program


def first_failure(text: str, tests: Sequence[Test]) -> str:
    """The message of the first failing test; "" if all pass."""
    program = parse_program(text)
    if program is None:
        return "SyntaxError: invalid syntax"  # or other Python: either way nothing that can be judged here
    for test in tests:
        assert isinstance(test, FunctionTest)
        xs, expected = _example(test.source)
        try:
            got = apply_program(program, list(xs))
        except (IndexError, ValueError) as error:
            return f"{type(error).__name__}: {error}"
        if got != expected:
            return f"got {got!r}, expected {expected!r}"
    return ""


def passes_all_tests(text: str, problem: Problem) -> bool:
    """Whether public and private tests pass."""
    return not first_failure(text, (*problem.public_tests, *problem.private_tests))


@cache
def _example(source: str) -> tuple[list[int], int | list[int]]:
    """Input and expected value of `assert f([9, 8]) == [4]`."""
    call, expected = source.removeprefix("assert f(").split(") == ")
    return ast.literal_eval(call), ast.literal_eval(expected)
