"""Frames: one byte of kind, four bytes of length, then the payload. The same on every hop.

Host to box:  R run header (JSON) · B run body (goes to the child as it is) · S a message for the child · E end the run
             F how long do bare forks take? (JSON: how many)
Box to host:  H hello (JSON) · C bytes the child claims · O bytes of its stdout · D done (JSON), the last of a run
             W the run goes on, since it had no core · F seconds (JSON)
Child to host, inside the C bytes: four bytes of length, then JSON. Only the host takes those apart.
"""

import struct

HEADER = struct.Struct("!cI")
LENGTH = struct.Struct("!I")
MAX_FRAME = 64 << 20
"""Bytes. Longer frames are a protocol error, not a wish to allocate."""
PATIENCE = 4
"""A run that had no core goes on to this multiple of its wall limit."""

PROTOCOL = 1


def pack(kind: bytes, payload: bytes) -> bytes:
    return HEADER.pack(kind, len(payload)) + payload
