"""What compilers made, by content: a program that is judged on many suites is compiled once."""

import hashlib
import threading
from collections import OrderedDict
from dataclasses import dataclass

from sandbox.judging.failure import Failure

MOST_BYTES = 256 << 20


@dataclass(frozen=True, slots=True)
class CompiledProgram:
    """`executable` in base64, or why there is none."""

    executable: str
    failure: Failure | None = None


class CompiledPrograms:
    """Key -> what was made, the newest of them. Thread-safe."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most, self._size = most_bytes, 0
        self._known: OrderedDict[bytes, CompiledProgram] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, key: bytes) -> CompiledProgram | None:
        with self._lock:
            if key in self._known:
                self._known.move_to_end(key)
            return self._known.get(key)

    def keep(self, key: bytes, made: CompiledProgram) -> None:
        with self._lock:
            self._size += len(made.executable)
            if (known := self._known.pop(key, None)) is not None:
                self._size -= len(known.executable)
            self._known[key] = made
            while self._size > self._most:
                _, oldest = self._known.popitem(last=False)
                self._size -= len(oldest.executable)


def compiled_key(image: str, command: tuple[str, ...], program: str) -> bytes:
    """`image`: the tag of the box's image, a digest of the compiler and all that it reads."""
    total = hashlib.sha256()
    for part in (image, *command, program):
        total.update(hashlib.sha256(part.encode(errors="surrogatepass")).digest())
    return total.digest()
