"""Where a box connects to the host: a socket in a folder of its own."""

import select
import shutil
import socket
import tempfile
import time
from pathlib import Path

import docker.errors
from docker.models.containers import Container

from sandbox.containers import ownership
from sandbox.containers.connection import SocketConnection
from sandbox.errors import BoxLost


class BoxListener:
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

    def accept(self, container: Container, deadline: float) -> SocketConnection:
        """The box's connection; raises BoxLost if its container ends first or nothing comes."""
        while time.monotonic() < deadline:
            if select.select([self._listener], [], [], 0.5)[0]:
                return SocketConnection(self._listener.accept()[0])
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
