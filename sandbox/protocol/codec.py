"""Plain values as tagged JSON trees, both ways. No pickle, no repr, no code: a tree is data.

None, bool, short ints, floats, str and lists stand for themselves; everything else is an object with one
key, its tag: {"tuple": [...]}, {"dict": [[key, value], ...]}, {"int": "0x..."}, ... . Subclasses of plain
types are flattened to them, so a lying `__eq__` or `__class__` stays behind. What is not plain becomes
{"handle": id, "type": name} if the caller keeps such objects, else {"opaque": name}.

A value of many items comes in several messages: {"cut": [trees, number]} stands for a list of trees, and by its
number the trees that follow are asked for. There {"texts": "a~b"} stands for ["a", "b"], too, in a third of the time.

Trust never rests on `encode`, which runs beside the program: it rests on `decode`, which accepts a tree of
plain values or raises ValueError.
"""

import datetime
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterator
from decimal import Decimal
from fractions import Fraction
from functools import partial
from itertools import chain
from typing import Any

from sandbox.protocol import arrays
from sandbox.protocol.spreading import spread

NAME, CLASSES = 80, 8
"""Characters of a type's name that cross, and how many classes of an exception are named."""
MAX_DEPTH = 150
ITEMS_PER_MIB = 1 << 19
"""What leaves is bounded in bytes, of which each item takes two at least."""
MAX_ITEMS = 8 * ITEMS_PER_MIB
MESSAGE_ITEMS = 100_000
"""Of a value that comes in several messages: so many that exchanges take no time, so few that they take no memory."""
SCALARS = frozenset({str, float, bool, type(None)})
BETWEEN = "~"
FACTORIES: dict[str, type] = {one.__name__: one for one in (int, float, str, list, dict, set, tuple, bool)}
SHORT_INT = 1 << 62
FRACTION_BITS, DECIMAL_DIGITS = 1 << 14, 10_000
"""Beyond these, reducing a fraction or hashing a decimal takes longer than it should."""


TOO_LARGE = {"opaque": "too large a value"}


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
Rest = Callable[["Encoder"], Any]
"""Makes the trees that had no room in a message, with the encoder of the next one."""


def encode_value(value: object, keep: Keep | None = None, most: int = MAX_ITEMS) -> Any:
    """The tree of `value`. Never raises for a strange value, only when memory or recursion end.

    Of a value with more than `most` items it has the first ones, and something that equals nothing after them.
    """
    return Encoder(keep, most).tree(value, 0)


class Encoder:
    """The trees of one message. `later` keeps a rest and gives its number; without it, what has no room is lost."""

    def __init__(self, keep: Keep | None, most: int, later: Callable[[Rest], int] | None = None) -> None:
        self.keep, self.most, self.later = keep, most, later
        self.items = 0
        self.lost = False  # whether something was nested too deep

    def tree(self, value: Any, depth: int) -> Any:
        kind = type(value)
        if kind is int:
            return value if -SHORT_INT < value < SHORT_INT else {"int": hex(value)}
        if kind is str or kind is float or kind is bool or value is None:
            return value
        self.items += 1
        if depth > MAX_DEPTH:
            self.lost = True
            return TOO_LARGE
        if kind is list:
            return self.sequence(value, depth + 1)
        for base in kind.__mro__:
            encoder = _ENCODERS.get(base)
            if encoder is not None:
                self.items += 8
                return encoder(self, value, depth + 1)
        return self.scalar_or_array(value, kind, depth)

    def scalar_or_array(self, value: Any, kind: type, depth: int) -> Any:
        module, name = str(kind.__module__), str(kind.__name__)
        if arrays.is_array(value) or arrays.is_scalar(value):
            return arrays.array_tree(value, lambda items: self.tree(items, depth + 1))
        if module == "numpy" and hasattr(kind, "item"):
            item = value.item()
            if type(item) in (int, float, bool, str, bytes, complex):
                return self.tree(item, depth + 1)
        if self.keep is not None:
            return self.keep(value)
        return {"opaque": name[:NAME]}

    def sequence(self, items: Any, depth: int) -> Any:
        short = type(items) in (list, tuple) and self.items + len(items) <= self.most
        if short and (kinds := set(map(type, items))) <= SCALARS:  # as below, in a tenth of the time
            self.items += len(items)
            text = BETWEEN.join(items) if kinds == {str} and self.later else ""
            return {"texts": text} if text.count(BETWEEN) == len(items) - 1 > 0 else [*items]
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
                rest = partial(Encoder.trees, items=chain((item,), items), depth=depth, tree=tree)
                return {"cut": [trees, self.later(rest)]}
            self.items += 1
            trees.append(tree(self, item, depth))
        return trees


