"""The shipped checkers: what each takes as right, under all its names."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.checkers import CHECKERS, get_checker
from sandbox.problem import StdioTest
from sandbox.registry import RegistryError

tokens = st.lists(st.lists(st.integers(0, 20).map(str) | st.sampled_from(["a", "B", "0.5", "007"]), min_size=1))


def is_right(name: str, output: bytes, expected: str, tolerance: float | None = None) -> bool:
    return get_checker(name).difference(StdioTest("", expected), output, tolerance) is None


@pytest.mark.parametrize(
    ("checker", "output", "expected", "right"),
    [
        ("lcmp", b"1 2\n3", "1 2\n3\n", True),
        ("lcmp", b"1\n2\n3", "1 2\n3\n", False),
        ("wcmp", b"1\n2\n3", "1 2\n3\n", True),
        ("wcmp", b"1 2", "1 2 3", False),
        ("wcmp", b"1 2 3 4", "1 2 3", False),
        ("wcmp", b"1 2 03", "1 2 3", False),
        ("wcmp", b"1 2.0", "1 2", True),
        ("wcmp", "1\u00a02".encode(), "1 2", False),
        ("words", b"", "", True),
        ("identical", b"1 2\n", "1 2\n", True),
        ("identical", b"1 2", "1 2\n", False),
        ("yesno", b"Yes", "YES", True),
        ("nyesno", b"yes\nNO\nYes", "YES\nno\nyes\n", True),
        ("yesno", b"Yes", "NO", False),
        ("case_insensitive", "STRASSE É".encode(), "straße é", True),
        ("tokens", b"Yes", "YES", False),
        ("floats", b"2.0000001", "2", True),
        ("floats", b"2.00001", "2", False),
        ("floats", b"002", "2", False),
        ("rcmp4", b"2.00001 x", "2 x", True),
        ("rcmp4", b"2.001 x", "2 x", False),
        ("rcmp9", b"2.0000001", "2", False),
        ("rcmp6", b"-0.0", "0", True),
        ("sorted", b"3 4\n1 2", "1 2\n3 4", True),
        ("unordered_lines", b"4 3\n1 2", "1 2\n3 4", False),
        ("unordered_lines", b"1\n1\n2", "1\n2\n2", False),
        ("unordered_lines", b"b 2.0\na 1\n1  x", "1 x\na 1\nb 2\n", True),
        ("unordered_lines", b"1\n2", "1\n2\n3", False),
        ("unordered_lines", b"1", "001", False),
        ("uncmp", b"3 1\n2", "1 2 3", True),
        ("uncmp", b"3 3 1", "1 1 3", False),
        ("unordered_tokens", b"a 10 9.0", "9 10 a", True),
        ("unordered_tokens", b"1e9999 2", "2 1e-9999", False),
    ],
)
def test_what_is_right(checker: str, output: bytes, expected: str, right: bool) -> None:
    assert is_right(checker, output, expected) is right


@pytest.mark.parametrize("checker", sorted(set(CHECKERS) - {"identical"}))
def test_a_tolerance_of_the_problem_widens_it(checker: str) -> None:
    assert is_right(checker, b"1.01 9", "1 9", 0.1)
    assert not is_right(checker, b"1.2 9", "1 9", 0.1)


@pytest.mark.parametrize("checker", CHECKERS)
def test_the_expected_output_is_right(checker: str) -> None:
    @given(st.text(st.characters(codec="utf-8")), st.sampled_from([None, 1e-6]))
    def holds(text: str, tolerance: float | None) -> None:
        assert is_right(checker, text.encode(), text, tolerance)

    holds()


@pytest.mark.parametrize("checker", CHECKERS)
def test_no_output_raises(checker: str) -> None:
    @given(st.text(st.characters(codec="utf-8")) | tokens.map(str), st.text(st.characters(codec="utf-8")))
    def holds(output: str, expected: str) -> None:
        is_right(checker, output.encode(), expected)

    holds()


@given(tokens, st.randoms(use_true_random=False))
def test_lines_in_any_order(lines: list[list[str]], draw: random.Random) -> None:
    expected = "\n".join(map(" ".join, lines))
    shuffled = draw.sample(lines, len(lines))
    output = "\n".join(map("  ".join, shuffled)).encode()
    assert is_right("unordered_lines", output, expected)
    assert is_right("unordered_tokens", output, expected)
    if lines:
        assert not is_right("unordered_lines", output + b"\n1", expected)
        assert not is_right("unordered_lines", output + b" z", expected)


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(RegistryError, match="no checker is named 'unorderd_lines'; did you mean 'unordered_lines'"):
        get_checker("unorderd_lines")
