"""Where boxes come from: started side by side, one spare ahead, and none forgotten."""

import contextlib
import threading

from sandbox import owner
from sandbox.box import START_DEADLINE_S, Box
from sandbox.engine import connect
from sandbox.errors import BoxLost, SandboxError, SandboxUnavailable
from sandbox.image.build import ensure_image
from sandbox.transport import TransportName


class BoxFactory:
    """Starts boxes, keeps one spare, and knows every box that is alive."""

    def __init__(self, runtime: str, memory_mib: int, transport: TransportName | None) -> None:
        self.client = connect()
        owner.reap(self.client)
        owner.reap_folders()
        self._image = ensure_image(self.client)
        self._runtime, self._memory_mib = runtime, memory_mib
        self._spares: list[Box] = []
        self._alive: set[Box] = set()
        self._lock = threading.Lock()
        self.closed = False
        self._starting = False
        self._standby: threading.Thread | None = None
        self._transport: TransportName = transport or "socket"
        if transport is None:
            self._choose_transport()

    def _choose_transport(self) -> None:
        """The self-test: a box over the socket, and where that fails all boxes over the attached streams."""
        try:
            self._add_spare()
        except BoxLost:
            self._transport = "stdio"
            self._add_spare()

    def _start(self, memory_mib: int) -> Box:
        if self.closed:
            raise SandboxUnavailable("this pool is closed")
        runtime, transport = self._runtime, self._transport
        return Box.start(self.client, self._image, memory_mib=memory_mib, runtime=runtime, transport=transport)

    def prewarm(self, count: int) -> None:
        """Have `count` boxes ready, started side by side. Raises the first error."""
        errors: list[Exception] = []

        def start() -> None:
            try:
                self._add_spare()
            except SandboxError as error:
                errors.append(error)

        threads = [threading.Thread(target=start, daemon=True) for _ in range(count - len(self._spares))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if errors:
            raise errors[0]

    def take(self, memory_mib: int) -> Box:
        """A box that may be given to one worker; a new spare starts in the background."""
        box = None
        with self._lock:
            if self._spares and self._spares[-1].memory_mib >= memory_mib:
                box = self._spares.pop()
        if box is None:
            box = self._register(self._start(max(memory_mib, self._memory_mib)))
        self.restock()
        return box

    def restock(self) -> None:
        """Have one spare soon, so that the next replacement costs its caller nothing."""
        with self._lock:
            if self._spares or self._starting or self.closed:
                return
            self._starting = True

        def start() -> None:
            with contextlib.suppress(SandboxError):
                self._add_spare()
            self._starting = False

        self._standby = threading.Thread(target=start, name="sandbox-standby", daemon=True)
        self._standby.start()

    def discard(self, box: Box) -> None:
        with self._lock:
            self._alive.discard(box)
        box.destroy()

    def close(self) -> None:
        with self._lock:
            self.closed = True
            boxes, self._alive = list(self._alive), set()
            spares, self._spares = self._spares, []
        for box in boxes:
            box.abort()
        for box in spares:
            box.destroy()  # those of the workers are closed by the workers
        if self._standby is not None:  # what it starts, it removes when it sees that this is closed
            self._standby.join(START_DEADLINE_S)

    def _add_spare(self) -> None:
        box = self._register(self._start(self._memory_mib))
        with self._lock:
            self._spares.append(box)

    def _register(self, box: Box) -> Box:
        with self._lock:
            if not self.closed:
                self._alive.add(box)
                return box
        box.destroy()
        raise SandboxUnavailable("this pool is closed")
