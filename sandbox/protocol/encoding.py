"""Values become trees. It runs beside the program too: nothing that it says is trusted."""

import datetime
import pathlib
import re
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterator
from decimal import Decimal
from fractions import Fraction
from functools import partial
from itertools import chain
from math import isnan
from operator import ne
from typing import Any

from sandbox.protocol import arrays, dates, tables
from sandbox.protocol.plain import (
    BETWEEN,
    DECIMAL_DIGITS,
    FACTORIES,
    FRACTION_BITS,
    MAX_DEPTH,
    MAX_ITEMS,
    NAME,
    Keep,
    Record,
    Rest,
)
from sandbox.protocol.sharing import Sharing

SCALARS = frozenset({str, float, bool, type(None)})
SHORT_INT = 1 << 62
PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")
"""Two halves of a character, which JSON would make one."""
TOO_LARGE = {"opaque": "too large a value"}


def encode_value(value: object, keep: Keep | None = None, most: int = MAX_ITEMS, sharing: Sharing | None = None) -> Any:
    """The tree of `value`. Never raises for a strange value, only when memory or recursion end.

    Of a value with more than `most` items it has the first ones, and something that equals nothing after them.
    """
    return Encoder(keep, most, sharing=sharing).tree(value, 0)


class Encoder:
    """The trees of one message. `later` keeps a rest and gives its number; without it, what has no room is lost.

    `sharing`: objects are named that come again. `lost`: what did not cross, if anything.
    """

    def __init__(
        self,
        keep: Keep | None,
        most: int,
        later: Callable[[Rest], int] | None = None,
        sharing: Sharing | None = None,
    ) -> None:
        self.keep, self.most, self.later, self.sharing = keep, most, later, sharing
        self.items = 0
        self.lost = ""
        self.records = 0  # how many tuples of a class of their own may have a handle
        self.named = False  # whether the fields of such a tuple go with it

    def tree(self, value: Any, depth: int) -> Any:
        kind = type(value)
        if kind is int:
            return value if -SHORT_INT < value < SHORT_INT else {"int": hex(value)}
        if kind is str:
            return value if value.isascii() or not PAIR.search(value) else _halves(value)
        if kind is float or kind is bool or value is None:
            return self.sharing.nan(value) if value != value and self.sharing is not None else value
        self.items += 1
        if depth > MAX_DEPTH:
            return self.without(f"a value nested more than {MAX_DEPTH} deep")
        if self.sharing is not None and (kind in CHANGING or (kind not in _ENCODERS and _is_shared(value, kind))):
            known = self.sharing.reference(value)
            if known is not None:
                return known
        return self.sequence(value, depth + 1) if kind is list else self.content(value, depth)

    def content(self, value: Any, depth: int) -> Any:
        """The tree of a value that was not met before, and is no scalar."""
        kind = type(value)
        known = _ENCODERS.get(kind)
        if known is not None:
            self.items += 8 * (kind is not list)
            return known(self, value, depth + 1)
        if self.sharing is not None and arrays.is_number(value):
            return arrays.number_tree(value)
        if kind not in _ENCODERS and (made := self.derived(value, kind, depth + 1)) is not None:
            return made
        for base in kind.__mro__:
            encoder = _ENCODERS.get(base)
            if encoder is not None:
                self.items += 8
                return encoder(self, value, depth + 1)
        return self.scalar_or_array(value, kind, depth)

    def derived(self, value: Any, kind: type, depth: int) -> Any:
        """Of a class that may be made of a plain one, as a Timestamp of a datetime. None if it crosses as that."""
        if kind is Record and self.keep is not None:
            return self.keep(value.kept)
        if self.named and issubclass(kind, tuple) and isinstance(fields := getattr(kind, "_fields", None), tuple):
            return {"named": [str(kind.__name__)[:NAME], [*fields], self.sequence(tuple.__iter__(value), depth)]}
        if self.keep is not None and self.records and issubclass(kind, tuple):
            self.records -= 1
            return {"record": [self.sequence(tuple.__iter__(value), depth), self.keep(value)]}
        self.items += 8
        return tables.table_tree(value, self.unshared(depth), self.other) if tables.is_of_pandas(kind) else None

    def without(self, what: str) -> dict[str, str]:
        """Instead of something that does not cross."""
        self.lost = what
        return TOO_LARGE

    def other(self, value: object) -> Any:
        """What is not plain."""
        return {"opaque": str(type(value).__name__)[:NAME]} if self.keep is None else self.keep(value)

    def scalar_or_array(self, value: Any, kind: type, depth: int) -> Any:
        if arrays.is_array(value) or arrays.is_scalar(value):
            return self.array(value, depth)
        if str(kind.__module__) == "numpy" and hasattr(kind, "item"):
            item = value.item()
            if type(item) in (int, float, bool, str, bytes, complex):
                return self.tree(item, depth + 1)
        return self.other(value)

    def array(self, value: Any, depth: int) -> Any:
        """Its lists of numbers are nobody's; the objects in it may be known."""
        return arrays.array_tree(value, self.unshared(depth + 1), lambda items: self.sequence(items, depth + 1))

    def unshared(self, depth: int) -> Callable[[Any], Any]:
        """Makes the trees of parts that are nobody's."""
        sharing = self.sharing

        def tree(items: Any) -> Any:
            self.sharing = None
            try:
                return self.tree(items, depth)
            finally:
                self.sharing = sharing

        return tree

    def sequence(self, items: Any, depth: int) -> Any:
        short = type(items) in (list, tuple) and self.items + len(items) <= self.most
        if short and (kinds := set(map(type, items))) <= SCALARS:  # as below, in a tenth of the time
            texts = [item for item in items if type(item) is str] if str in kinds and len(kinds) > 1 else items
            text = BETWEEN.join(texts) if str in kinds else ""
            named = self.sharing is not None and float in kinds and _has_nan(items, kinds)
            if not named and (text.isascii() or not PAIR.search(text)):
                self.items += len(items)
                split = kinds == {str} and self.later and text.count(BETWEEN) == len(items) - 1 > 0
                return {"texts": text} if split else [*items]
        return self.trees(iter(items), depth, Encoder.tree)

    def pairs(self, value: dict[Any, Any], depth: int) -> Any:
        return self.trees(iter(dict.items(value)), depth, Encoder.pair)

    def pair(self, pair: tuple[Any, Any], depth: int) -> list[Any]:
        return [self.tree(pair[0], depth), self.tree(pair[1], depth)]

    def trees(self, items: Iterator[Any], depth: int, tree: Callable[["Encoder", Any, int], Any]) -> Any:
        """Those of as many items as there is room for, of one at least."""
        trees: list[Any] = []
        for item in items:
            if self.items > self.most:
                if self.later is None:
                    return [*trees, TOO_LARGE if tree is Encoder.tree else [TOO_LARGE, TOO_LARGE]]
                rest = partial(Encoder.rest, self.sharing, chain((item,), items), depth, tree)
                return {"cut": [trees, self.later(rest)]}
            self.items += 1
            trees.append(tree(self, item, depth))
        return trees

    def contents(self, given: list[tuple[int, Any]]) -> Any:
        """The tree of a dictionary of what objects of the question hold now, by their numbers."""
        assert self.sharing is not None
        self.sharing.skip()
        return {"dict": self.trees(iter(given), 0, Encoder.numbered)}

    def numbered(self, pair: tuple[int, Any], depth: int) -> list[Any]:
        assert self.sharing is not None
        self.sharing.skip()
        return [pair[0], self.content(pair[1], depth)]

    @staticmethod
    def rest(sharing: Sharing | None, items: Iterator[Any], depth: int, tree: Any, encoder: "Encoder") -> Any:
        """In the message of another encoder, which goes on numbering."""
        encoder.sharing = sharing
        return encoder.trees(items, depth, tree)


