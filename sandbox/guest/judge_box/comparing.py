"""What tests compare with, whatever they are written for: asserts, unittest or pytest."""

from collections.abc import Callable
from typing import Any

from sandbox.protocol.equality import values_close

Said = Callable[[], object]
"""A message of a test, computed only if it is needed."""


class Mismatch(AssertionError):
    """`assert got == expected` did not hold. Tests may catch it as what it stands for."""

    def __init__(self, got: object, expected: object, said: Said | None = None) -> None:
        """`said`: the message that the tests' author gave, computed now."""
        super().__init__(*([said()] if said else ()))
        self.got, self.expected, self.said = got, expected, bool(said)


class Comparison:
    """Exact equality of plain values, with the problem's tolerance if it has one."""

    def __init__(self, tolerance: float | None) -> None:
        self.tolerance = tolerance

    def equal(self, got: object, expected: object, said: Said | None = None) -> None:
        """Raises Mismatch."""
        if not values_close(got, expected, self.tolerance):
            raise Mismatch(got, expected, said)

    def expected_first(self, expected: object, got: object, said: Said | None = None) -> None:
        """As `equal`, of an expected value that is computed first."""
        self.equal(got, expected, said)


def with_expected_first(method: Callable[..., Any], expected: object, got: object, *more: Any, **named: Any) -> None:
    """A method of two values, as `assertEqual`, of which the expected one is computed first."""
    method(got, expected, *more, **named)
