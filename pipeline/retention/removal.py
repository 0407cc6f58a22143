"""Removing what may go, and writing down what went: removed.jsonl of the run's or the study's directory."""

import json
import posixpath
import time
from collections.abc import Sequence

from actors.storage.removed_checkpoint import remove_checkpoint
from actors.storage.run_storage import open_storage
from pipeline.retention.plan import Removable

REMOVED_LINES = "removed.jsonl"


def remove_all(root: str, items: Sequence[Removable], by: str) -> None:
    """Remove each, and add a line for it to removed.jsonl of `root` as it is gone. `by`: who removes, for people."""
    storage = open_storage(root)
    for item in items:
        _remove(item, by)
        line = {
            "time": round(time.time(), 3),
            "by": by,
            "path": item.path.removeprefix(f"{root.rstrip('/')}/"),
            "why": item.why,
            "size_bytes": item.size_bytes,
        }
        storage.append(REMOVED_LINES, f"{json.dumps(line)}\n".encode())


def _remove(item: Removable, by: str) -> None:
    if item.is_checkpoint:
        remove_checkpoint(item.path, by)
        return
    folder, name = posixpath.split(item.path)
    storage = open_storage(folder)
    try:
        if name in storage.file_sizes():
            storage.delete_file(name)
        else:
            storage.delete_directory(name)
    except FileNotFoundError:
        return
