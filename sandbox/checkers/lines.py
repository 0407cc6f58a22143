"""The usual comparison of an output with the expected one: the same tokens on the same lines.

Blank lines, spaces around tokens and the kind of line end are free. Case matters. What is a number, and which are
equal, is said in `tokens`. Time and memory are linear in the output, and the first wrong line ends it.
"""

import io
from collections.abc import Iterator
from decimal import Decimal
from itertools import repeat, zip_longest

from sandbox.checkers.tokens import same_token


def first_difference(output: bytes, expected: str, tolerance: float | None = None) -> str | None:
    """None if the output is right, else what is wrong with it in a few words."""
    lines = zip_longest(filled_lines(output), filled_lines(expected.encode("utf-8", "surrogatepass")))
    room = room_of(tolerance)
    for number, (line, right) in enumerate(lines, start=1):
        if line is None:
            return f"line {number} is missing, expected {shorten(right)}"
        if right is None:
            return f"line {number} is too much: {shorten(line)}"
        if line == right:
            continue
        tokens, wanted = line.split(), right.split()
        if len(tokens) != len(wanted) or not all(map(same_token, tokens, wanted, repeat(room))):
            return f"line {number}: got {shorten(line)}, expected {shorten(right)}"
    return None


def room_of(tolerance: float | None) -> Decimal | None:
    """A tolerance as it is written: 1e-6, and not the binary number next to it."""
    return None if tolerance is None else Decimal(repr(tolerance))


def filled_lines(text: bytes) -> Iterator[bytes]:
    """Lines that are not blank. White space is ASCII's: what only Unicode calls a space is part of a token."""
    return (line for line in io.BytesIO(text) if not line.isspace())


def shorten(line: bytes) -> str:
    """The beginning of a line, for a message."""
    text = repr(" ".join(line[:1000].decode("utf-8", "replace").split()))
    return text if len(text) <= 100 else text[:99] + "…"
