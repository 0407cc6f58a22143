"""Whether every node sees the files of the place where runs are kept, and can write there."""

import contextlib
import hashlib
import os
from collections.abc import Callable, Iterator
from typing import Any

from actors.storage.reach import probe_name
from actors.storage.run_storage import RunStorage, open_storage
from pipeline.doctor.findings import Finding, broken, good
from pipeline.errors import what_happened

PROBE_BYTES = 4 << 20
Ask = Callable[..., Any]
"""Call a method of a node's probe by its name, within a deadline."""


def compare_storage(root: str, asks: dict[str, Ask]) -> Iterator[Finding]:
    """A file of the driver's is read on every node, and one of each node's here; all are deleted, and so is a folder
    that was made for them.

    `asks`: by the node's address.
    """
    names = [probe_name() for _ in range(len(asks) + 1)]
    data = os.urandom(PROBE_BYTES)
    try:
        storage = open_storage(root)
        made = not storage.exists()
        storage.write(names[0], data)
    except Exception as error:  # of pyarrow, of the system
        yield broken("storage", f"{root} cannot be written from here: {what_happened(error)}")
        return
    try:
        for (node, ask), own in zip(asks.items(), names[1:], strict=True):
            yield _compare_node(storage, node, ask, (names[0], hashlib.sha256(data).hexdigest()), own)
    finally:
        _clear(storage, names, made)


def _compare_node(storage: RunStorage, node: str, ask: Ask, driver_file: tuple[str, str], own: str) -> Finding:
    """`driver_file`: its name and its sha256; `own`: the name of the file that the node writes."""
    name, digest = driver_file
    root = storage.root
    try:
        if (seen := ask("read_file", root, name)) != digest:
            lack = "does not see a file" if seen is None else "reads other bytes of a file"
            advice = "keep runs on a file system that all nodes mount, or at s3://…"
            return broken("storage", f"it {lack} that was written here to {root}: {advice}", node)
        its, seconds = ask("write_file", root, own, PROBE_BYTES)
        if hashlib.sha256(storage.read(own)).hexdigest() != its:
            return broken("storage", f"what it writes to {root} is read otherwise here", node)
    except Exception as error:  # of the node, through Ray
        return broken("storage", f"{root}: {what_happened(error)}", node)
    rate = PROBE_BYTES / max(seconds, 1e-9)
    text = f"{root}: seen from there, and written at {rate / 1e6:.0f} MB/s"
    return good("storage", text, node, root=root, written_bytes_per_s=round(rate))


def _clear(storage: RunStorage, names: list[str], made: bool) -> None:
    for name in names:
        with contextlib.suppress(Exception):  # not written, or out of reach by now, which has its line
            storage.delete_file(name)
    with contextlib.suppress(Exception):
        if made and storage.is_local and not storage.list_names():
            storage.delete_directory()
