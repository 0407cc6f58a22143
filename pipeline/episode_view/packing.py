"""Text of strangers in a script: JSON, compressed, in letters and digits alone, so that no text of it is ever code."""

import base64
import json
import zlib
from typing import Any

LEVEL = 6
"""Of zlib: 30 MB of text per second and core."""


def packed_call(function: str, name: str, value: Any) -> bytes:
    """A line of JavaScript that calls `function(name, packed value)`; the first two are this program's own words.

    The value is JSON in ASCII (lone surrogates and NUL are escapes), compressed by zlib, in base64.
    """
    text = json.dumps(value, separators=(",", ":"), allow_nan=False).encode("ascii")
    packed = base64.b64encode(zlib.compress(text, LEVEL)).decode("ascii")
    return f'{function}("{name}","{packed}");\n'.encode("ascii")
