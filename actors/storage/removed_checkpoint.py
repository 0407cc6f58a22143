"""Checkpoints whose weights were removed to save room. What names them stays, so that their run remains what it was.

removed.json in the folder says when, by what and how much; checkpoint.json and training.json stay beside it.
"""

import json
import posixpath
import time
from dataclasses import asdict, dataclass

from pydantic import TypeAdapter

from actors.storage.checkpoint import MANIFEST, REMOVED, checkpoint_bytes
from actors.storage.run_storage import Count, Time, open_storage, parse_typed

KEPT = (MANIFEST, REMOVED, "training.json")


@dataclass(frozen=True, slots=True, kw_only=True)
class RemovedCheckpoint:
    """`time`: Unix seconds; `by`: the command or the setting; `size_bytes`: what it took."""

    time: Time
    by: str
    size_bytes: Count

    def __str__(self) -> str:
        return f"checkpoint removed by {self.by} on {time.strftime('%Y-%m-%d %H:%M', time.localtime(self.time))}"


_REMOVED = TypeAdapter(RemovedCheckpoint)


def remove_checkpoint(target: str, by: str) -> RemovedCheckpoint:
    """Remove the files of a saved checkpoint, a path or an address. One that was cut off is finished by the next."""
    storage = open_storage(target)
    found = removed_checkpoint(target)
    if found is None:  # first of all, so that nobody takes half a checkpoint for a damaged one
        found = RemovedCheckpoint(time=round(time.time(), 3), by=by, size_bytes=checkpoint_bytes(target))
        storage.write(REMOVED, json.dumps(asdict(found), indent=1).encode())
    files = storage.file_sizes()
    for name in files:
        if name not in KEPT:
            storage.delete_file(name)
    for name in storage.list_names():
        if name not in files:
            storage.delete_directory(name)
    return found


def removed_checkpoint(target: str) -> RemovedCheckpoint | None:
    """None if nothing says that the checkpoint at a path or address was removed. Raises DamagedError."""
    where = posixpath.join(target, REMOVED)
    try:
        return parse_typed(open_storage(target).read(REMOVED), where, _REMOVED)
    except (FileNotFoundError, NotADirectoryError):
        return None


def left_of_checkpoint(target: str) -> int:
    """Bytes that removing the checkpoint frees: of all its files but those that stay."""
    storage = open_storage(target)
    return sum(size for name, size in storage.file_sizes().items() if name not in KEPT)
