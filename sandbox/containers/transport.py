"""How bytes reach a box: a unix socket in a mounted folder, or the container's attached stdin and stdout.

The socket is faster and needs an engine on this machine; the attached streams work with any engine. Both
give the same `Link`, and `pool` finds out once which of them works here.
"""

import contextlib
import select
import shutil
import socket
import struct
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal, Protocol

import docker.errors
from docker.models.containers import Container

from sandbox.containers import ownership
from sandbox.errors import BoxLost

TransportName = Literal["socket", "stdio"]
STREAM_HEADER = struct.Struct("!BxxxI")
"""Of the engine's attached stream: 1 for stdout, 2 for stderr; then the length."""
CHUNK = 1 << 18
SEND_DEADLINE_S = 30


class HasFileno(Protocol):
    def fileno(self) -> int: ...


class Link(Protocol):
    """A duplex stream of bytes. Raises BoxLost where the other side is gone or silent beyond the deadline."""

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
        """From the thread that uses the link."""


def wait_for_any(links: Iterable[HasFileno], deadline: float) -> bool:
    """Until something arrives at one of these, or was closed there. False at the deadline."""
    poll = select.poll()
    for link in links:
        poll.register(link.fileno(), select.POLLIN)
    return bool(poll.poll(max(deadline - time.monotonic(), 0) * 1000))


class SocketLink:
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


class AttachedLink:
    """The engine's attached stream: what we send is stdin; stdout comes back in the engine's own framing."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream  # kept: closing it closes the socket below
        self._link = SocketLink(getattr(stream, "_sock", stream))
        self._raw = b""

    def send(self, data: bytes) -> bytes:
        self._raw += self._link.send(data)
        return b""

    def receive(self, deadline: float) -> bytes:
        while True:
            while not (end := self._whole()):
                self._raw += self._link.receive(deadline)
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
        return self._whole() > 0 or self._link.ready()

    def fileno(self) -> int:
        return self._link.fileno()

    def hang_up(self) -> None:
        self._link.hang_up()

    def close(self) -> None:
        self._link.close()
        self._stream.close()


class SocketDoor:
    """A folder with a listening socket for one box. Only this user can reach it, and the box cannot write to it."""

    def __init__(self) -> None:
        self._listener = socket.socket(socket.AF_UNIX)
        self._private: Path | None = None
        try:
            self._private = Path(tempfile.mkdtemp(prefix=ownership.folder_prefix()))
            self.folder = self._private / "ctl"
            self.folder.mkdir(mode=0o755)
            self.folder.chmod(0o755)
            self._listener.bind(str(self.folder / "box"))
            (self.folder / "box").chmod(0o666)
        except OSError as error:  # a long TMPDIR, or a full disk: then the attached streams serve
            self.close()
            raise BoxLost(f"no socket in {tempfile.gettempdir()}: {error}") from error
        self._listener.listen(1)

    def accept(self, container: Container, deadline: float) -> SocketLink:
        """The box's connection; raises BoxLost where its container ends first or nothing comes."""
        while time.monotonic() < deadline:
            if select.select([self._listener], [], [], 0.5)[0]:
                return SocketLink(self._listener.accept()[0])
            try:
                container.reload()
            except docker.errors.NotFound:
                raise BoxLost("the box ended before it connected") from None
            if container.status in ("exited", "dead"):
                raise BoxLost(f"the box ended before it connected (status {container.status})")
        raise BoxLost("the box did not connect to its socket in time")

    def close(self) -> None:
        """Nobody else can connect any more, and the box sees an empty folder."""
        self._listener.close()
        if self._private is not None:
            shutil.rmtree(self._private, ignore_errors=True)


def attach(container: Container) -> AttachedLink:
    """Call before the container starts, so that nothing is missed."""
    return AttachedLink(container.attach_socket(params={"stdin": 1, "stdout": 1, "stream": 1}))
