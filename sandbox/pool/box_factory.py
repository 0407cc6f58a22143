"""Where boxes come from: started side by side, one spare ahead, and none forgotten."""

import contextlib
import threading
from collections import defaultdict
from collections.abc import Sequence

from sandbox.containers import ownership
from sandbox.containers.box import START_DEADLINE_S, Box
from sandbox.containers.confinement import FIRST_SEED
from sandbox.containers.connection import TransportName
from sandbox.containers.docker_client import connect_engine
from sandbox.errors import BoxLost, SandboxError, SandboxUnavailable
from sandbox.image.build import ensure_image
from sandbox.judging.compiled import CompiledPrograms
from sandbox.languages.language import Language
from sandbox.languages.python import LANGUAGE as PYTHON
from sandbox.packages import parse_packages

BoxKind = tuple[Language, int]
"""A language, and the seed of hashes and random numbers."""
PYTHON_KIND: BoxKind = (PYTHON, FIRST_SEED)


class BoxFactory:
    """Starts boxes, keeps one spare of every kind in use, and knows every box that is alive."""

    def __init__(
        self, runtime: str, memory_mib: int, transport: TransportName | None, packages: Sequence[str] = ()
    ) -> None:
        self.client = connect_engine()
        ownership.reap_containers(self.client)
        ownership.reap_folders()
        self._images: dict[Language, str] = {}
        self.compiled = CompiledPrograms()
        self._building = threading.Lock()
        self._runtime, self._memory_mib, self._packages = runtime, memory_mib, parse_packages(packages)
        self._spares: dict[BoxKind, list[Box]] = defaultdict(list)
        self._alive: set[Box] = set()
        self._lock = threading.Lock()
        self.closed = False
        self._starting: dict[BoxKind, threading.Thread] = {}
        self.transport: TransportName = transport or "socket"
        if transport is None:
            self._choose_transport()

    def _choose_transport(self) -> None:
        """The self-test: a box over the socket, and if that fails all boxes over the attached streams."""
        try:
            self._add_spare(PYTHON_KIND)
        except BoxLost:
            self.transport = "stdio"
            self._add_spare(PYTHON_KIND)

    def _image(self, language: Language) -> str:
        """Its tag, built on first use. Raises SandboxUnavailable."""
        with self._building:
            if language not in self._images:
                self._images[language] = ensure_image(self.client, language, self._packages)
            return self._images[language]

    def _start(self, kind: BoxKind, memory_mib: int) -> Box:
        if self.closed:
            raise SandboxUnavailable("this pool is closed")
        (language, seed), runtime, transport = kind, self._runtime, self.transport
        return Box.start(
            self.client,
            self._image(language),
            memory_mib=memory_mib,
            runtime=runtime,
            transport=transport,
            seed=seed,
            libraries=bool(self._packages) and not language.files,
        )

    def prewarm(self, count: int, kind: BoxKind = PYTHON_KIND) -> None:
        """Have `count` boxes of a kind ready, started side by side. Raises the first error."""
        errors: list[Exception] = []

        def start() -> None:
            try:
                self._add_spare(kind)
            except SandboxError as error:
                errors.append(error)

        missing = count - len(self._spares[kind])
        threads = [threading.Thread(target=start, daemon=True) for _ in range(missing)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if errors:
            raise errors[0]

    def take(self, memory_mib: int, kind: BoxKind = PYTHON_KIND) -> Box:
        """A box that may be given to one worker; a new spare starts in the background."""
        box = None
        with self._lock:
            spares = self._spares[kind]
            if spares and spares[-1].memory_mib >= memory_mib:
                box = spares.pop()
        if box is None:
            box = self._register(self._start(kind, max(memory_mib, self._memory_mib)))
        self.restock(kind)
        return box

    def restock(self, kind: BoxKind = PYTHON_KIND) -> None:
        """Have one spare soon, so that the next replacement costs its caller nothing."""

        def start() -> None:
            with contextlib.suppress(SandboxError):
                self._add_spare(kind)

        with self._lock:
            running = self._starting.get(kind)
            if self._spares[kind] or self.closed or (running is not None and running.is_alive()):
                return
            name = f"sandbox-standby-{kind[0].name}-{kind[1]}"
            self._starting[kind] = threading.Thread(target=start, name=name, daemon=True)
            self._starting[kind].start()

    def discard(self, box: Box) -> None:
        with self._lock:
            self._alive.discard(box)
        box.destroy()

    def close(self) -> None:
        with self._lock:
            self.closed = True
            boxes, self._alive = list(self._alive), set()
            spares = [box for boxes in self._spares.values() for box in boxes]
            self._spares.clear()
        for box in boxes:
            box.abort()
        for box in spares:
            box.destroy()  # those of the workers are closed by the workers
        for standby in self._starting.values():  # what it starts, it removes when it sees that this is closed
            standby.join(START_DEADLINE_S)

    def _add_spare(self, kind: BoxKind) -> None:
        box = self._register(self._start(kind, self._memory_mib))
        with self._lock:
            self._spares[kind].append(box)

    def _register(self, box: Box) -> Box:
        with self._lock:
            if not self.closed:
                self._alive.add(box)
                return box
        box.destroy()
        raise SandboxUnavailable("this pool is closed")
