"""When two values are close, with and without room for numbers."""

from collections import deque
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.protocol.equality import values_close


@pytest.mark.parametrize(
    ("got", "expected", "tolerance", "equal"),
    [
        (0.30000000000000004, 0.3, None, False),
        (0.30000000000000004, 0.3, 1e-6, True),
        ([1, (0.1 + 0.2,)], [1, (0.3,)], 1e-6, True),
        ([0.3], (0.3,), 1e-6, False),
        (1, 1.0000001, 1e-6, True),
        (True, 1.0, 1e-6, True),
        (float("nan"), float("nan"), 1e-6, False),
        ({"a": 0.3}, {"a": 0.1 + 0.2}, 1e-6, True),
        (5, float("inf"), 1e-6, False),
        ([1.0], [float("-inf")], 1e-6, False),
        (float("inf"), float("inf"), 1e-6, True),
        (float("inf"), 1e308, 10.0, False),
        (10**400, 1.0, 1e-6, False),
        (2.0000001, 2, 1e-6, True),
        (2, 2.0000001, 1e-6, True),
        ([1.9999999, 5], [2, 5.0000001], 1e-6, True),
        (3, 2, 1e-6, False),
        (2.0000001, 2, None, False),
        (-0.0, 0, 1e-6, True),
        (1.0000001, True, 1e-6, False),
        (False, 1e-9, 1e-6, False),
        ([True, 1.0000001], [True, 1], 1e-6, True),
        (10**400 + 1, 10**400, 1e-6, True),
        (10**400, 10**399, 1e-6, False),
        (10**400, float("inf"), 1e-6, False),
        (10**17, 10**17 + 1, None, False),
        (1 + 1e-9j, 1, 1e-6, True),
        (Fraction(1, 3), 0.333333333, 1e-6, True),
        (Decimal("0.333333333"), Fraction(1, 3), 1e-6, True),
        (Decimal("1e999999"), 1, 1e-6, False),
        (deque([1.0000001]), deque([1]), 1e-6, True),
        ({1: 2.0000001}, {1: 2}, 1e-6, True),
        ({1.0000001: 2}, {1: 2}, 1e-6, False),
        ({1.0000001, 3, 5}, {3, 1, 5.0000001}, 1e-6, True),
        ({1.0000001, 2}, {1}, 1e-6, False),
        ({"a", 1.0000001}, {"a", 1}, 1e-6, True),
        ({1.1}, {1}, 1e-6, False),
        ({(1.0000001,)}, {(1,)}, 1e-6, False),
        ({True, 0.5}, {1.0000001, 0.5}, 1e-6, False),
        ("1.0000001", "1", 1e-6, False),
        (None, 0, 1e-6, False),
    ],
)
def test_tolerance(got: Any, expected: Any, tolerance: float | None, equal: bool) -> None:
    assert values_close(got, expected, tolerance) is equal


@given(st.integers() | st.floats(-1e300, 1e300), st.floats(0, 1e-6), st.sampled_from([1, -1]))
def test_every_number_within_the_room_is_close(expected: float, part: float, sign: int) -> None:
    """Whichever of the two is written as an integer, and whatever shape they lie in."""
    got = expected + sign * part * 0.99 * max(1, abs(expected))
    assert values_close(got, expected, 1e-6)
    assert values_close([{"a": (got,)}], [{"a": (expected,)}], 1e-6)
    assert values_close({got}, {expected}, 1e-6)


@given(st.integers() | st.floats(-1e300, 1e300))
def test_no_number_beyond_the_room_is_close(expected: float) -> None:
    beyond = expected + 3e-6 * max(1, abs(expected))
    assert not values_close(beyond, expected, 1e-6)
    assert not values_close({beyond}, {expected}, 1e-6)


def test_arrays_are_close_by_their_items() -> None:
    """Those of a judge box: numpy says of two of them only where they differ."""
    numpy = pytest.importorskip("numpy")
    array = numpy.array
    assert values_close(array([1.9999999, 3]), array([2, 3]), 1e-6)
    assert values_close([array([[1.0000001]])], [array([[1]])], 1e-6)
    assert not values_close(array([1.9, 3]), array([2, 3]), 1e-6)
    assert not values_close(array([True]), array([1.0000001]), 1e-6)
    assert values_close(2.0000001, numpy.int64(2), 1e-6) and values_close(numpy.float32(0.5), 0.5, 1e-6)
    with pytest.raises(ValueError, match="ambiguous"):  # as a plain assert
        values_close(array([1, 2]), array([1, 2]), None)
