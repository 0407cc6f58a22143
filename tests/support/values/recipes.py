"""Values as Python source, of a seed: nested, shared, holding themselves, of every kind of the codec."""

import random
from collections.abc import Callable
from typing import Any

PRELUDE = """
import datetime, enum, itertools, math, pathlib, zoneinfo
from collections import Counter, OrderedDict, defaultdict, deque, namedtuple
from decimal import Decimal
from fractions import Fraction
from unittest.mock import MagicMock
import numpy as np
class MyList(list): pass
class MyDict(dict): pass
class MySet(set): pass
class MyInt(int): pass
class MyFloat(float): pass
class MyText(str): pass
class MyTuple(tuple): pass
Pair = namedtuple("Pair", "x y")
Level = enum.IntEnum("Level", "LOW HIGH")
class Kind(enum.Enum): ONE = 1
class Thing: pass
class Zone(datetime.tzinfo):
    def utcoffset(self, at): return datetime.timedelta(hours=1)
"""
NUMBERS = (
    "0",
    "1",
    "-1",
    "True",
    "False",
    "2**61",
    "-2**62",
    "2**62",
    "10**40",
    "-3**999",
    "7",
    "MyInt(5)",
    "Level.HIGH",
)
FLOATS = (
    "0.0",
    "-0.0",
    "1.5",
    "math.nan",
    "np.nan",
    "math.inf",
    "-math.inf",
    "5e-324",
    "1e308",
    "0.1 + 0.2",
    "MyFloat(2.5)",
)
TEXTS = ("''", "'a'", "'~'", "'a~b'", "'\\ud83d\\ude00'", "'\\udc00'", "'\\x00\\n'", "'é漢'", "'x' * 70", "MyText('t')")
OTHERS = (
    "pathlib.Path('a')",
    "None", "...", "b''", "b'\\x00\\xff'", "complex(math.nan, -0.0)", "complex(-0.0, math.inf)", "1j",
    "Decimal('1.50')", "Decimal('-0')", "Decimal('NaN')", "Decimal('-sNaN123')", "Decimal('Infinity')",
    "Decimal('1E+999999')", "Fraction(1, 3)", "Fraction(-7)", "Fraction(10**30, 3)", "range(3)", "range(10**20, 0, -7)",
    "datetime.date(1, 1, 1)", "datetime.datetime(2024, 2, 29, 1, 2, 3, 4)", "datetime.datetime.max",
    "datetime.datetime(2024, 10, 27, 2, 30, fold=1)", "datetime.datetime(2024, 1, 1, tzinfo=datetime.timezone.utc)",
    "datetime.datetime(2024, 10, 27, 2, 30, fold=1, tzinfo=zoneinfo.ZoneInfo('Europe/Berlin'))",
    "datetime.datetime(2024, 1, 1, tzinfo=datetime.timezone(datetime.timedelta(hours=2), 'here'))",
    "datetime.time(1, 2, 3)", "datetime.time(1, fold=1)",
    "datetime.time(1, tzinfo=datetime.timezone(datetime.timedelta(minutes=-90)))", "datetime.timedelta(-3, 4, 5)",
    "datetime.timezone.utc", "zoneinfo.ZoneInfo('UTC')",
)  # fmt: skip
SCALARS = (
    "np.int64(5)", "np.int8(-3)", "np.uint64(2**64 - 1)", "np.float64(-0.0)", "np.float32(0.1)", "np.float16('nan')",
    "np.bool_(True)", "np.complex64(1 + 2j)", "np.datetime64('2024-01-01')", "np.datetime64('NaT')",
    "np.timedelta64(3, 'h')", "np.str_('s')", "np.bytes_(b'b')",
)  # fmt: skip
ARRAYS = (
    "np.array([1, 2, 3])", "np.zeros((2, 0))", "np.array(7)", "np.array([[0.5, -0.0], [np.nan, np.inf]])",
    "np.array([1, 2], 'uint8')", "np.array([0.1], 'float16')", "np.array([1j, 2], 'complex64')",
    "np.array([True, False])", "np.array(['a', 'bcd'])", "np.array(['a'], 'U9')", "np.array([b'x', b''], 'S4')",
    "np.array(['2024-01-01', 'NaT'], 'datetime64[D]')", "np.array([3, 4], 'timedelta64[10W]')",
    "np.array([(1, 2.5)], [('n', 'i4'), ('x', 'f4')])", "np.array([[2**63]], 'uint64')", "np.array([1.5], '>f8')",
    "np.arange(12).reshape(3, 4)[::2, ::-1]", "np.matrix([[1, 2]])", "np.array([b'ab\\0'], 'V3')",
    "np.asfortranarray([[1, 2], [3, 4]])", "np.array([0.1, 2], np.longdouble)",
)  # fmt: skip
REFUSED = {
    "object()": "object", "Thing()": "Thing", "(lambda: 0)": "function", "Kind.ONE": "Kind", "math": "module",
    "memoryview(b'x')": "memoryview", "np.ma.array([1])": "MaskedArray", "type(len)": "type", "Zone()": "Zone",
    "len": "builtin_function_or_method", "(i for i in ())": "generator", "MagicMock()": "MagicMock",
}  # fmt: skip
"""What cannot cross, and the names by which it is refused."""
FACTORIES = ("int", "list", "float", "str", "dict", "set", "tuple", "bool", "None", "Counter", "deque")


