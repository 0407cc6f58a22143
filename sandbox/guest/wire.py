"""The connection of the fork server to the host: two file descriptors and one buffer each way.

Whatever a run sends or receives passes through these buffers only, and they are wiped: a later child finds nothing
of an earlier run in the memory that it inherits.
"""

import json
import os
import socket
from typing import Any

from sandbox.protocol import frames

CHUNK = 1 << 16
LARGE = CHUNK << 4
"""Bytes. A buffer that grew beyond this is given back instead of wiped."""


class Wire:
    """Frames in and out. Ends the box if the host is gone: nobody is left to report to."""

    def __init__(self, reader: int, writer: int) -> None:
        self.reader, self.writer = reader, writer
        self.buffer, self.used = bytearray(CHUNK), 0
        self._out = bytearray(2 * CHUNK)
        self._room = memoryview(self._out)
        self._end = self._touched = 0

    def read_frame(self) -> tuple[bytes, memoryview]:
        """Its payload is the start of `buffer` until the next read."""
        kind, length = frames.HEADER.unpack(self._read_exactly(frames.HEADER.size))
        if length > frames.MAX_FRAME:
            os._exit(4)
        return kind, self._read_exactly(length)

    def _read_exactly(self, size: int) -> memoryview:
        if size > len(self.buffer):
            self.buffer = bytearray(size)
        view, at = memoryview(self.buffer)[:size], 0
        while at < size:
            got = os.readv(self.reader, [view[at:]])
            if not got:
                os._exit(0)
            at += got
        self.used = max(self.used, size)
        return view

    def wipe(self) -> None:
        """What was read."""
        if len(self.buffer) > LARGE:
            self.buffer = bytearray(CHUNK)
        else:
            self.buffer[: self.used] = bytes(self.used)
        self.used = 0

    def relay(self, kind: bytes, fd: int) -> int:
        """One frame of what a descriptor holds now, at most CHUNK bytes; only counted if `kind` is empty.

        The number of bytes; 0 at the descriptor's end. Raises BlockingIOError if it holds nothing now.
        """
        if self._end > CHUNK - frames.HEADER.size:
            self.flush()
        start = self._end + frames.HEADER.size
        size = os.readv(fd, [self._room[start : start + CHUNK]])
        self._touched = max(self._touched, start + size)
        if kind and size:
            frames.HEADER.pack_into(self._out, self._end, kind, size)
            self._end = start + size
        return size

    def send_json(self, kind: bytes, value: dict[str, Any]) -> None:
        """Flush, with this at the end."""
        self._write(self._room[: self._end], frames.pack_frame(kind, json.dumps(value).encode()))
        self._wipe_out()

    def flush(self) -> None:
        self._write(self._room[: self._end])
        self._wipe_out()

    def _write(self, *parts: bytes | memoryview) -> None:
        waiting = [memoryview(part) for part in parts if part]
        while waiting:
            sent = os.writev(self.writer, waiting)
            while waiting and sent >= len(waiting[0]):
                sent -= len(waiting.pop(0))
            if sent:
                waiting[0] = waiting[0][sent:]

    def _wipe_out(self) -> None:
        self._out[: self._touched] = bytes(self._touched)
        self._end = self._touched = 0


def connect_host(address: str) -> Wire:
    """The wire to the host: a socket's path, or `stdio` for descriptors 0 and 1, which then move away."""
    if address != "stdio":
        client = socket.socket(socket.AF_UNIX)
        client.settimeout(5)
        client.connect(address)
        client.setblocking(True)
        fd = client.detach()
        return Wire(fd, fd)
    reader, writer = os.dup(0), os.dup(1)
    null = os.open("/dev/null", os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(null, fd)
    os.close(null)
    return Wire(reader, writer)
