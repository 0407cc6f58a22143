"""Trees become values: plain ones, or a ValueError. Trust in what a box says rests on this."""

import datetime
import math
import pathlib
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

from sandbox.protocol import arrays, dates, tables
from sandbox.protocol.merging import refill
from sandbox.protocol.plain import (
    BETWEEN,
    DECIMAL_DIGITS,
    FACTORIES,
    FRACTION_BITS,
    MAX_ITEMS,
    NAME,
    Array,
    MakeArray,
    MakeNamed,
    MakeTable,
    Opaque,
    Record,
)
from sandbox.protocol.sharing import Met
from sandbox.protocol.spreading import spread


def decode_value(
    tree: Any,
    handle: Callable[[int, str], object] | None = None,
    array: MakeArray = Array,
    more: Callable[[int], Any] | None = None,
    split: Callable[[str], list[str]] | None = None,
    met: Met | None = None,
    table: MakeTable = lambda kind, *parts: Opaque(str(kind)[:NAME]),
    named: MakeNamed | None = None,
) -> Any:
    """The plain value of a tree from an untrusted place. `handle` makes what stands for a kept object, `more` gets
    the trees that follow, `split` takes texts apart, `met` knows the objects that come again, `table` makes values of
    pandas: without it they equal nothing. `named` makes a tuple of its class's name, its fields and items.

    Raises ValueError for anything that is not a well-formed tree.
    """
    try:
        return _Decoder(handle, array, more, split, met, table, named).value(tree)
    except Exception as error:  # whatever a malformed tree provokes, it is the sender's fault
        raise ValueError(f"not a plain value: {type(error).__name__}") from None