class Recipe:
    """Statements that make `value`. `refused`: what it holds that does not cross."""

    def __init__(self, seed: int, depth: int = 4, refused: bool = False) -> None:
        self.rng = random.Random(seed)
        self.depth = depth
        self.with_refused = refused
        self.lines: list[str] = []
        self.names: list[tuple[str, str]] = []  # of what can change, and its kind
        self.lines.append(f"value = {self.any(depth)}")
        for _ in range(self.rng.choice((0, 0, 1, 2))):
            self.close()

    @property
    def source(self) -> str:
        return "\n".join(self.lines)

    def any(self, depth: int) -> str:
        """An expression; what can change has a name, and may come again."""
        if self.names and self.rng.random() < 0.2:
            return self.rng.choice(self.names)[0]
        if depth <= 0 or self.rng.random() < 0.25:
            return self.leaf()
        make: Callable[[int], str] = self.rng.choice(CONTAINERS).__get__(self)
        return make(depth - 1)

    def leaf(self) -> str:
        if self.with_refused and self.rng.random() < 0.1:
            return self.rng.choice([*REFUSED])
        if self.rng.random() < 0.03:
            return self.named("nan", "float('nan')")
        kinds = (NUMBERS, FLOATS, TEXTS, OTHERS, SCALARS)
        return self.rng.choice(self.rng.choice(kinds)) if self.rng.random() < 0.9 else self.array(0)

    def key(self, depth: int = 2) -> str:
        """An expression that can be hashed."""
        if depth and self.rng.random() < 0.2:
            items = [self.key(depth - 1) for _ in range(self.rng.randrange(3))]
            if self.rng.random() < 0.4:
                return f"frozenset([{', '.join(items)}])"
            return f"({''.join(f'{item}, ' for item in items)})"
        leaf = self.rng.choice(self.rng.choice((NUMBERS, FLOATS, TEXTS, OTHERS, SCALARS)))
        return "0" if "sNaN" in leaf else leaf

    def some(self, depth: int) -> list[str]:
        return [self.any(depth) for _ in range(self.rng.choice((0, 1, 2, 3, 3, 5)))]

    def named(self, kind: str, expression: str) -> str:
        name = f"v{len(self.names)}"
        self.names.append((name, kind))
        self.lines.append(f"{name} = {expression}")
        return name

    def list(self, depth: int) -> str:
        items = ", ".join(self.some(depth))
        return self.named("list", f"MyList([{items}])" if self.rng.random() < 0.1 else f"[{items}]")

    def tuple(self, depth: int) -> str:
        items = self.some(depth)
        if self.rng.random() < 0.15:
            return f"Pair({self.any(depth)}, {self.any(depth)})"
        made = f"({''.join(f'{item}, ' for item in items)})"
        return f"MyTuple({made})" if self.rng.random() < 0.1 else made

    def pairs(self, depth: int) -> str:
        return ", ".join(f"({self.key()}, {item})" for item in self.some(depth))

    def dict(self, depth: int) -> str:
        name = self.rng.choice(("dict", "dict", "dict", "MyDict", "OrderedDict"))
        return self.named("dict", f"{name}([{self.pairs(depth)}])")

    def table(self, depth: int) -> str:
        if self.rng.random() < 0.4:
            keys = ", ".join(self.key() for _ in range(3))
            return self.named("counter", f"Counter([{keys}])")
        return self.named("dict", f"defaultdict({self.rng.choice(FACTORIES)}, [{self.pairs(depth)}])")

    def set(self, depth: int) -> str:
        keys = ", ".join(self.key() for _ in range(self.rng.randrange(5)))
        name = self.rng.choice(("set", "set", "frozenset", "MySet"))
        made = f"{name}([{keys}])"
        return made if name == "frozenset" else self.named("set", made)

    def deque(self, depth: int) -> str:
        most = self.rng.choice(("None", "None", "2", "9"))
        return self.named("deque", f"deque([{', '.join(self.some(depth))}], {most})")

    def bytes(self, depth: int) -> str:
        return self.named("bytearray", f"bytearray({self.rng.randbytes(3)!r})")

    def array(self, depth: int) -> str:
        return self.named("array", self.rng.choice(ARRAYS))

    def objects(self, depth: int) -> str:
        items = self.some(depth)
        name = self.named("array", f"np.empty({len(items)}, object)")
        self.lines += [f"{name}[{at}] = {item}" for at, item in enumerate(items)]
        return name

    def view(self, depth: int) -> str:
        return f"dict([{self.pairs(depth)}]).{self.rng.choice(('keys', 'values', 'items'))}()"

    def slice(self, depth: int) -> str:
        return "slice(None, 3, -2**70)"

    def close(self) -> None:
        """Something holds something that was made later, perhaps itself."""
        holders = [(name, kind) for name, kind in self.names if kind in ("list", "dict", "deque")]
        if holders:
            name, kind = self.rng.choice(holders)
            item = self.rng.choice(self.names)[0]
            if self.rng.random() < 0.3:
                item = f"({item}, 1)"
            self.lines.append(f"{name}['again'] = {item}" if kind == "dict" else f"{name}.append({item})")


CONTAINERS: list[Any] = [
    *[Recipe.list] * 4, *[Recipe.dict] * 3, *[Recipe.tuple] * 2, Recipe.table, Recipe.set, Recipe.deque, Recipe.bytes,
    Recipe.array, Recipe.objects, Recipe.view, Recipe.slice,
]  # fmt: skip


def made(source: str) -> Any:
    """The value of a recipe."""
    names: dict[str, Any] = {**_PRELUDE}
    exec(source, names)
    return names["value"]


_PRELUDE: dict[str, Any] = {"__name__": "recipes"}
exec(PRELUDE, _PRELUDE)
