"""One run in a box, seen from the host: messages come out and go in, a report ends it."""

import json
import re
import time
from typing import Any, Protocol

from sandbox.containers.run_report import RunReport
from sandbox.errors import BoxLost
from sandbox.json_text import read_json
from sandbox.protocol import frames

OUTPUT_BYTES = 16 << 20
JUDGE_MESSAGE_BYTES = 1 << 30
"""Tests may hand over large arguments again and again, and each is read and forgotten; the wall limit ends a flood."""

PARTS_PER_MIB = 125_000
"""Lists and the like in one message, for each MiB that a problem allows its values: a million by default.

The host builds an object for each, so it counts them before it reads them."""


TEXTS = re.compile(rb'"(?:[^"\\]|\\.)*+"')
"""Strings, in which brackets open nothing."""


def _parts(text: bytes) -> int:
    return text.count(b"[") + text.count(b"{")


class FrameChannel(Protocol):
    """Frames to and from a fork server. Both raise BoxLost."""

    def send(self, kind: bytes, payload: bytes) -> None: ...

    def receive(self, deadline: float) -> tuple[bytes, bytes]: ...

    def ready(self) -> bool: ...

    def fileno(self) -> int: ...


class BoxSession:
    """One run in a box: messages come out one by one, others may go in, `finish` ends it in any case."""

    def __init__(self, box: FrameChannel, patience_s: float, values_mib: int) -> None:
        """`patience_s`: after which a box that sends nothing counts as lost. `values_mib`: what a message may hold."""
        self._box, self._patience_s = box, patience_s
        self._parts = PARTS_PER_MIB * values_mib
        self.deadline = time.monotonic() + patience_s
        self._received = bytearray()
        self.received = self.sent = 0
        self.output = bytearray()
        self.malformed = False
        self.done: RunReport | None = None

    def next_message(self) -> dict[str, Any] | None:
        """The child's next message, None at the end of the run. Untrusted: a JSON object, no more."""
        while not self.malformed:
            message = self._take_message()
            if message is not None or self.done is not None or self.malformed:
                return message
            self._read()
        return None

    def look(self) -> bool:
        """Take in what has come, and wait for nothing. Whether `next_message` would not wait either. Raises BoxLost."""
        while self.done is None and self._box.ready():
            self._read()
        return self.over or self._next_size() is not None

    def fileno(self) -> int:
        """What becomes readable when more comes."""
        return self._box.fileno()

    def send(self, message: dict[str, Any]) -> bool:
        """A message for the child. False if it is too large to be sent."""
        data = json.dumps(message).encode()
        if len(data) > frames.MAX_FRAME:
            return False
        self.sent += len(data)
        if self.done is None:
            self._box.send(frames.MESSAGE, data)
        return True

    @property
    def over(self) -> bool:
        """Whether no message will come any more."""
        return self.malformed or self.done is not None

    @property
    def unread(self) -> bool:
        """Whether the child has said more than anybody asked for."""
        return bool(self._received)

    def finish(self) -> RunReport:
        """Ends the run if it still goes on, and waits for the report. Raises BoxLost."""
        if self.done is None and self.malformed:
            self._box.send(frames.END, b"")
        while self.done is None:
            self._read()
        return self.done

    def stop(self) -> RunReport:
        """Ends the run now: nobody wants more of it."""
        if self.done is None:
            self._box.send(frames.END, b"")
        return self.finish()

    def _next_size(self) -> int | None:
        """Bytes of the next message, if all of it is here."""
        if len(self._received) < frames.LENGTH.size:
            return None
        (size,) = frames.LENGTH.unpack_from(self._received)
        return size if len(self._received) >= frames.LENGTH.size + size else None

    def _take_message(self) -> dict[str, Any] | None:
        head, size = frames.LENGTH.size, self._next_size()
        if size is None:
            return None
        text = bytes(self._received[head : head + size])
        del self._received[: head + size]
        self.received += size
        if _parts(text) > self._parts and _parts(TEXTS.sub(b"", text)) > self._parts:
            return {"value": {"opaque": "too large a value"}}
        try:
            message = read_json(text)
        except ValueError:
            message = None
        if not isinstance(message, dict):
            self.malformed = True
            return None
        return message

    def _read(self) -> None:
        kind, payload = self._box.receive(self.deadline)
        if kind == frames.MESSAGES:
            self._received += payload
        elif kind == frames.OUTPUT:
            self.output += payload
        elif kind == frames.DONE:
            self.done = RunReport(**read_json(payload))
        elif kind == frames.WAITING:
            self.deadline = time.monotonic() + self._patience_s
        else:
            raise BoxLost(f"unexpected frame {kind!r} from the box")
