"""JavaScript values on the host: made from trees that a box sent and from literals, compared, and written as text.

A Number is a float and a BigInt an int, so 1 and 1.0 are one value and 1n is another. null is None, an object a dict,
an array a list; what Python lacks has a class here. Nothing that a program wrote runs.
"""

import datetime
import json
import math
import re
from collections import Counter
from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from typing import Any

from sandbox import rendering
from sandbox.protocol.codec import MAX_DEPTH, NAME, Opaque


class Undefined:
    """`undefined`, and the hole of a sparse array, which is something else."""

    def __init__(self, text: str) -> None:
        self.text = text


UNDEFINED, HOLE = Undefined("undefined"), Undefined("<empty>")
CONSTANTS: dict[str, Any] = {
    "null": None,
    "true": True,
    "false": False,
    "undefined": UNDEFINED,
    "NaN": math.nan,
    "Infinity": math.inf,
}
_TYPED = "Int8 Uint8 Uint8Clamped Int16 Uint16 Int32 Uint32 Float32 Float64 BigInt64 BigUint64"
TYPED = tuple(f"{kind}Array" for kind in _TYPED.split())
BUILT = ("Map", "Set", "Date", *TYPED)
"""What `new` may make in a literal."""


@dataclass(frozen=True, slots=True)
class Collection:
    """A Map's pairs, a Set's or typed array's items, a Date's milliseconds, a class instance's properties."""

    kind: str
    items: Any


def build_value(kind: str, arguments: list[Any]) -> Collection:
    """`new kind(...)` of literals. Raises ValueError."""
    if kind == "Date" and len(arguments) == 1:
        return Collection("Date", _milliseconds(arguments[0]))
    items = arguments[0] if arguments else []
    if kind == "Date" or len(arguments) > 1 or not isinstance(items, list):
        raise ValueError(f"new {kind} of something else than a list")
    if kind == "Map":
        if not all(isinstance(pair, list) and len(pair) == 2 for pair in items):
            raise ValueError("new Map of something else than pairs")
        return Collection("Map", list({canonical_value(key): (key, item) for key, item in items}.values()))
    if kind == "Set":
        return Collection("Set", list({canonical_value(item): item for item in items}.values()))
    return Collection(kind, items)


def _milliseconds(when: Any) -> float:
    if isinstance(when, float):
        return when
    if isinstance(when, str) and re.fullmatch(r"\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?Z)?", when):
        moment = datetime.datetime.fromisoformat(when.removesuffix("Z")).replace(tzinfo=datetime.UTC)
        return round(moment.timestamp() * 1000) * 1.0
    raise ValueError("a date that is neither milliseconds nor ISO text in UTC")


NUMBERS = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
"""Numbers that JSON lacks, by their texts."""


def decode_value(tree: Any, depth: int = 0) -> Any:
    """The value of a tree from a box. Raises for what is none; any exception means that.

    An object that stays in its box, and a function of the tests that comes back, are an Opaque.
    """
    if depth > MAX_DEPTH:
        raise ValueError("nested too deeply")
    if isinstance(tree, bool) or tree is None:
        return tree
    if isinstance(tree, int | float):
        return _finite(float(tree))
    if isinstance(tree, str):
        return well_formed(tree)
    if isinstance(tree, list):
        return [decode_value(item, depth + 1) for item in tree]
    if "handle" in tree:
        return _kept(**tree)
    ((tag, body),) = tree.items()
    if tag == "object":
        if any(isinstance(item, dict) and item.get("type") == "function" for _, item in body):
            raise ValueError("an object with functions is no plain value")  # `valueOf` would answer comparisons
        return {well_formed(name): decode_value(item, depth + 1) for name, item in body}
    if tag == "instance":
        return Collection(
            f"<{body[0][:80]}>", {well_formed(name): decode_value(item, depth + 1) for name, item in body[1]}
        )
    if tag == "map":
        return Collection("Map", [(decode_value(key, depth + 1), decode_value(item, depth + 1)) for key, item in body])
    if tag == "set":
        return Collection("Set", [decode_value(item, depth + 1) for item in body])
    if tag == "typed" and body[0] in TYPED:
        return Collection(body[0], [decode_value(item, depth + 1) for item in body[1]])
    if tag == "date":
        return Collection("Date", float(body))
    return {
        "int": lambda: int(body, 16),
        "number": lambda: NUMBERS[body],
        "callback": lambda: Opaque(f"function {body + 0}"),
        "undefined": lambda: UNDEFINED,
        "hole": lambda: HOLE,
        "opaque": lambda: Opaque(str(body)[:80]),
    }[tag]()


def _finite(number: float) -> float:
    if not math.isfinite(number):
        raise ValueError("no number of JSON")
    return number


def _kept(handle: int, type: str) -> Opaque:
    if handle + 0 is not handle or len(type) > NAME:
        raise ValueError("not a handle")
    return Opaque(type)


def well_formed(text: str) -> str:
    """Text in which no surrogate pair stands as two characters."""
    if text.isascii():
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")


