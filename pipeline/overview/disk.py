"""Bytes below a folder of this machine."""

import os
import time

WALK_S = 0.4
"""A folder of so many files that this does not suffice is not counted."""


def folder_bytes(path: str) -> int | None:
    """Of all files; None if that takes too long, or if the path is an address."""
    if "://" in path:
        return None
    end, total, folders = time.monotonic() + WALK_S, 0, [path]
    while folders:
        if time.monotonic() > end:
            return None
        try:
            entries = list(os.scandir(folders.pop()))
        except OSError:  # it went while this looked
            continue
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                folders.append(entry.path)
            else:
                total += _size(entry)
    return total


def _size(entry: os.DirEntry[str]) -> int:
    try:
        return entry.stat(follow_symlinks=False).st_size
    except OSError:
        return 0
