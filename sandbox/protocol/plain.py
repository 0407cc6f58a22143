"""What trees and values have in common: bounds, and what stands for a value that is not plain."""

from collections import Counter, OrderedDict, deque
from collections.abc import Callable
from typing import Any

NAME, CLASSES = 80, 8
"""Characters of a type's name that cross, and how many classes of an exception are named."""
MAX_DEPTH = 150
ITEMS_PER_MIB = 1 << 19
"""What leaves is bounded in bytes, of which each item takes two at least."""
MAX_ITEMS = 8 * ITEMS_PER_MIB
MESSAGE_ITEMS = 100_000
"""Of a value that comes in several messages: so many that exchanges take no time, so few that they take no memory."""
BETWEEN = "~"
_FACTORIES = (int, float, complex, str, list, dict, set, tuple, bool, frozenset, bytes, deque, Counter, OrderedDict)
FACTORIES: dict[str, type] = {one.__name__: one for one in _FACTORIES}
FRACTION_BITS, DECIMAL_DIGITS = 1 << 14, 10_000
"""Beyond these, reducing a fraction or hashing a decimal takes longer than it should."""


class Opaque:
    """A value that is not plain. Equal to nothing, itself included; hashable, so that a set of them can be shown."""

    __hash__ = object.__hash__

    def __init__(self, type_name: str) -> None:
        self.type_name = type_name

    def __eq__(self, other: object) -> bool:
        return False

    def __repr__(self) -> str:
        return f"<{self.type_name} object>"


class Array(Opaque):
    """A numpy array, for when numpy is not wanted: shown as one, equal to nothing."""

    def __init__(self, dtype: str, items: Any, shape: list[int] | None = None, kind: str = "") -> None:
        super().__init__("ndarray")
        self.dtype, self.items, self.shape, self.kind = dtype, items, shape, kind


Keep = Callable[[object], Any]
"""The tree that stands for an object that is not plain."""
MakeArray = Callable[..., object]
"""Makes an array of dtype, items, and perhaps shape and kind (`arrays.make_array`)."""
Rest = Callable[[Any], Any]
"""Makes the trees that had no room in a message, with the encoder of the next one."""
