"""The output of a program against the expected one: which tokens are numbers, which are equal, what is free."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.checkers.lines import first_difference


@pytest.mark.parametrize(
    ("output", "expected", "right"),
    [
        (b"1 2\n3\n", "1 2\n3", True),
        (b"1  2 \r\n\n3", "1 2\n3", True),
        (b"1\n2\n3", "1 2\n3", False),
        (b"1 2", "1 2\n3", False),
        (b"1 2\n3\n4", "1 2\n3", False),
        (b"YES", "yes", False),
        (b"10000000000000000", "10000000000000001", False),
        (b"007", "7", False),
        (b"1.000005", "1", False),
        (b"0.3333333333", "0.333333", True),
        (b"1", "1.0", True),
        (b"1e-7", "0.0", True),
        (b"1_0", "10", False),
        (b"+10", "10", False),
        (b"+10", "+10", True),
        (b"10.", "10.0", False),
        (b".5", "0.5", False),
        (b"-0", "0", True),
        (b"1\r2\r", "1 2", True),
        ("1\u00a02".encode(), "1 2", False),
        (b"1\x1c2", "1 2", False),
        (b" " * 10**7 + b"\n" * 10**7 + b"1", "1", True),
        (b"9" * 10**6, "9" * (10**6 - 1) + "8", False),
        (b"0" * 10**6 + b"7", "7", False),
        (b"0." + b"3" * 10**6, "0.333333", False),
        (b"NaN", "nan", False),
        ("١٠".encode(), "10", False),
        (b"nan", "1.0", False),
        (b"nan", "nan", True),
        (b"5", "1e999", False),
        (b"1e999", "5.0", False),
        (b"inf", "inf", True),
        (b"\xff", "x", False),
        (b"", "", True),
        (b"1", "001", False),
        (b"110", "00110", False),
        (b"0", "0000", False),
        (b"0042", "0042", True),
        (b"9:5", "09:05", False),
        (b"5", "+5", False),
        (b"0", "-0", False),
        (b"-0.0", "0", True),
        (b"100000", "1e5", False),
        (b"1200", "12e2", False),
        (b"0.00001", "1e-05", True),
        (b"25000000", "2.5E7", True),
        (b"0.5", "00.5", False),
        (b"1.1", "1.10", True),
        (b"2.0", "2", True),
        (b"2e0", "2", True),
        (b"2.0000001", "2", False),
        (b"1e+16", "10000000000000000", True),
        (b"100000000000000000.0", "100000000000000001", False),
        (b"100000000000000001.0", "100000000000000001", True),
        (b"9" * 500 + b".0", "9" * 500, True),
        (b"9" * 500 + b".5", "9" * 500, False),
        (b"1e9999", "1" + "0" * 9999, True),
        (b"1e99999", "1" + "0" * 99999, False),
    ],
)
def test_output_comparison(output: bytes, expected: str, right: bool) -> None:
    assert (first_difference(output, expected) is None) is right


@pytest.mark.parametrize(
    ("output", "expected", "right"),
    [
        (b"2.0000001", "2", True),
        (b"2.1", "2", False),
        (b"3", "2", False),
        (b"-0.0", "0", True),
        (b"0", "-0", True),
        (b"1 2.0000001 x", "1.0 2 x", True),
        (b"1", "001", False),
        (b"9:5", "09:05", False),
        (b"1" + b"0" * 5000, "1" + "0" * 4999 + "1", True),
        (b"1e999", "5", False),
        (b"inf", "5", False),
    ],
)
def test_a_tolerance_of_the_problem_holds_for_every_number(output: bytes, expected: str, right: bool) -> None:
    assert (first_difference(output, expected, 1e-6) is None) is right


def test_room_is_what_was_asked_for() -> None:
    """To the last digit: in binary 0.100001 lies further than 1e-6 from 0.1."""
    assert first_difference(b"0.100001", "0.1") is None
    assert first_difference(b"0.1000010000000001", "0.1") is not None


@given(st.text(string.digits, min_size=2).map(lambda text: "0" + text), st.sampled_from([None, 1e-6]))
def test_a_word_of_digits_is_text(word: str, tolerance: float | None) -> None:
    assert first_difference(word.encode(), word, tolerance) is None
    assert first_difference(word.lstrip("0").encode(), word, tolerance) is not None
    assert first_difference(f"0{word}".encode(), word, tolerance) is not None


@given(st.integers(), st.integers())
def test_integers_are_exact(got: int, expected: int) -> None:
    assert (first_difference(str(got).encode(), str(expected)) is None) is (got == expected)
    assert (first_difference(f"{got}.0".encode(), str(expected)) is None) is (got == expected)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_floats_as_programs_write_them(value: float) -> None:
    """Python's shortest form, C's `%e` and `%f`: each is right where another is expected."""
    forms = [repr(value), f"{value:.9e}", f"{value:.9f}"]
    assert all(first_difference(got.encode(), form) is None for got in forms for form in forms)


@given(st.text(st.characters(codec="utf-8")), st.binary())
def test_no_output_raises(expected: str, output: bytes) -> None:
    for tolerance in (None, 1e-6):
        assert first_difference(expected.encode(), expected, tolerance) is None
        first_difference(output, expected, tolerance)
