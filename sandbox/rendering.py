"""Texts about a program, made on the host from plain values: short, stable, printable, without addresses."""

import re
from collections import deque
from collections.abc import Iterator
from typing import Any

from sandbox.protocol.codec import Array, Opaque

LIMIT = 200
"""Characters of one value or one exception's text."""
NAME = 64
ADDRESS = re.compile(r"\b0x[0-9a-fA-F]{5,}")
BRACKETS: dict[type, Any] = {
    list: "[]",
    tuple: "()",
    set: "{}",
    frozenset: ("frozenset({", "})"),
    deque: ("deque([", "])"),
}


def describe_mismatch(got: object, expected: object) -> str:
    return f"got {show_value(got)}, expected {show_value(expected)}"


def describe_error(type_name: str, text: str) -> str:
    """`IndexError: list index out of range`, from two untrusted strings."""
    name, said = clean_text(type_name) or "an error without a name", clean_text(text)
    return f"{name}: {said}" if said else name


def plain_name(text: str) -> str:
    """An untrusted name as one word: ASCII letters, digits and underscores, at most NAME of them."""
    return re.sub(r"[^A-Za-z0-9_]", "", text[: 4 * NAME])[:NAME] or "unnamed"


def clean_text(text: str) -> str:
    """Untrusted text on one line: printable, no addresses, at most LIMIT characters."""
    text = ADDRESS.sub("0x…", text[: 4 * LIMIT].replace("\n", " ").replace("\t", " "))
    return cut_text("".join(char if char.isprintable() else "?" for char in text).strip())


def cut_text(text: str) -> str:
    return text if len(text) <= LIMIT else text[: LIMIT - 1] + "…"


def show_value(value: object) -> str:
    """A plain value as Python writes it, cut at LIMIT characters, sets in sorted order. Never raises."""
    text = ""
    try:
        for piece in _pieces(value):
            text += piece
            if len(text) > LIMIT:
                break
    except Exception:  # nested too deeply
        text += "…"
    return cut_text("".join(char if char.isprintable() else "?" for char in text))


def _pieces(value: Any) -> Iterator[str]:
    if isinstance(value, Array):
        yield "array("
        yield from _pieces(value.items)
        yield ")"
    elif isinstance(value, Opaque):
        yield f"<{clean_text(value.type_name)} object>"
    elif isinstance(value, dict):
        yield "{"
        for index, (key, item) in enumerate(value.items()):
            yield ", " if index else ""
            yield from _pieces(key)
            yield ": "
            yield from _pieces(item)
        yield "}"
    elif type(value) in BRACKETS:
        yield from _items(value)
    elif isinstance(value, str | bytes | bytearray):
        yield repr(value[: LIMIT + 1])
    elif isinstance(value, int) and value.bit_length() > 8 * LIMIT:
        yield f"{'-' if value < 0 else ''}{hex(abs(value))[:LIMIT]}…"  # decimal digits of huge numbers take for ever
    else:
        try:
            yield repr(value)
        except ValueError:  # more digits than Python writes
            yield f"<{type(value).__name__} with too many digits>"


def _items(value: Any) -> Iterator[str]:
    opening, closing = BRACKETS[type(value)]
    if isinstance(value, set | frozenset) and not value:
        yield f"{type(value).__name__}()"
        return
    yield opening
    if isinstance(value, set | frozenset) and len(value) <= LIMIT:
        yield ", ".join(sorted(map(show_value, value)))  # each once: twice per level would be for ever in a nested one
    else:
        for index, item in enumerate(value):
            yield ", " if index else ""
            yield from _pieces(item)
    yield ",)" if isinstance(value, tuple) and len(value) == 1 else closing
