"""What trees and values have in common: bounds, and what stands for a value that is not plain."""

from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Iterable
from typing import Any

NAME, CLASSES = 80, 8
"""Characters of a type's name that cross, and how many classes of an exception are named."""
MAX_DEPTH = 150
ITEMS_PER_MIB = 1 << 19
"""What leaves is bounded in bytes, of which each item takes two at least."""
MAX_ITEMS = 8 * ITEMS_PER_MIB
MESSAGE_ITEMS = 100_000
"""Of a value that comes in several messages: so many that exchanges take no time, so few that they take no memory."""
MOST_RECORDS = 1000
"""In one message: further ones are plain tuples."""
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


class Record(tuple[Any, ...]):
    """A tuple of a class of its own, as a namedtuple: compared, iterated and indexed as a plain one.

    What else is read of it is asked of `kept`, its stand-in.
    """

    kept: Any

    def __new__(cls, items: Iterable[Any], kept: Any) -> "Record":
        made = super().__new__(cls, items)
        made.__dict__["kept"] = kept
        return made

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self.kept, name)

    def __reduce_ex__(self, protocol: Any) -> Any:
        return tuple, (tuple(self),)


Keep = Callable[[object], Any]
"""The tree that stands for an object that is not plain."""
MakeArray = Callable[..., object]
"""Makes an array of dtype, items, and perhaps shape and kind (`arrays.make_array`)."""
MakeTable = Callable[..., object]
"""Makes a value of pandas of its kind and its parts (`tables.Maker`)."""
MakeNamed = Callable[[str, tuple[str, ...], list[Any]], object]
"""Makes a tuple of a class of its own, by the class's name, its fields and its items."""
Rest = Callable[[Any], Any]
"""Makes the trees that had no room in a message, with the encoder of the next one."""
