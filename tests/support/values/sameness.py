"""Whether two values are the same: types, content, order, and which object is which. Also runs in a judge box.

A subclass is what it is a kind of, as values cross. `widest`: so are numbers of numpy, which are compared in the widest
type of their kind.
"""

import datetime
from collections import Counter, OrderedDict, defaultdict, deque
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np

BASES = (
    bool, int, float, complex, str, bytes, bytearray, Counter, OrderedDict, defaultdict, dict, list, tuple, set,
    frozenset, deque, Fraction, Decimal, datetime.datetime, datetime.date, datetime.time, datetime.timedelta,
)  # fmt: skip
SEQUENCES = (list, tuple, deque)
VIEWS = (type({}.keys()), type({}.values()), type({}.items()))


class Different(Exception):
    """Where, and in what."""


def difference(first: Any, second: Any, widest: bool = False) -> str:
    """The first one found, as a text; none is empty."""
    try:
        _Comparison(widest).same(first, second, "value")
    except Different as error:
        return str(error)
    return ""


class _Comparison:
    def __init__(self, widest: bool) -> None:
        self.widest = widest
        self.partners: tuple[dict[int, Any], dict[int, Any]] = ({}, {})

    def same(self, one: Any, two: Any, where: str) -> None:
        """Raises Different."""
        self.equal(self.kind(one), self.kind(two), where)
        nan = type(one) is float and one != one  # which is equal to itself only, and so is a list that has it
        if (nan or isinstance(one, (list, dict, set, bytearray, deque, np.ndarray))) and self.known(one, two, where):
            return
        for name in ("default_factory", "maxlen"):
            self.equal(getattr(one, name, 0), getattr(two, name, 0), f"{where}.{name}")
        if isinstance(one, np.ndarray):
            self.arrays(one, two, where)
        elif isinstance(one, dict):
            self.items([*dict.items(one)], [*dict.items(two)], where)
        elif isinstance(one, (*SEQUENCES, *VIEWS)):
            self.items([*one], [*two], where)
        elif isinstance(one, (set, frozenset)):
            self.equal(sorted(map(self.text, one)), sorted(map(self.text, two)), where)
        else:
            self.equal(self.text(one), self.text(two), where)

    def known(self, one: Any, two: Any, where: str) -> bool:
        """Whether both were met, which they were together or not at all."""
        here, there = self.partners
        if id(one) in here or id(two) in there:
            if here.get(id(one), (0, 0))[1] is not two or there.get(id(two), (0, 0))[1] is not one:
                raise Different(f"{where}: another object")
            return True
        here[id(one)], there[id(two)] = (one, two), (two, one)
        return False

    def items(self, one: list[Any], two: list[Any], where: str) -> None:
        self.equal(len(one), len(two), where + " length")
        for at, (left, right) in enumerate(zip(one, two, strict=True)):
            self.same(left, right, f"{where}[{at}]")

    def arrays(self, one: Any, two: Any, where: str) -> None:
        self.equal(one.shape, two.shape, where + ".shape")
        if one.dtype.names:
            self.equal(one.dtype.names, two.dtype.names, where)
            for name in one.dtype.names:
                self.arrays(np.asarray(one[name]), np.asarray(two[name]), f"{where}.{name}")
        elif one.dtype == object:
            self.items([*one.flat], [*two.flat], where)
        else:
            self.equal(self.dtype(one), self.dtype(two), where + ".dtype")
            self.equal([*map(repr, one.astype(self.dtype(one)).ravel().tolist())],
                       [*map(repr, two.astype(self.dtype(two)).ravel().tolist())], where)  # fmt: skip

    def dtype(self, array: Any) -> Any:
        """The byte order of the machine; of numbers that no Python float holds, a float's."""
        kind = array.dtype.kind
        if array.dtype.itemsize > {"f": 8, "c": 16}.get(kind, 10**9) or (self.widest and kind in "fc"):
            return np.dtype("float64" if kind == "f" else "complex128")
        if self.widest and kind in "iu" and not (array.astype(object) > 2**63 - 1).any():
            return np.dtype("int64")
        if self.widest and kind in "iu":
            return np.dtype(object)
        if self.widest and kind in "US":
            return np.dtype(kind)
        return array.dtype.newbyteorder("=")

    def kind(self, value: Any) -> Any:
        if self.widest and isinstance(value, np.unsignedinteger) and value > 2**63 - 1:
            return int
        if isinstance(value, np.generic) and not isinstance(value, (np.str_, np.bytes_)):
            return "numpy", str(self.dtype(np.asarray(value)))
        if isinstance(value, np.ndarray):
            return type(value)
        if isinstance(value, tuple):  # of a class of its own it crosses with its items, and its class stays behind
            return tuple
        return next((base for base in type(value).__mro__ if base in BASES), type(value))

    def text(self, value: Any) -> str:
        """Of a value that can be hashed: the same for the same."""
        if isinstance(value, np.generic) and not isinstance(value, (np.str_, np.bytes_)):
            if self.kind(value) is int:
                return f"int {hex(value)}"
            return f"numpy {value.item()!r}" if value.dtype.kind not in "mM" else f"numpy {value!r}"
        if isinstance(value, tuple):
            return f"({', '.join(map(self.text, value))})"
        if isinstance(value, frozenset):
            return f"frozenset({sorted(map(self.text, value))})"
        if isinstance(value, (datetime.datetime, datetime.time)):
            return f"{value.replace(tzinfo=None)!r} {value.fold} {value.tzinfo!r} {value.utcoffset()}"
        for base in (bool, int, float, str, bytes):
            if isinstance(value, base):
                return f"{base.__name__} {hex(value) if base is int else base.__repr__(value)}"
        if isinstance(value, slice):
            return f"slice({self.text(value.start)}, {self.text(value.stop)}, {self.text(value.step)})"
        return f"{type(value).__name__} {value!r}"

    def equal(self, one: Any, two: Any, where: str) -> None:
        if one != two:
            raise Different(f"{where}: {one!r:.300} is not {two!r:.300}")
