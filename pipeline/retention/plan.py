"""What may go of one run, or of all runs of a study, which share stages."""

import posixpath
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from actors.storage.removed_checkpoint import left_of_checkpoint
from actors.storage.run_storage import RunStorage, open_storage
from pipeline.config.run_sections import KeepCheckpoints
from pipeline.config.schema import Config
from pipeline.retention.keeping import finished_trainings, kept_trainings
from pipeline.retention.left_over import left_overs
from pipeline.retention.needs import needed_checkpoints
from pipeline.state.manifest import Manifest
from pipeline.state.store import Store

CHECKPOINT = "checkpoint"
"""Folder of a training stage's."""
RunToClean = tuple[Store, Config]


@dataclass(frozen=True, slots=True, kw_only=True)
class Removable:
    """A checkpoint, a file or a folder, by its path or address, why nothing needs it, and what its removal frees."""

    path: str
    why: str
    size_bytes: int
    is_checkpoint: bool = False


def removable_checkpoints(runs: Sequence[RunToClean], keep: KeepCheckpoints) -> list[Removable]:
    """Checkpoints that no run keeps, and that no stage of any run still reads; those that went already are left out."""
    kept = {_path(one) for store, _ in runs for one in kept_trainings(store, keep)}
    found = {_path(one): one for store, _ in runs for one in finished_trainings(store)}
    todo = {path: one for path, one in found.items() if path not in kept}
    if not todo:
        return []
    needed = {need.path for store, config in runs for need in needed_checkpoints(store, config)}
    items = [_checkpoint(path, one) for path, one in todo.items() if path not in needed and _is_own(path, one)]
    return [item for item in items if item.size_bytes]


def removable_left_overs(runs: Sequence[RunToClean]) -> list[Removable]:
    """Of runs that no driver works on. Empty folders are left alone."""
    found = {path: why for store, _ in runs for path, why in left_overs(store)}
    items = [Removable(path=path, why=why, size_bytes=_size(path)) for path, why in found.items()]
    return [item for item in items if item.size_bytes]


def _path(training: Manifest) -> str:
    return training.trained.path


def _is_own(path: str, training: Manifest) -> bool:
    """Whether a checkpoint lies where its stage saves it: nothing elsewhere is ever removed."""
    return path == posixpath.join(training.directory, CHECKPOINT)


def _checkpoint(path: str, training: Manifest) -> Removable:
    why = f"checkpoint of {training.stage}, iteration {training.iteration}"
    return Removable(path=path, why=why, size_bytes=left_of_checkpoint(path), is_checkpoint=True)


def _size(path: str) -> int:
    """Bytes of a file, or of a folder and all in it."""
    folder, name = posixpath.split(path)
    storage = open_storage(folder)
    try:
        return storage.size(name)
    except FileNotFoundError:
        return sum(_sizes(storage, name))


def _sizes(storage: RunStorage, folder: str) -> Iterator[int]:
    files = storage.file_sizes(folder)
    yield from files.values()
    for name in storage.list_names(folder):
        if name not in files:
            yield from _sizes(storage, posixpath.join(folder, name))