_ENCODERS: dict[type, Callable[[Encoder, Any, int], Any]] = {
    bool: lambda e, v, d: bool(v),
    int: lambda e, v, d: e.tree(int.__add__(v, 0), d),
    float: lambda e, v, d: float.__pos__(v),
    str: lambda e, v, d: str.__str__(v),
    list: lambda e, v, d: e.sequence(list.__iter__(v), d),
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
    deque: lambda e, v, d: {"deque": e.sequence(deque.__iter__(v), d)},
    type({}.keys()): lambda e, v, d: {"keys": e.sequence(v, d)},
    type({}.items()): lambda e, v, d: {"items": e.sequence(v, d)},
    type({}.values()): lambda e, v, d: {"values": e.sequence(v, d)},
    Fraction: lambda e, v, d: {"fraction": [e.tree(int(v.numerator), d), e.tree(int(v.denominator), d)]},
    Decimal: lambda e, v, d: {"decimal": Decimal.__str__(v)},
    datetime.datetime: lambda e, v, d: {"datetime": datetime.datetime.isoformat(v)},
    datetime.date: lambda e, v, d: {"date": datetime.date.isoformat(v)},
    datetime.time: lambda e, v, d: {"time": datetime.time.isoformat(v)},
    datetime.timedelta: lambda e, v, d: {"timedelta": [v.days, v.seconds, v.microseconds]},
    type(None): lambda e, v, d: None,
    type(Ellipsis): lambda e, v, d: {"ellipsis": 0},
}


def _defaulting(encoder: Encoder, value: Any, depth: int) -> dict[str, Any]:
    """With its factory if that is a plain type, else as a dictionary."""
    factory = defaultdict.__dict__["default_factory"].__get__(value)
    name = next((name for name, known in FACTORIES.items() if known is factory), None)
    return {"defaults": [name, encoder.pairs(value, depth)]} if name else {"dict": encoder.pairs(value, depth)}


def decode_value(
    tree: Any,
    handle: Callable[[int, str], object] | None = None,
    array: MakeArray = Array,
    more: Callable[[int], Any] | None = None,
    split: Callable[[str], list[str]] | None = None,
) -> Any:
    """The plain value of a tree from an untrusted place. `handle` makes what stands for a kept object, `more` gets
    the trees that follow, `split` takes texts apart.

    Raises ValueError for anything that is not a well-formed tree.
    """
    try:
        return _Decoder(handle, array, more, split).value(tree)
    except Exception as error:  # whatever a malformed tree provokes, it is the sender's fault
        raise ValueError(f"not a plain value: {type(error).__name__}") from None