def canonical_value(value: Any) -> Hashable:
    """A key that is equal exactly for values that are the same; the order of properties and members is free.

    Numbers are text in it: those of a program could be chosen to have one hash, and text's hash nobody knows.
    """
    if isinstance(value, float):
        return ("number", (value + 0.0).hex())  # -0 is 0
    if isinstance(value, int) and not isinstance(value, bool):
        return ("bigint", hex(value))
    if isinstance(value, list | tuple):
        return ("list", tuple(map(canonical_value, value)))
    if isinstance(value, dict):
        return ("object", frozenset((name, canonical_value(item)) for name, item in value.items()))
    if isinstance(value, Collection):
        if value.kind in ("Map", "Set"):
            return (value.kind, frozenset(Counter(map(canonical_value, value.items)).items()))
        return (value.kind, canonical_value(value.items))
    if isinstance(value, Opaque | Undefined):
        return (id(value),)
    return (type(value).__name__, value)


def number_text(value: float | int) -> str:
    """A number as JavaScript writes it (ECMA-262, Number::toString)."""
    if isinstance(value, int):
        return str(value)
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if value == 0:
        return "0"
    mantissa, _, exponent = f"{abs(value)!r}".partition("e")
    whole, _, part = mantissa.partition(".")
    point = len(whole) + int(exponent or 0)
    digits = f"{whole}{part}".lstrip("0")
    point -= len(f"{whole}{part}") - len(digits)
    digits = digits.rstrip("0")
    sign = "-" if value < 0 else ""
    if 0 < point <= 21:
        text = f"{digits[:point].ljust(point, '0')}.{digits[point:]}".rstrip(".")
    elif -6 < point <= 0:
        text = f"0.{'0' * -point}{digits}"
    else:
        text = f"{digits[0]}.{digits[1:]}".rstrip(".") + f"e{point - 1:+d}"
    return sign + text


def json_text(value: Any) -> str | Undefined:
    """What JSON.stringify makes of a literal. Raises ValueError if that throws, or is not done here."""
    if value is UNDEFINED:
        return UNDEFINED
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return number_text(value)
    if isinstance(value, str):
        quoted = json.dumps(value, ensure_ascii=False)
        return re.sub("[\ud800-\udfff]", lambda half: f"\\u{ord(half[0]):04x}", quoted)
    if isinstance(value, list):
        return f"[{','.join('null' if item is UNDEFINED else str(json_text(item)) for item in value)}]"
    if isinstance(value, dict):
        shown = [
            f"{json_text(name)}:{json_text(value[name])}"
            for name in ordered_members(value)
            if value[name] is not UNDEFINED
        ]
        return f"{{{','.join(shown)}}}"
    raise ValueError("JSON of something else than plain values")


def ordered_members(names: Any) -> list[str]:
    """Property names in JavaScript's order: array indices first, by size."""
    indices = [name for name in names if re.fullmatch("0|[1-9][0-9]{0,9}", name) and int(name) < 2**32 - 1]
    known = set(indices)
    return sorted(indices, key=int) + [name for name in names if name not in known]


def show_value(value: Any) -> str:
    """A value as its source would write it, cut at rendering.LIMIT characters. Never raises."""
    text = ""
    try:
        for piece in _pieces(value):
            text += piece
            if len(text) > rendering.LIMIT:
                break
    except Exception:  # nested too deeply
        text += "…"
    return rendering.cut_text("".join(char if char.isprintable() else "?" for char in text))


def _pieces(value: Any) -> Iterator[str]:
    if isinstance(value, Opaque):
        yield f"<{rendering.clean_text(value.type_name)}>"
    elif isinstance(value, Undefined):
        yield value.text
    elif isinstance(value, str):
        yield json.dumps(value[: rendering.LIMIT + 1], ensure_ascii=False)
    elif isinstance(value, float):
        yield "-0" if value == 0 and math.copysign(1, value) < 0 else number_text(value)
    elif isinstance(value, bool) or value is None:
        yield {True: "true", False: "false", None: "null"}[value]
    elif isinstance(value, int):
        yield f"{value}n" if value.bit_length() < 1000 else f"{hex(value)[: rendering.LIMIT]}…"
    elif isinstance(value, list | tuple):
        yield from _between("[]", ((None, item) for item in value))
    elif isinstance(value, dict):
        yield from _between("{}", value.items())
    else:
        yield from _collection(value)


def _collection(value: Collection) -> Iterator[str]:
    if value.kind.startswith("<"):
        yield f"{rendering.clean_text(value.kind[1:-1])} "
        yield from _pieces(value.items)
        return
    yield f"new {value.kind}("
    yield from _pieces(list(value.items) if isinstance(value.items, list) else value.items)
    yield ")"


def _between(brackets: str, items: Any) -> Iterator[str]:
    yield brackets[0]
    for index, (name, item) in enumerate(items):
        yield ", " if index else ""
        if name is not None:
            yield name if re.fullmatch(r"[A-Za-z_$][\w$]{0,80}|\d{1,15}", name) else json.dumps(name[:100])
            yield ": "
        yield from _pieces(item)
    yield brackets[1]
