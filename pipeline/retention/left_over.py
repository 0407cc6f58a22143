"""Files of a run that no stage needs: what killed processes left half written, and what finished stages worked with."""

import posixpath
import re
from collections.abc import Iterator
from typing import NamedTuple

from actors.search.shard_journal import FOLDER as UNFINISHED
from pipeline.integrity.stage_settings import stages_there
from pipeline.stages.heartbeat import IN_FLIGHT
from pipeline.state.manifest import Manifest
from pipeline.state.run_files import RunFiles
from pipeline.state.store import Store
from pipeline.training.states.saved_states import FOLDER as TRAINING_STATE

OF_FINISHED_STAGES = {
    TRAINING_STATE: "states of a finished training",
    UNFINISHED: "episodes of shards that are committed",
    IN_FLIGHT: "signs of tasks that have ended",
    "features": "features of a finished training",
}
RAY_TRAIN = "ray_train"
HALF_WRITTEN = re.compile(r".+\.[0-9a-f]{8}\.tmp|\..+\.[0-9a-f]{8}\.old")
"""Names that storages and checkpoints give to what is not yet, or no longer, there; a person's files have others."""


class LeftOver(NamedTuple):
    """A file or folder by its whole path or address, and why nothing needs it."""

    path: str
    why: str


def left_overs(store: Store) -> Iterator[LeftOver]:
    """Of a run that no driver works on."""
    yield from _half_written(store.files)
    if RAY_TRAIN in store.files.names():
        yield LeftOver(posixpath.join(store.root, RAY_TRAIN), "the books of Ray Train, which nothing reads later")
    for iteration, step in stages_there(store):
        files = RunFiles(store.directory(iteration, step.name))
        yield from _half_written(files)
        manifest = store.read_manifest(iteration, step.name)
        if manifest is not None:
            yield from _of_finished(files, manifest)


def _half_written(files: RunFiles) -> Iterator[LeftOver]:
    for name in files.names():
        if HALF_WRITTEN.fullmatch(name):
            yield LeftOver(posixpath.join(files.root, name), "half written by a process that was killed")


def _of_finished(files: RunFiles, manifest: Manifest) -> Iterator[LeftOver]:
    listed = {part.file for part in manifest.parts}
    for name in files.names():
        path = posixpath.join(files.root, name)
        if name in OF_FINISHED_STAGES:
            yield LeftOver(path, OF_FINISHED_STAGES[name])
        elif name.startswith("part-") and name.endswith(".parquet") and name not in listed:
            yield LeftOver(path, "rows that were never committed")
