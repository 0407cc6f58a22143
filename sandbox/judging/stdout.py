"""When the output of a stdin/stdout program is the expected one.

Same tokens on the same lines; blank lines, spaces around tokens and the kind of line end are free. Integers are
compared exactly, floats with a tolerance only if the expected token is written as one. Case matters, and so does
the way a number is written: `+5`, `1_0`, `5.` and digits of other scripts are no numbers. `nan` and `inf` are right
only if they are expected. Time and memory are linear in the output, and the first wrong line ends it.
"""

import io
import re
from collections.abc import Iterator
from itertools import zip_longest

from sandbox.protocol.equality import numbers_close

FLOAT_TOL = 1e-6
MAX_DIGITS = 1000
"""Characters of a printed float. Integers may have any number of digits: they are compared as text."""
INTEGER = re.compile(rb"-?[0-9]+")
NUMBER = re.compile(rb"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,4})?")
FLOAT = re.compile(rb"[+-]?([0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(?=[eE]))([eE][+-]?[0-9]{1,4})?")
"""How an expected token is written that leaves room."""


def first_difference(output: bytes, expected: str, tolerance: float | None = None) -> str | None:
    """None if the output is right, else what is wrong with it in a few words."""
    try:
        output.decode("utf-8")
    except UnicodeDecodeError:
        return "the output is not UTF-8"
    lines = zip_longest(_lines(output), _lines(expected.encode("utf-8", "surrogatepass")))
    room = FLOAT_TOL if tolerance is None else tolerance
    for number, (line, right) in enumerate(lines, start=1):
        if line is None:
            return f"line {number} is missing, expected {_short(right)}"
        if right is None:
            return f"line {number} is too much: {_short(line)}"
        if line == right:
            continue
        tokens, wanted = line.split(), right.split()
        if len(tokens) != len(wanted) or not all(_same(*pair, room) for pair in zip(tokens, wanted, strict=True)):
            return f"line {number}: got {_short(line)}, expected {_short(right)}"
    return None


def _lines(text: bytes) -> Iterator[bytes]:
    """Lines that are not blank. White space is ASCII's: what only Unicode calls a space is part of a token."""
    return (line for line in io.BytesIO(text) if not line.isspace())


def _same(token: bytes, right: bytes, tolerance: float) -> bool:
    if token == right:
        return True
    if INTEGER.fullmatch(right):
        return INTEGER.fullmatch(token) is not None and _canonical(token) == _canonical(right)
    if not FLOAT.fullmatch(right) or len(token) > MAX_DIGITS or not NUMBER.fullmatch(token):
        return False
    return numbers_close(float(token), float(right), tolerance)


def _canonical(token: bytes) -> bytes:
    """An integer as text, whatever its length: no leading zeros, no minus zero."""
    digits = token.lstrip(b"-").lstrip(b"0") or b"0"
    return b"-" + digits if token.startswith(b"-") and digits != b"0" else digits


def _short(line: bytes) -> str:
    text = repr(" ".join(line[:1000].decode("utf-8", "replace").split()))
    return text if len(text) <= 100 else text[:99] + "…"
