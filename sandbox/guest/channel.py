"""A child's messages to the host, and the host's to it: four bytes of length, then JSON, on two descriptors."""

import json
import os
from typing import Any

from sandbox.protocol import frames

TO_HOST, FROM_HOST = 3, 4
"""Descriptors of a child."""

_main: int | None = None
"""The process that speaks for the run, if a program runs. Its forks are the program's own affair."""


def speak_alone() -> None:
    """From now on only this process sends; its forks end themselves where they would."""
    global _main
    _main = os.getpid()


def send_message(message: dict[str, Any]) -> None:
    """To the host, which believes nothing of it."""
    if _main not in (None, os.getpid()):
        os._exit(0)
    data = json.dumps(message).encode()
    rest = memoryview(frames.LENGTH.pack(len(data)) + data)
    while rest:
        rest = rest[os.write(TO_HOST, rest) :]


def receive_message() -> dict[str, Any] | None:
    """The host's next message, None at the end."""
    size = _read(frames.LENGTH.size)
    if not size:
        return None
    message: dict[str, Any] = json.loads(_read(frames.LENGTH.unpack(size)[0]))
    return message


def _read(size: int) -> bytearray:
    data = bytearray()
    while len(data) < size:
        got = os.read(FROM_HOST, min(size - len(data), 1 << 20))
        if not got:
            return bytearray()
        data += got
    return data