class _Decoder:
    def __init__(
        self,
        handle: Callable[[int, str], object] | None,
        array: MakeArray,
        more: Callable[[int], Any] | None,
        split: Callable[[str], list[str]] | None,
    ) -> None:
        self.handle, self.array, self.more, self.split = handle, array, more, split
        self.texts: dict[str, str] = {}

    def value(self, tree: Any) -> Any:
        if isinstance(tree, list):
            return self.plain(tree)
        if not isinstance(tree, dict):
            return tree
        if "handle" in tree:
            if self.handle is None:
                raise ValueError("not a plain value: a handle")
            number, name = tree["handle"], tree["type"]
            strange = type(number) is not int or type(name) is not str or len(name) > NAME or len(tree) > 2
            if strange:  # who decodes it would pay for what no object has
                raise ValueError("not a plain value: more than a handle")
            return self.handle(number, name)
        if len(tree) != 1:
            raise ValueError("not a plain value: several tags")
        ((tag, body),) = tree.items()
        if tag in ("cut", "texts"):
            return self.items(tree)
        if tag in _MAPPINGS:
            return _MAPPINGS[tag](self.pairs(body))
        if tag == "defaults":
            name, body = body
            return defaultdict(FACTORIES[name], self.pairs(body))
        if tag == "ndarray":
            dtype, items, *rest = body
            return self.array(str(dtype)[: arrays.NAME], self.value(items), *rest)
        if tag in _SEQUENCES:
            return _SEQUENCES[tag](self.items(body))
        return _SCALARS[tag](body)

    def pairs(self, body: Any) -> dict[Any, Any]:
        pairs = self.items(body)
        keys = spread([key for key, _ in pairs])
        return dict(zip(keys, [item for _, item in pairs], strict=True))

    def items(self, body: Any) -> list[Any]:
        """Of a list of trees, all of them, in however many messages they come."""
        items: list[Any] = []
        while not isinstance(body, list):
            if self.more is None or self.split is None:
                raise ValueError("not a plain value: a part")
            if "texts" in body:
                body = self.split(body["texts"])
                continue
            trees, number = body["cut"]
            items += self.plain(trees)
            body = self.more(int(number))
        return items + self.plain(body) if items else self.plain(body)

    def plain(self, trees: list[Any]) -> list[Any]:
        kinds = set(map(type, trees))
        if kinds == {str}:  # the same text a million times is one object, as it was where it came from
            return list(map(self.texts.setdefault, trees, trees))
        if list in kinds or dict in kinds:
            return [self.value(tree) for tree in trees]
        return [*trees]


def split_value(text: str) -> list[str]:
    return text.split(BETWEEN)


def _fraction(body: list[Any]) -> Fraction:
    if any(int(part).bit_length() > FRACTION_BITS for part in body):
        raise ValueError("too long a fraction")
    return Fraction(*body)


def _decimal(body: Any) -> Decimal:
    text = str(body)
    if len(text) > DECIMAL_DIGITS:
        raise ValueError("too many digits")
    return Decimal(text)


_MAPPINGS: dict[str, Callable[[dict[Any, Any]], Any]] = {"dict": dict, "ordered": OrderedDict, "counter": Counter}
_SEQUENCES: dict[str, Callable[[list[Any]], Any]] = {
    "tuple": tuple,
    "set": lambda body: set(spread(body, in_set=True)),
    "frozenset": lambda body: frozenset(spread(body, in_set=True)),
    "deque": deque,
    "keys": lambda body: dict.fromkeys(spread(body)).keys(),
    "items": lambda body: dict(zip(spread([key for key, _ in body]), [item for _, item in body], strict=True)).items(),
    "values": lambda body: dict(enumerate(body)).values(),
    "range": lambda body: range(*body),
    "fraction": _fraction,
}
_SCALARS: dict[str, Callable[[Any], Any]] = {
    "int": lambda body: int(body, 16),
    "bytes": bytes.fromhex,
    "bytearray": bytearray.fromhex,
    "complex": lambda body: complex(float(body[0]), float(body[1])),
    "decimal": _decimal,
    "datetime": datetime.datetime.fromisoformat,
    "date": datetime.date.fromisoformat,
    "time": datetime.time.fromisoformat,
    "timedelta": lambda body: datetime.timedelta(*body),
    "ellipsis": lambda body: Ellipsis,
    "opaque": lambda body: Opaque(str(body)[:NAME]),
}
