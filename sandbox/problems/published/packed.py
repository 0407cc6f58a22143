"""A text that was pickled, compressed and written in base64, read without executing anything.

A pickle is a program, and one that only makes text is still one whose numbers may ask for any amount of memory. So none
is run: its operations are read one by one, and only those that a single text needs are admitted.
"""

import base64
import binascii
import io
import pickletools
import zlib

MOST_BYTES = 256 << 20
"""Of a text, packed or unpacked: a few kilobytes may stand for gigabytes."""
TEXT = {"UNICODE", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8"}
SILENT = {"PROTO", "FRAME", "MEMOIZE", "PUT", "BINPUT", "LONG_BINPUT"}
"""What a pickle of one text has besides: none of these makes anything."""


class PackedError(ValueError):
    """No packed text, or one that is too large."""


def unpack_text(packed: str, most_bytes: int = MOST_BYTES) -> str:
    """The text. Raises PackedError for anything that is not one text, and for one of more than `most_bytes`."""
    if len(packed) > 2 * most_bytes:
        raise PackedError(f"{len(packed)} characters, expected at most {2 * most_bytes}")
    try:
        compressed = base64.b64decode(packed.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise PackedError(f"no base64: {error}") from None
    return _unpickled(_inflated(compressed, most_bytes))


def _inflated(compressed: bytes, most_bytes: int) -> bytes:
    inflater = zlib.decompressobj()
    try:
        data = inflater.decompress(compressed, most_bytes)
    except zlib.error as error:
        raise PackedError(f"not compressed: {error}") from None
    if not inflater.eof:
        more = bool(inflater.unconsumed_tail)
        raise PackedError(f"more than {most_bytes} bytes when unpacked" if more else "its end is missing")
    if inflater.unused_data:
        raise PackedError("something follows it")
    return data


def _unpickled(data: bytes) -> str:
    """The one text that a pickle makes."""
    found: list[str] = []
    stream = io.BytesIO(data)
    try:
        for operation, argument, _ in pickletools.genops(stream):
            if operation.name in TEXT and not found:
                found.append(str(argument))
            elif operation.name not in SILENT | {"STOP"}:
                raise PackedError(f"its pickle does more than hold one text: {operation.name}")
    except PackedError:
        raise
    except Exception as error:  # of a reader that expects a pickle: ValueError, struct.error, UnicodeDecodeError, …
        raise PackedError(f"no pickle: {error}") from None
    if not found or stream.read(1):
        raise PackedError("its pickle holds no text" if not found else "something follows its pickle")
    return found[0]
