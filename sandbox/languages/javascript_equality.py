"""When a JavaScript value is the expected one, by the operators and assertions of Node.js.

Primitives convert where they do in JavaScript. Objects never do: an array is no text, an object that claims to be 4 is
not 4. Nothing that a program wrote runs.
"""

import math
import re
from collections import Counter
from dataclasses import dataclass
from typing import Any, Literal

from sandbox.languages.javascript_values import UNDEFINED, Collection, Undefined, canonical_value
from sandbox.protocol.codec import Opaque
from sandbox.protocol.equality import numbers_close

Relation = Literal["===", "==", "strictEqual", "equal", "deepStrictEqual", "deepEqual", "<", "<="]
"""An operator, a method of `assert`, or of `Math.abs(value - number) < room`."""
SHALLOW = ("===", "==", "strictEqual", "equal")
"""Of an object these ask whether it is the same one."""
CONVERTING = ("==", "equal", "deepEqual")
SPACE = "".join(
    map(chr, (*range(9, 14), 32, 160, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029, 0x202F, 0x205F, 0x3000, 0xFEFF))
)
_NUMERIC = re.compile(r"[+-]?(?:Infinity|(?:[0-9]++(?:\.[0-9]*+)?|\.[0-9]++)(?:[eE][+-]?[0-9]++)?)")
_WHOLE = re.compile(r"[+-]?[0-9]+|0[xX][0-9a-fA-F]+|0[oO][0-7]+|0[bB][01]+")


@dataclass(frozen=True, slots=True)
class Expected:
    """What a test asks of a value. `room`: of `<` and `<=`, how far a number may be away."""

    value: Any
    relation: Relation = "deepStrictEqual"
    room: float = 0.0


def is_primitive(value: Any) -> bool:
    return value is None or isinstance(value, str | float | int | Undefined)


def is_expected(got: Any, expected: Expected, tolerance: float | None) -> bool:
    """Whether a value is what a test asks for.

    `tolerance`: the problem's own room for numbers, None for none. It holds for every Number but a Map's keys and a
    Date's time, and has no signed zero. A BigInt is exact.
    """
    if expected.relation in ("<", "<="):
        return _is_near(got, expected)
    return _same(got, expected.value, expected.relation, tolerance)


def _is_near(got: Any, expected: Expected) -> bool:
    if not isinstance(got, float | str | bool) and got is not None:
        return False
    away = abs(to_number(got) - expected.value)
    return bool(away < expected.room or (expected.relation == "<=" and away == expected.room))


def _same(got: Any, expected: Any, relation: Relation, tolerance: float | None) -> bool:
    if isinstance(got, Collection) and isinstance(expected, Collection):
        return got.kind == expected.kind and _same_items(got, expected, relation, tolerance)
    if isinstance(got, Collection) and got.kind.startswith("<") and relation == "deepEqual":
        got = got.items
    if is_primitive(expected):
        return is_primitive(got) and _same_primitive(got, expected, relation, tolerance)
    if type(got) is not type(expected) or isinstance(got, Opaque):
        return False
    if isinstance(got, list):
        return len(got) == len(expected) and all(
            _same(*pair, relation, tolerance) for pair in zip(got, expected, strict=True)
        )
    return len(got) == len(expected) and all(
        name in got and _same(got[name], item, relation, tolerance) for name, item in expected.items()
    )


def _same_primitive(got: Any, expected: Any, relation: Relation, tolerance: float | None) -> bool:
    if isinstance(got, float) and isinstance(expected, float):
        return _same_number(got, expected, relation, tolerance)
    if type(got) is type(expected) and not isinstance(got, Undefined):
        return bool(got == expected)
    return loosely_equal(got, expected) if relation in CONVERTING else got is expected


def _same_number(got: float, expected: float, relation: Relation, tolerance: float | None) -> bool:
    if got == expected:
        exact = relation in ("strictEqual", "deepStrictEqual") and tolerance is None
        return not exact or got != 0 or math.copysign(1, got) == math.copysign(1, expected)
    if math.isnan(got) and math.isnan(expected):
        return relation not in ("==", "===")
    return tolerance is not None and numbers_close(got, expected, tolerance)


def _same_items(got: Collection, expected: Collection, relation: Relation, tolerance: float | None) -> bool:
    if got.kind == "Date":
        return _same_number(got.items, expected.items, "deepEqual", None)
    if len(got.items) != len(expected.items):
        return False
    if got.kind == "Map" and tolerance is not None:
        left = {canonical_value(key): item for key, item in got.items}
        return all(
            (name := canonical_value(key)) in left and _same(left[name], item, relation, tolerance)
            for key, item in expected.items
        )
    if got.kind == "Set" and tolerance is not None:
        return _same_members(got.items, expected.items, relation, tolerance)
    if got.kind in ("Map", "Set"):  # in any order, and nothing converts
        return Counter(map(canonical_value, got.items)) == Counter(map(canonical_value, expected.items))
    return _same(list(got.items), list(expected.items), relation, tolerance)


def _same_members(got: list[Any], expected: list[Any], relation: Relation, tolerance: float) -> bool:
    """Of two Sets: what they do not share must be Numbers that can be paired. Sorted they are, if they can be."""
    known, wanted = ({canonical_value(item): item for item in items} for items in (got, expected))
    rests = [[item for name, item in a.items() if name not in b] for a, b in ((known, wanted), (wanted, known))]
    if len(rests[0]) != len(rests[1]) or not all(isinstance(item, float) for rest in rests for item in rest):
        return False
    return _same(sorted(rests[0]), sorted(rests[1]), relation, tolerance)


def loosely_equal(left: Any, right: Any) -> bool:
    """`left == right` of primitives of different types (ECMA-262, IsLooselyEqual)."""
    if left is None or right is None or isinstance(left, Undefined) or isinstance(right, Undefined):
        return all(side is None or side is UNDEFINED for side in (left, right))
    left, right = (float(side) if isinstance(side, bool) else side for side in (left, right))
    if isinstance(left, str) and isinstance(right, str):
        return left == right
    if isinstance(left, str) or isinstance(right, str):
        text, number = (left, right) if isinstance(left, str) else (right, left)
        read = to_number(text) if isinstance(number, float) else _to_bigint(text)
        return read is not None and bool(read == number)
    return bool(left == right)


def to_number(value: Any) -> float:
    """A primitive as a Number; NaN for a text that is none."""
    if isinstance(value, Undefined):
        return math.nan
    if not isinstance(value, str):
        return 0.0 if value is None else float(value)
    text = value.strip(SPACE)
    if _NUMERIC.fullmatch(text):
        return float(text)
    whole = None if text[:1] in ("+", "-") else _to_bigint(text)
    return math.nan if whole is None else float(whole)


def _to_bigint(text: str) -> int | None:
    text = text.strip(SPACE)
    if not text or not _WHOLE.fullmatch(text):
        return None if text else 0
    return int(text, {"x": 16, "o": 8, "b": 2}.get(text[1:2].lower(), 10))
