"""When a printed token is the expected one. The expected token decides, by how it is written.

    expected                           it is     right is
    `7`, `-12`, of any length          integer   an equal number, exactly: `7`, `7.0`, `7e0`; not `7.0000001`
    `0.5`, `-2.50`, `1e-05`, `2.5E7`   float     a number within the tolerance, 1e-6 unless the problem sets one
    `001`, `-0`, `+5`, `1e5`, `.5`     text      the same characters
    `09:05`, `Yes`, `nan`, `0x1F`      text      the same characters

A number is written as programs write one: no plus, no leading zeros, digits of ASCII on both sides of a point, an
exponent with a sign unless there is a point before it. Anything else that looks like one may be a word of digits: a
PIN, a time, a hash. If the problem sets a tolerance it holds for integers, too, and `-0` is one. A printed number may
be zero with a minus sign, and its exponent needs no sign; leading zeros, a plus and bare points make it text as well,
and so do a point or an exponent in more than a thousand characters.
"""

import re
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal

FLOAT_TOL = Decimal("1e-6")
LONGEST = 1000
"""Characters of a printed float. Integers may have any number of digits."""
_WHOLE = rb"-?(?:0|[1-9][0-9]*)"
INTEGER = re.compile(_WHOLE)
FLOAT = re.compile(_WHOLE + rb"(?:\.[0-9]+(?:[eE][+-]?[0-9]{1,4})?|[eE][+-][0-9]{1,4})")
NUMBER = re.compile(_WHOLE + rb"(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,4})?")
_EXACT = Context(prec=40, Emax=MAX_EMAX, Emin=MIN_EMIN, traps=[])


def same_token(token: bytes, right: bytes, tolerance: Decimal | None = None) -> bool:
    """`tolerance`: the problem's own, None if it sets none. Time is linear in the characters."""
    if token == right:
        return True
    whole = INTEGER.fullmatch(right) is not None
    if not (whole or FLOAT.fullmatch(right)) or not NUMBER.fullmatch(token):
        return False
    if len(token) > LONGEST and not INTEGER.fullmatch(token):
        return False
    if whole and tolerance is None:
        if INTEGER.fullmatch(token):
            return token == b"-0" and right == b"0"
        return right != b"-0" and Decimal(token.decode()) == Decimal(right.decode())
    return _close(Decimal(token.decode()), Decimal(right.decode()), FLOAT_TOL if tolerance is None else tolerance)


def _close(got: Decimal, expected: Decimal, tolerance: Decimal) -> bool:
    """As `equality.numbers_close`, with as many digits and as large an exponent as a program prints."""
    room = _EXACT.multiply(tolerance, max(Decimal(1), expected.copy_abs()))
    return _EXACT.subtract(got, expected).copy_abs() <= room
