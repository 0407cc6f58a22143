"""What both boxes have under numbers that both know: members of enumerations that the preamble defines, and classes of
plain values.
"""

from collections.abc import Callable
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from typing import Any

FIRST = -(10**12)
"""The number of the first member; below those of all objects that are made."""
BUILT_IN = 2 * FIRST
PLAIN: tuple[Any, ...] = (
    *(bool, int, float, complex, str, bytes, bytearray, list, tuple, dict, set, frozenset, range, type(None)),
    *(Fraction, Decimal, NotImplemented),
)


class Constants:
    """`current` finds what has the name of a class now: a program may have made an enumeration of its own."""

    def __init__(self, classes: dict[str, type], current: Callable[[str], Any]) -> None:
        self.classes = {name: cls for name, cls in classes.items() if issubclass(cls, Enum)}
        self.current = current
        self.names = [(name, member) for name, cls in self.classes.items() for member in cls.__members__]
        self.numbers = {name: FIRST - place for place, name in enumerate(self.names)}

    def tree(self, value: Any) -> dict[str, Any] | None:
        """What stands for a member or class; None for anything else."""
        for place, one in enumerate(PLAIN):
            if value is one:
                return {"handle": BUILT_IN - place, "type": "type"}
        name = str(type(value).__name__)
        if name not in self.classes or type(value) not in (self.classes[name], self.current(name)):
            return None
        number = self.numbers.get((name, getattr(value, "_name_", "")))
        return None if number is None else {"handle": number, "type": name}

    def find(self, number: int) -> Any:
        """Raises IndexError or KeyError for a number that stands for nothing."""
        if number <= BUILT_IN:
            return PLAIN[BUILT_IN - number]
        name, member = self.names[FIRST - number]
        cls = self.current(name)
        return (cls if isinstance(cls, type) else self.classes[name]).__members__[member]  # type: ignore[attr-defined]