SHARED = (list, dict, set, bytearray, deque)
CHANGING = frozenset({*SHARED, OrderedDict, Counter, defaultdict})


def _has_nan(items: Any, kinds: set[type]) -> bool:
    return isnan(sum(items)) if kinds == {float} else any(map(ne, items, items))


def _is_shared(value: object, kind: type) -> bool:
    return issubclass(kind, SHARED) or arrays.is_array(value) or tables.is_frame(value)


def _halves(text: str) -> dict[str, str]:
    return {"text": text.encode("utf-32-le", "surrogatepass").hex()}


_ENCODERS: dict[type, Callable[[Encoder, Any, int], Any]] = {
    bool: lambda e, v, d: bool(v),
    int: lambda e, v, d: e.tree(int.__add__(v, 0), d),
    float: lambda e, v, d: float.__pos__(v),
    str: lambda e, v, d: e.tree(str.__str__(v), d),
    list: lambda e, v, d: e.sequence(v if type(v) is list else list.__iter__(v), d),
    tuple: lambda e, v, d: {"tuple": e.sequence(v if type(v) is tuple else tuple.__iter__(v), d)},
    dict: lambda e, v, d: {"dict": e.pairs(v, d)},
    OrderedDict: lambda e, v, d: {"ordered": e.trees(iter(OrderedDict.items(v)), d, Encoder.pair)},
    Counter: lambda e, v, d: {"counter": e.pairs(v, d)},
    defaultdict: lambda e, v, d: _defaulting(e, v, d),
    set: lambda e, v, d: {"set": e.sequence(set.__iter__(v), d)},
    frozenset: lambda e, v, d: {"frozenset": e.sequence(frozenset.__iter__(v), d)},
    bytes: lambda e, v, d: {"bytes": bytes.hex(v)},
    bytearray: lambda e, v, d: {"bytearray": bytearray.hex(v)},
    complex: lambda e, v, d: {"complex": [float(v.real), float(v.imag)]},
    range: lambda e, v, d: {"range": [e.tree(v.start, d), e.tree(v.stop, d), e.tree(v.step, d)]},
    deque: lambda e, v, d: _deque(e, v, d),
    type({}.keys()): lambda e, v, d: {"keys": e.sequence(v, d)},
    type({}.items()): lambda e, v, d: {"items": e.trees(iter(v), d, Encoder.pair)},
    type({}.values()): lambda e, v, d: {"values": e.sequence(v, d)},
    Fraction: lambda e, v, d: _fraction_tree(e, int(v.numerator), int(v.denominator), d),
    Decimal: lambda e, v, d: _decimal_tree(e, Decimal.__str__(v)),
    datetime.datetime: lambda e, v, d: {"datetime": dates.date_tree(v, e.other)},
    datetime.date: lambda e, v, d: {"date": datetime.date.isoformat(v)},
    datetime.time: lambda e, v, d: {"time": dates.time_tree(v, e.other)},
    datetime.tzinfo: lambda e, v, d: e.other(v) if (zone := dates.zone_tree(v)) is None else {"zone": zone},
    datetime.timedelta: lambda e, v, d: {"timedelta": [v.days, v.seconds, v.microseconds]},
    type(None): lambda e, v, d: None,
    type(Ellipsis): lambda e, v, d: {"ellipsis": 0},
    pathlib.PurePath: lambda e, v, d: {"path": e.tree(pathlib.PurePath.__str__(v), d)},
    slice: lambda e, v, d: {"slice": [e.tree(v.start, d), e.tree(v.stop, d), e.tree(v.step, d)]},
}


