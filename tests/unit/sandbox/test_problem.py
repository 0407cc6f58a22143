"""The digest of a problem: it decides what is judged anew, so it must not change when the records get fields."""

from dataclasses import replace
from typing import Any

import pytest

from sandbox.problem import FunctionTest, Limits, Problem

PLAIN = Problem(problem_id="p", prompt="q")
FULL = replace(PLAIN, private_tests=(FunctionTest("assert f() == 1"),), float_tol=0.5, limits=Limits(cpu_limit_s=1))


def test_digests_are_those_of_earlier_versions() -> None:
    assert (PLAIN.digest(), FULL.digest()) == ("96f3ce4449893497", "6d2cd5aa5b649996")


@pytest.mark.parametrize(
    "changed",
    [
        {"limits": Limits(int_max_str_digits=4300)},
        {"checker": "words"},
        {"checker_source": "def check(a, b, c): return a"},
    ],
)
def test_an_added_field_counts_if_it_is_set(changed: dict[str, Any]) -> None:
    assert replace(PLAIN, **changed).digest() != PLAIN.digest()


def test_a_limit_that_python_refuses() -> None:
    with pytest.raises(ValueError, match="int_max_str_digits is 100, expected 0 or at least 640"):
        Limits(int_max_str_digits=100)