class _Decoder:
    def __init__(
        self,
        handle: Callable[[int, str], object] | None,
        array: MakeArray,
        more: Callable[[int], Any] | None,
        split: Callable[[str], list[str]] | None,
        met: Met | None,
        table: MakeTable,
        named: MakeNamed | None,
    ) -> None:
        self.handle, self.array, self.more, self.split, self.met = handle, array, more, split, met
        self.table, self.named = table, named
        self.texts: dict[str, str] = {}

    def value(self, tree: Any) -> Any:
        if isinstance(tree, list):
            return self.listed(tree)
        if not isinstance(tree, dict):
            return tree
        if "handle" in tree:
            return self.kept(tree)
        if len(tree) != 1:
            raise ValueError("not a plain value: several tags")
        ((tag, body),) = tree.items()
        if tag in ("cut", "texts"):
            return self.listed(tree)
        if tag in ("same", "given") and self.met is not None:
            return self.met.referred(tag, body)
        if tag == "nan" and self.met is not None:
            return self.met.nan(body)
        if tag in _CHANGING:
            return self.filled(tag, body)
        if tag == "ndarray":
            return self.array_of(*body)
        if tag == "library":
            return self.table_of(*body)
        if tag == "record":
            return Record(self.items(body[0]), self.value(body[1]))
        if tag == "named" and self.named is not None:
            return self.named(body[0], tuple(body[1]), self.items(body[2]))
        if tag == "items":
            return self.pairs(body).items()
        if tag in _SEQUENCES:
            return _SEQUENCES[tag](self.items(body))
        return _SCALARS[tag](body)

    def kept(self, tree: dict[str, Any]) -> Any:
        if self.handle is None:
            raise ValueError("not a plain value: a handle")
        number, name = tree["handle"], tree["type"]
        strange = type(number) is not int or type(name) is not str or len(name) > NAME or len(tree) > 2
        if strange:  # who decodes it would pay for what no object has
            raise ValueError("not a plain value: more than a handle")
        return self.handle(number, name)

    def listed(self, body: Any) -> list[Any]:
        if self.met is None:
            return self.items(body)
        made: list[Any] = self.met.add([])
        made += self.items(body)
        return made

    def filled(self, tag: str, body: Any) -> Any:
        """Begun before what it holds, which may name it."""
        first = None
        if tag in ("defaults", "bounded"):
            first, body = body
        made = _CHANGING[tag](self.factory(first) if tag == "defaults" else first)
        if self.met is not None:
            self.met.add(made)
        refill(made, self.pairs(body) if isinstance(made, dict) else self.content(tag, body))
        return made

    def factory(self, tree: Any) -> Any:
        if tree is None or isinstance(tree, str):
            return tree and FACTORIES[tree]
        kept = self.kept(tree)
        return kept if callable(kept) else None

    def content(self, tag: str, body: Any) -> Any:
        if tag == "bytearray":
            return bytes.fromhex(body)
        return spread(self.items(body), in_set=True) if tag == "set" else self.items(body)

    def array_of(self, dtype: Any, items: Any, *rest: Any) -> Any:
        met, dtype = self.met, str(dtype)[: arrays.NAME]
        if dtype == "object":
            return self.array_of_objects(items, *rest)
        self.met = None  # its lists of numbers are nobody's
        try:
            made = self.array(dtype, self.value(items), *rest)
        finally:
            self.met = met
        return made if met is None or rest[1:] == ("scalar",) else met.add(made)

    def table_of(self, kind: Any, *parts: Any) -> Any:
        """What it consists of is nobody's."""
        met, self.met = self.met, None
        try:
            made = self.table(kind, *map(self.value, parts))
        finally:
            self.met = met
        return made if met is None or kind not in (*tables.FRAMES, "kept") else met.add(made)

    def array_of_objects(self, body: Any, shape: Any, *rest: Any) -> Any:
        """Begun before what it holds, as `filled`."""
        size = math.prod(arrays.checked_shape(shape))
        if size > MAX_ITEMS:
            raise ValueError("not a plain value: too large an array")
        made = self.array("object", (), shape, *rest)  # who makes no array takes no room for what is claimed
        if self.met is not None:
            self.met.add(made)
        items = self.items(body)
        if isinstance(made, Array):  # for who looks at one message of several, too
            made.items = items
        elif len(items) != size:
            raise ValueError("not a plain value: an array of another size")
        else:
            arrays.fill_objects(made, items)
        return made

    def pairs(self, body: Any) -> dict[Any, Any]:
        pairs = self.items(body, lambda trees: [(self.value(key), self.value(item)) for key, item in trees])
        keys = spread([key for key, _ in pairs])
        return dict(zip(keys, [item for _, item in pairs], strict=True))

    def items(self, body: Any, plain: Callable[[list[Any]], list[Any]] | None = None) -> list[Any]:
        """Of a list of trees, all of them, in however many messages they come."""
        plain = plain or self.plain
        items: list[Any] = []
        while not isinstance(body, list):
            if self.more is None or self.split is None:
                raise ValueError("not a plain value: a part")
            if "texts" in body:
                body = self.split(body["texts"])
                continue
            trees, number = body["cut"]
            items += plain(trees)
            body = self.more(int(number))
        return items + plain(body) if items else plain(body)

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


_CHANGING: dict[str, Callable[[Any], Any]] = {
    "dict": lambda first: {},
    "ordered": lambda first: OrderedDict(),
    "counter": lambda first: Counter(),
    "defaults": defaultdict,
    "set": lambda first: set(),
    "deque": lambda first: deque(),
    "bounded": lambda first: deque(maxlen=first),
    "bytearray": lambda first: bytearray(),
}
_SEQUENCES: dict[str, Callable[[list[Any]], Any]] = {
    "tuple": tuple,
    "frozenset": lambda body: frozenset(spread(body, in_set=True)),
    "keys": lambda body: dict.fromkeys(spread(body)).keys(),
    "values": lambda body: dict(enumerate(body)).values(),
    "range": lambda body: range(*body),
    "slice": lambda body: slice(*body),
    "fraction": _fraction,
}
_SCALARS: dict[str, Callable[[Any], Any]] = {
    "int": lambda body: int(body, 16),
    "bytes": bytes.fromhex,
    "text": lambda body: bytes.fromhex(body).decode("utf-32-le", "surrogatepass"),
    "complex": lambda body: complex(float(body[0]), float(body[1])),
    "decimal": _decimal,
    "datetime": dates.make_date,
    "date": datetime.date.fromisoformat,
    "time": dates.make_time,
    "zone": dates.make_zone,
    "timedelta": lambda body: datetime.timedelta(*body),
    "ellipsis": lambda body: Ellipsis,
    "path": pathlib.Path,
    "opaque": lambda body: Opaque(str(body)[:NAME]),
}
