"""When the output of a stdin/stdout program is the expected one.

Same tokens on the same lines; blank lines, trailing spaces and the kind of line end are free. Integers are
compared exactly, floats with a tolerance only where the expected token is written as one. Case matters.
"""

import re
from itertools import zip_longest

from sandbox.harness.comparing import near

FLOAT_TOL = 1e-6
MAX_DIGITS = 1000
INTEGER = re.compile(r"[+-]?[0-9]+", re.ASCII)
FLOAT = re.compile(r"[+-]?([0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(?=[eE]))([eE][+-]?[0-9]{1,4})?", re.ASCII)
NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,4})?", re.ASCII)


def first_difference(output: bytes, expected: str, tolerance: float | None = None) -> str | None:
    """None where the output is right, else what is wrong with it in a few words."""
    try:
        got = _lines(output.decode("utf-8"))
    except UnicodeDecodeError:
        return "the output is not UTF-8"
    wanted = _lines(expected)
    room = FLOAT_TOL if tolerance is None else tolerance
    for number, (line, right) in enumerate(zip_longest(got, wanted), start=1):
        if line is None:
            return f"line {number} is missing, expected {_short(right)}"
        if right is None:
            return f"line {number} is too much: {_short(line)}"
        if len(line) != len(right) or not all(_same(*pair, room) for pair in zip(line, right, strict=True)):
            return f"line {number}: got {_short(line)}, expected {_short(right)}"
    return None


def _lines(text: str) -> list[list[str]]:
    """Tokens of each line that has some."""
    return [tokens for line in text.split("\n") if (tokens := line.split())]


def _same(token: str, right: str, tolerance: float) -> bool:
    if token == right:
        return True
    if INTEGER.fullmatch(right):
        return INTEGER.fullmatch(token) is not None and _canonical(token) == _canonical(right)
    if not FLOAT.fullmatch(right) or not NUMBER.fullmatch(token) or len(token) > MAX_DIGITS:
        return False
    return near(float(token), float(right), tolerance)


def _canonical(token: str) -> str:
    """An integer as text, whatever its length: no plus sign, no leading zeros, no minus zero."""
    digits = token.lstrip("+-").lstrip("0") or "0"
    return f"-{digits}" if token[0] == "-" and digits != "0" else digits


def _short(tokens: list[str]) -> str:
    text = repr(" ".join(tokens[:100]))
    return text if len(text) <= 100 else text[:99] + "…"
