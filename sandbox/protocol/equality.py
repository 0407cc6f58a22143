"""Equality of plain values, the same on the host and in a judge box."""

import math
from typing import Any


def values_close(got: Any, expected: Any, tolerance: float | None) -> bool:
    """`got == expected`, with room for floats inside equal shapes if a tolerance is given."""
    if tolerance is not None:
        if isinstance(expected, float) and isinstance(got, int | float) and not isinstance(got, bool):
            return bool(got == expected) or numbers_close(got, expected, tolerance)
        if type(got) is type(expected) and isinstance(expected, list | tuple):
            return len(got) == len(expected) and all(map(values_close, got, expected, [tolerance] * len(got)))
        if isinstance(got, dict) and isinstance(expected, dict):
            return got.keys() == expected.keys() and all(
                values_close(got[key], expected[key], tolerance) for key in got
            )
    return bool(got == expected)


def numbers_close(got: float, expected: float, tolerance: float) -> bool:
    """Relative to the expected value, absolute below 1. Nothing is near infinity: every room there is infinite."""
    try:
        finite = math.isfinite(got) and math.isfinite(expected)
    except OverflowError:  # an integer beyond all floats
        return False
    return finite and abs(got - expected) <= tolerance * max(1.0, abs(expected))
