"""Frames: one byte of kind, four bytes of length, then the payload. The same on every hop.

Child to host, inside MESSAGES frames: four bytes of length, then JSON. Only the host takes those apart.
"""

import struct
from typing import Literal

HEADER = struct.Struct("!cI")
LENGTH = struct.Struct("!I")
MAX_FRAME = 64 << 20
"""Bytes. Longer frames are a protocol error, not a wish to allocate."""
PATIENCE = 4
"""A run that had no core goes on to this multiple of its wall limit."""

PROTOCOL = 2

RUN, BODY, MESSAGE, END = b"R", b"B", b"S", b"E"
"""Host to box: a run's header (JSON); its body, passed to the child as it is; a message for the child; end the run."""
HELLO, MESSAGES, OUTPUT, WAITING, DONE = b"H", b"C", b"O", b"W", b"D"
"""Box to host: hello (JSON); bytes of the child's messages; bytes of its stdout; the run goes on, since it had no core;
the report on a run (JSON), its last frame."""

Ending = Literal["exit", "cpu", "wall", "told", "messages flood", "output flood"]
"""How a run ended: by itself, at a limit, or because the host said so."""


def pack_frame(kind: bytes, payload: bytes) -> bytes:
    """A whole frame."""
    return HEADER.pack(kind, len(payload)) + payload
