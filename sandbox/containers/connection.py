"""How bytes reach a box: a unix socket in a mounted folder, or the container's attached stdin and stdout.

The socket is faster and needs an engine on this machine; the attached streams work with any engine. Both
give the same `Connection`, and `pool` finds out once which of them works here.
"""

import contextlib
import select
import socket
import struct
import time
from collections.abc import Iterable
from typing import Any, Literal, Protocol

from docker.models.containers import Container

from sandbox.errors import BoxLost

TransportName = Literal["socket", "stdio"]
STREAM_HEADER = struct.Struct("!BxxxI")
"""Of the engine's attached stream: 1 for stdout, 2 for stderr; then the length."""
CHUNK = 1 << 18
SEND_DEADLINE_S = 30


class HasFileno(Protocol):
    """What can be waited for."""

    def fileno(self) -> int: ...


class BoxConnection(Protocol):
    """A duplex stream of bytes. Raises BoxLost if the other side is gone or silent beyond the deadline."""

    def send(self, data: bytes) -> bytes:
        """What arrived meanwhile: it is read, else a box that is writing would not read and both would wait."""

    def receive(self, deadline: float) -> bytes:
        """At least one byte. `deadline` is a time of `time.monotonic()`."""

    def ready(self) -> bool:
        """Whether `receive` would not wait."""

    def fileno(self) -> int: ...

    def hang_up(self) -> None:
        """From any thread: who waits in `receive` gets BoxLost. Closing would not wake it, and would hand its
        descriptor's number to the next file that somebody opens."""

    def close(self) -> None:
        """From the thread that uses it."""


def wait_for_any(connections: Iterable[HasFileno], deadline: float) -> bool:
    """Until something arrives at one of these, or was closed there. False at the deadline."""
    poll = select.poll()
    for connection in connections:
        poll.register(connection.fileno(), select.POLLIN)
    return bool(poll.poll(max(deadline - time.monotonic(), 0) * 1000))


class SocketConnection:
    """A connected stream socket."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        sock.setblocking(True)

    def send(self, data: bytes) -> bytes:
        arrived, view = bytearray(), memoryview(data)
        deadline = time.monotonic() + SEND_DEADLINE_S
        poll = select.poll()
        poll.register(self._socket, select.POLLIN | select.POLLOUT)
        try:
            while view:
                self._socket.settimeout(max(deadline - time.monotonic(), 0.001))
                ready = poll.poll(SEND_DEADLINE_S * 1000)
                if any(event & ~select.POLLOUT for _, event in ready):
                    arrived += self.receive(deadline)
                if time.monotonic() > deadline:
                    raise BoxLost("the box did not take a message before its deadline")
                if any(event & select.POLLOUT for _, event in ready):
                    view = view[self._socket.send(view[:CHUNK]) :]
        except OSError as error:
            raise BoxLost(f"sending to the box failed: {error}") from error
        return bytes(arrived)

    def receive(self, deadline: float) -> bytes:
        try:
            self._socket.settimeout(max(deadline - time.monotonic(), 0.001))
            data = self._socket.recv(CHUNK)
        except TimeoutError:
            raise BoxLost("the box did not answer before its deadline") from None
        except OSError as error:
            raise BoxLost(f"reading from the box failed: {error}") from error
        if not data:
            raise BoxLost("the box closed its connection")
        return data

    def ready(self) -> bool:
        return wait_for_any([self], 0)

    def fileno(self) -> int:
        return self._socket.fileno()

    def hang_up(self) -> None:
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._socket.close()


class AttachedConnection:
    """The engine's attached stream: what we send is stdin; stdout comes back in the engine's own framing."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream  # kept: closing it closes the socket below
        self._connection = SocketConnection(getattr(stream, "_sock", stream))
        self._raw = b""

    def send(self, data: bytes) -> bytes:
        self._raw += self._connection.send(data)
        return b""

    def receive(self, deadline: float) -> bytes:
        while True:
            while not (end := self._whole()):
                self._raw += self._connection.receive(deadline)
            kind, _ = STREAM_HEADER.unpack_from(self._raw)
            data, self._raw = self._raw[STREAM_HEADER.size : end], self._raw[end:]
            if kind == 1 and data:
                return data

    def _whole(self) -> int:
        """Where the first of the engine's frames ends; 0 while it is not whole."""
        if len(self._raw) < STREAM_HEADER.size:
            return 0
        end: int = STREAM_HEADER.size + STREAM_HEADER.unpack_from(self._raw)[1]
        return end if len(self._raw) >= end else 0

    def ready(self) -> bool:
        return self._whole() > 0 or self._connection.ready()

    def fileno(self) -> int:
        return self._connection.fileno()

    def hang_up(self) -> None:
        self._connection.hang_up()

    def close(self) -> None:
        self._connection.close()
        self._stream.close()


def attach_streams(container: Container) -> AttachedConnection:
    """Call before the container starts, so that nothing is missed."""
    return AttachedConnection(container.attach_socket(params={"stdin": 1, "stdout": 1, "stream": 1}))
