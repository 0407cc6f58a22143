"""What a program did on generated inputs, as digests: programs that do the same thing have the same ones."""

import hashlib
import json
import math
from typing import Any

from sandbox.protocol import codec

DIGITS = 9
"""Significant digits of floats that tell two behaviours apart."""
PRINTED_BITS = 14_000
"""Of an integer that is written in decimal; JSON writes none of more than 4,300 digits."""


def behaviour_digest(value: Any) -> str:
    """16 hex digits of a plain value; equal for values that tests hold equal, floats to some digits."""
    text = json.dumps(_canonical(value), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _canonical(value: Any) -> Any:
    if isinstance(value, bool | int | float):
        if isinstance(value, float) and not (math.isfinite(value) and value.is_integer()):
            return f"{value:.{DIGITS}g}"
        return hex(value) if isinstance(value, int) and value.bit_length() > PRINTED_BITS else int(value)
    if value is None or isinstance(value, str):
        return [type(value).__name__, value]
    if isinstance(value, list | tuple):
        return [type(value).__name__, *map(_canonical, value)]
    if isinstance(value, set | frozenset):
        return ["set", *sorted(map(_canonical, value), key=json.dumps)]
    if isinstance(value, dict):
        return ["dict", *sorted(([_canonical(k), _canonical(v)] for k, v in value.items()), key=json.dumps)]
    if isinstance(value, codec.Array):
        return ["array", _canonical(value.items)]
    return [type(value).__name__, repr(value)]