def _defaulting(encoder: Encoder, value: Any, depth: int) -> dict[str, Any]:
    """With its factory if that is a plain type; another one is an object that its side keeps."""
    factory = defaultdict.__dict__["default_factory"].__get__(value)
    tree = next((name for name, known in FACTORIES.items() if known is factory), None)
    if tree is None and factory is not None and encoder.keep is not None:
        tree = encoder.keep(factory)
    return {"defaults": [tree, encoder.pairs(value, depth)]}


def _deque(encoder: Encoder, value: Any, depth: int) -> dict[str, Any]:
    most, items = deque.__dict__["maxlen"].__get__(value), encoder.sequence(deque.__iter__(value), depth)
    return {"deque": items} if most is None else {"bounded": [most, items]}


def _fraction_tree(encoder: Encoder, numerator: int, denominator: int, depth: int) -> dict[str, Any]:
    if max(numerator.bit_length(), denominator.bit_length()) > FRACTION_BITS:
        return encoder.without(f"a fraction of more than {FRACTION_BITS} bits")
    return {"fraction": [encoder.tree(numerator, depth), encoder.tree(denominator, depth)]}


def _decimal_tree(encoder: Encoder, text: str) -> dict[str, Any]:
    if len(text) > DECIMAL_DIGITS:
        return encoder.without(f"a decimal of more than {DECIMAL_DIGITS} digits")
    return {"decimal": text}
