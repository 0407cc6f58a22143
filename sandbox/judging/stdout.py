"""When the output of a stdin/stdout program is the expected one.

Same tokens on the same lines; blank lines, spaces around tokens and the kind of line end are free. Case matters. What
is a number, and which are equal, is said in `tokens`. Time and memory are linear in the output, and the first wrong
line ends it.
"""

import io
from collections.abc import Iterator
from decimal import Decimal
from itertools import repeat, zip_longest

from sandbox.judging.tokens import same_token


def first_difference(output: bytes, expected: str, tolerance: float | None = None) -> str | None:
    """None if the output is right, else what is wrong with it in a few words."""
    try:
        output.decode("utf-8")
    except UnicodeDecodeError:
        return "the output is not UTF-8"
    lines = zip_longest(_lines(output), _lines(expected.encode("utf-8", "surrogatepass")))
    room = None if tolerance is None else Decimal(repr(tolerance))
    for number, (line, right) in enumerate(lines, start=1):
        if line is None:
            return f"line {number} is missing, expected {_short(right)}"
        if right is None:
            return f"line {number} is too much: {_short(line)}"
        if line == right:
            continue
        tokens, wanted = line.split(), right.split()
        if len(tokens) != len(wanted) or not all(map(same_token, tokens, wanted, repeat(room))):
            return f"line {number}: got {_short(line)}, expected {_short(right)}"
    return None


def _lines(text: bytes) -> Iterator[bytes]:
    """Lines that are not blank. White space is ASCII's: what only Unicode calls a space is part of a token."""
    return (line for line in io.BytesIO(text) if not line.isspace())


def _short(line: bytes) -> str:
    text = repr(" ".join(line[:1000].decode("utf-8", "replace").split()))
    return text if len(text) <= 100 else text[:99] + "…"
