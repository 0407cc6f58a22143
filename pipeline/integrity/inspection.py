"""Everything that a run directory holds, held against what was written: every byte of every stage."""

import posixpath
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from actors.storage.parts import MANIFEST, PartRecord, committed_parts, is_record_name, record_name
from actors.storage.removed_checkpoint import removed_checkpoint
from pipeline.config.schema import Config
from pipeline.errors import StoreError
from pipeline.integrity.stage_settings import (
    Digests,
    expected_identity,
    iterations_there,
    other_inputs,
    stages_there,
)
from pipeline.stages.catalogue import STAGE_NAMES
from pipeline.state.lease.driver_file import DRIVER
from pipeline.state.manifest import Manifest
from pipeline.state.plugins import stored_plugins
from pipeline.state.run_directory import CONFIG, stored_config
from pipeline.state.run_files import RunFiles
from pipeline.state.shared_stages import LINK, LOCK
from pipeline.state.shown_files import stored_environment, stored_spans
from pipeline.state.stage import Stage
from pipeline.state.store import BEGUN, Store
from pipeline.state.verification import manifest_damages, part_damages
from pipeline.trackers.steps import PROGRESS, TRAINING_STEPS, read_training_steps
from pipeline.trackers.told import TrackingFile
from sandbox.errors import UserError

STAGE_FILES = {MANIFEST, BEGUN, PROGRESS, TRAINING_STEPS, LINK, LOCK}
"""Of a stage beside its parts."""
RUN_FILES: tuple[Callable[[Store], object], ...] = (
    *(stored_environment, stored_plugins, stored_spans),
    lambda store: store.read_json(DRIVER),
    lambda store: TrackingFile(store.root).run_id,
)
"""Readers of the run's own files, which raise a UserError for what is damaged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspected:
    """What was found in one folder, of a stage or of the run itself. `problems`: what and what to do, a line each."""

    directory: str
    finished: bool = True
    parts: Sequence[PartRecord] = ()
    problems: Sequence[str] = ()
    note: str = ""
    """What is well, and yet not as it was written."""

    @property
    def rows(self) -> int:
        return sum(part.rows for part in self.parts)

    @property
    def size_bytes(self) -> int:
        return sum(part.size_bytes for part in self.parts)


def inspect_run(store: Store, passed: set[str]) -> Iterator[Inspected]:
    """The run's own files, then each of its stages that is not in `passed`, directories which it adds to: runs of a
    study share stages. Writes nothing. Raises StoreError if it is no run directory."""
    config, problems = None, []
    try:
        config = stored_config(store.root)
    except UserError as error:
        if not store.exists(CONFIG):
            raise
        problems.append(_line(error))
    yield Inspected(directory=store.root, problems=[*problems, *_own_problems(store)])
    digests: Digests = {}
    for iteration, step in stages_there(store):
        found = _inspect_stage(store, config, iteration, step, digests, passed)
        if found is not None:
            yield found


def _own_problems(store: Store) -> Iterator[str]:
    for read in RUN_FILES:
        try:
            read(store)
        except UserError as error:
            yield _line(error)
    for iteration in iterations_there(store):
        for name in store.names(iteration):
            if name not in STAGE_NAMES:
                place = posixpath.join(store.root, f"iter_{iteration:04d}", name)
                yield f"{place} is no stage that this version knows. Remove it, or use the version that wrote it"


def _inspect_stage(
    store: Store, config: Config | None, iteration: int, step: Stage, digests: Digests, passed: set[str]
) -> Inspected | None:
    """None if it was passed. Notes the digest of a finished stage in `digests`."""
    directory = posixpath.join(store.root, f"iter_{iteration:04d}", step.name)
    try:
        directory = store.directory(iteration, step.name)
        manifest = store.read_manifest(iteration, step.name)
        if manifest is not None:
            digests[f"{step.name}@{iteration}"] = manifest.digest
        if directory in passed:
            return None
        passed.add(directory)
        if manifest is None:
            return _inspect_begun(store, config, iteration, step)
        return _inspect_finished(store, config, manifest, step, digests)
    except UserError as error:
        return Inspected(directory=directory, problems=[_line(error)])


def _inspect_finished(
    store: Store, config: Config | None, manifest: Manifest, step: Stage, digests: Digests
) -> Inspected:
    directory = manifest.directory
    problems = [*_foreign_to_config(store, config, manifest, step, digests)]
    problems += [_line(damage) for damage in manifest_damages(manifest, every_byte=True)]
    problems += [*_foreign_files(directory, manifest.parts, finished=True), *_step_problems(directory)]
    removed = manifest.checkpoint and removed_checkpoint(manifest.checkpoint.path)
    return Inspected(directory=directory, parts=manifest.parts, problems=problems, note=str(removed or ""))


def _inspect_begun(store: Store, config: Config | None, iteration: int, step: Stage) -> Inspected:
    directory = store.directory(iteration, step.name)
    records = list(committed_parts(directory).values())
    problems = [_line(one) for one in part_damages(directory, records, RunFiles(directory).file_sizes(), None)]
    begun = store.read_begun(iteration, step.name)
    if begun is None and records:
        problems.append(f"{directory} has parts and no {BEGUN}. Restore it, or delete the folder to begin it anew")
    if begun is not None and config is not None and not step.recomputed:
        identity = expected_identity(config, iteration, step)
        try:
            if different := identity.differences(begun["identity"], {}):
                store.require_no_work(identity, different)
        except StoreError as error:
            problems.append(_line(error))
    problems += _foreign_files(directory, records, finished=False)
    return Inspected(directory=directory, finished=False, parts=records, problems=problems)


def _foreign_to_config(
    store: Store, config: Config | None, manifest: Manifest, step: Stage, digests: Digests
) -> Iterator[str]:
    """What a stage was made with, if this run has other settings or other stages; a summary is only made anew."""
    if step.recomputed:
        return
    if config is not None:
        try:
            store.require_settings(manifest, expected_identity(config, manifest.iteration, step))
        except StoreError as error:
            yield _line(error)
    for other in other_inputs(manifest, digests):
        yield (
            f"{manifest.directory} was made of another {other} than lies in this run. Restore that stage, or delete "
            "this one and every later one to compute them again"
        )


def _foreign_files(directory: str, records: Sequence[PartRecord], *, finished: bool) -> Iterator[str]:
    """Files of a stage that nothing names. What killed attempts left is foreign only once the stage is finished."""
    listed = {record.file for record in records} | {record_name(record.part) for record in records} | STAGE_FILES
    for name in RunFiles(directory).file_sizes().keys() - listed:
        attempt = name.endswith(".tmp") or (name.startswith("part-") and not is_record_name(name))
        if finished or not attempt:
            yield f"{posixpath.join(directory, name)} does not belong to the stage. Delete it"


def _step_problems(directory: str) -> Iterator[str]:
    """The steps of a training are in no manifest: it is asked whether they can be read."""
    try:
        read_training_steps(directory)  # none: no training, or one of 0.1.0
    except UserError as error:
        yield f"{_line(error)}. Restore it, or delete it: it is for curves alone"


def _line(said: object) -> str:
    return " ".join(str(said).split())
