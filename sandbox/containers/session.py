"""One run in a box, seen from the host: claims come out, messages go in, a report ends it."""

import json
import re
import time
from dataclasses import dataclass
from typing import Any, Protocol

from sandbox.errors import BoxLost
from sandbox.protocol import frames

OUTPUT_BYTES = 16 << 20
JUDGE_CLAIM_BYTES = 1 << 30
"""Tests may hand over large arguments again and again, and each is read and forgotten; the wall limit ends a flood."""

PARTS_PER_MIB = 125_000
"""Lists and the like in one claim, for each MiB that a problem allows its values: a million by default. The host builds
an object for each, so it counts them before it reads them."""


TEXTS = re.compile(rb'"(?:[^"\\]|\\.)*+"')
"""Strings, in which brackets open nothing."""


def _parts(text: bytes) -> int:
    return text.count(b"[") + text.count(b"{")


class Wire(Protocol):
    """Frames to and from a fork server. Both raise BoxLost."""

    def send(self, kind: bytes, payload: bytes) -> None: ...

    def receive(self, deadline: float) -> tuple[bytes, bytes]: ...

    def ready(self) -> bool: ...

    def fileno(self) -> int: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """The fork server's report on a finished run. `end`: exit, cpu, wall, told, claims flood, output flood."""

    end: str
    code: int | None
    cpu_s: float
    wall_s: float
    peak_mib: float
    delay_s: float
    processes: int
    oom: bool
    clean: bool


class Session:
    """One run in a box: claims come out one by one, messages may go in, `finish` ends it in any case."""

    def __init__(self, box: Wire, patience_s: float, values_mib: int) -> None:
        """`patience_s`: after which a box that sends nothing counts as lost. `values_mib`: what a claim may hold."""
        self._box, self._patience_s = box, patience_s
        self._parts = PARTS_PER_MIB * values_mib
        self.deadline = time.monotonic() + patience_s
        self._claims = bytearray()
        self.claimed = self.sent = 0
        self.output = bytearray()
        self.garbled = False
        self.done: Done | None = None

    def claim(self) -> dict[str, Any] | None:
        """The next claim of the child, None at the end of the run. Untrusted: a JSON object, no more."""
        while not self.garbled:
            claim = self._next_claim()
            if claim is not None or self.done is not None or self.garbled:
                return claim
            self._read()
        return None

    def look(self) -> bool:
        """Take in what has come, and wait for nothing. Whether `claim` would not wait either. Raises BoxLost."""
        while self.done is None and self._box.ready():
            self._read()
        return self.over or self._next_size() is not None

    def fileno(self) -> int:
        """What becomes readable when more comes."""
        return self._box.fileno()

    def send(self, message: dict[str, Any]) -> bool:
        """A message for the child. False where it is too large to be sent."""
        data = json.dumps(message).encode()
        if len(data) > frames.MAX_FRAME:
            return False
        self.sent += len(data)
        if self.done is None:
            self._box.send(b"S", data)
        return True

    @property
    def over(self) -> bool:
        """Whether no claim will come any more."""
        return self.garbled or self.done is not None

    @property
    def unread(self) -> bool:
        """Whether the child has claimed more than anybody asked for."""
        return bool(self._claims)

    def finish(self) -> Done:
        """Ends the run if it still goes on, and waits for the report. Raises BoxLost."""
        if self.done is None and self.garbled:
            self._box.send(b"E", b"")
        while self.done is None:
            self._read()
        return self.done

    def stop(self) -> Done:
        """Ends the run now: nobody wants more of it."""
        if self.done is None:
            self._box.send(b"E", b"")
        return self.finish()

    def _next_size(self) -> int | None:
        """Bytes of the next claim, if all of it is here."""
        if len(self._claims) < frames.LENGTH.size:
            return None
        (size,) = frames.LENGTH.unpack_from(self._claims)
        return size if len(self._claims) >= frames.LENGTH.size + size else None

    def _next_claim(self) -> dict[str, Any] | None:
        head, size = frames.LENGTH.size, self._next_size()
        if size is None:
            return None
        text = bytes(self._claims[head : head + size])
        del self._claims[: head + size]
        self.claimed += size
        if _parts(text) > self._parts and _parts(TEXTS.sub(b"", text)) > self._parts:
            return {"value": {"opaque": "too large a value"}}
        try:
            claim = json.loads(text)
        except (ValueError, RecursionError):
            claim = None
        if not isinstance(claim, dict):
            self.garbled = True
            return None
        return claim

    def _read(self) -> None:
        kind, payload = self._box.receive(self.deadline)
        if kind == b"C":
            self._claims += payload
        elif kind == b"O":
            self.output += payload
        elif kind == b"D":
            self.done = Done(**json.loads(payload))
        elif kind == b"W":
            self.deadline = time.monotonic() + self._patience_s
        else:
            raise BoxLost(f"unexpected frame {kind!r} from the box")
