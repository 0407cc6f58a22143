"""Equality of plain values, the same on the host and in a judge box.

A tolerance holds for every number inside equal shapes: integers and floats alike, complex ones, Fractions and
Decimals; items of lists, tuples, deques and numpy arrays, values of dictionaries, integers and floats in sets. Keys,
and what lies deeper in a set, are compared as they are; a bool is no number.
"""

import cmath
import math
from collections import deque
from decimal import Decimal
from fractions import Fraction
from typing import Any

NUMBERS = int | float | complex | Fraction | Decimal
SEQUENCES = list | tuple | deque


def values_close(got: Any, expected: Any, tolerance: float | None) -> bool:
    """`got == expected`, with room for numbers inside equal shapes if a tolerance is given."""
    if tolerance is None:
        return bool(got == expected)
    if _is_of_numpy(got) or _is_of_numpy(expected):
        got, expected = _unwrapped(got, expected)
    if _is_number(got) and _is_number(expected):
        return bool(got == expected) or numbers_close(got, expected, tolerance)
    if type(got) is type(expected) and isinstance(expected, SEQUENCES):
        return len(got) == len(expected) and all(map(values_close, got, expected, [tolerance] * len(got)))
    if isinstance(got, dict) and isinstance(expected, dict):
        return got.keys() == expected.keys() and all(values_close(got[key], expected[key], tolerance) for key in got)
    if isinstance(got, set | frozenset) and isinstance(expected, set | frozenset):
        return len(got) == len(expected) and _all_close([*(got - expected)], [*(expected - got)], tolerance)
    return bool(got == expected)


def _is_number(value: object) -> bool:
    return isinstance(value, NUMBERS) and not isinstance(value, bool)


def _is_of_numpy(value: object) -> bool:
    return type(value).__module__ == "numpy" and hasattr(value, "tolist")


def _unwrapped(*values: Any) -> list[Any]:
    """Arrays of one shape as lists, numbers of numpy as Python's own; anything else as it is."""
    alike = len({value.shape if _is_of_numpy(value) else () for value in values}) == 1
    return [value.tolist() if alike and _is_of_numpy(value) else value for value in values]


def _all_close(got: list[Any], expected: list[Any], tolerance: float) -> bool:
    """Whether the numbers that two sets do not share can be paired. Sorted they are, if they can be at all."""
    if not all(isinstance(item, int | float) and not isinstance(item, bool) for item in (*got, *expected)):
        return False
    return len(got) == len(expected) and all(map(values_close, sorted(got), sorted(expected), [tolerance] * len(got)))


def numbers_close(got: Any, expected: Any, tolerance: float) -> bool:
    """Relative to the expected value, absolute below 1. Nothing is near infinity: every room there is infinite."""
    if isinstance(got, complex) or isinstance(expected, complex):
        return _complex_close(got, expected, tolerance)
    try:
        got, expected = (float(one) if isinstance(one, Decimal) else one for one in (got, expected))
        finite = math.isfinite(got) and math.isfinite(expected)
        return finite and bool(abs(got - expected) <= tolerance * max(1.0, abs(expected)))
    except OverflowError:  # an integer or a fraction beyond all floats
        return _exactly_close(got, expected, tolerance)


def _complex_close(got: Any, expected: Any, tolerance: float) -> bool:
    try:
        got, expected = complex(got), complex(expected)
        finite = cmath.isfinite(got) and cmath.isfinite(expected)
        return finite and bool(abs(got - expected) <= tolerance * max(1.0, abs(expected)))
    except OverflowError:
        return False


def _exactly_close(got: Any, expected: Any, tolerance: float) -> bool:
    """The same in integers, in linear time: no common divisors, no digits."""
    if any(isinstance(one, float) and not math.isfinite(one) for one in (got, expected)):
        return False
    (top, under), (right, below), (part, whole) = (one.as_integer_ratio() for one in (got, expected, tolerance))
    difference, size = abs(top * below - right * under), max(abs(right), below) * under
    return bool(difference * whole <= part * size)
