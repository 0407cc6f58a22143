"""The stages of a run directory: their manifests, and what makes a resume truthful.

    runs/<name>/config.json  metrics.jsonl  spans.jsonl  report.html
    runs/<name>/iter_0001/<stage>/part-00000.….parquet  part-00000.json  manifest.json

A stage is finished when its manifest exists; the manifest is written last and lists every part. A stage's hash covers
the identity fields it reads, its inputs' digests and its version: if a manifest carries another hash, the run stops
before any work instead of mixing data.
"""

import posixpath
import time
from collections.abc import Callable, Collection
from contextlib import AbstractContextManager
from typing import Any

from actors.storage.parts import MANIFEST, committed_parts
from actors.storage.run_storage import DamagedError
from pipeline.errors import StoreError
from pipeline.state.identity import StageIdentity
from pipeline.state.manifest import Manifest, content_digest, manifest_from_json
from pipeline.state.run_files import RunFiles
from pipeline.state.shared_stages import SharedStages
from pipeline.state.stage import Stage, StageOutput
from pipeline.state.verification import StageVerifier, part_damages

BEGUN = "begun.json"


class Store:
    """Stages below one run directory.

    `shared`: the folder of stages that several runs share, relative to `root`, as in "../../stages"; "": none.
    """

    def __init__(self, root: str, shared: str = "") -> None:
        self.root = root
        self.files = RunFiles(root)
        self.shared = SharedStages(self.files, shared)
        self.guard: Callable[[], None] = lambda: None
        """Called before a stage is begun, removed or finished: raises if this driver may write no longer."""
        self._verifier = StageVerifier()

    # ---- files of the run itself ------------------------------------------------------------------------------------

    def exists(self, *names: str) -> bool:
        return self.files.exists(*names)

    def read(self, *names: str) -> bytes:
        return self.files.read(*names)

    def read_json(self, *names: str) -> Any:
        """None if there is no such file. Raises DamagedError if it is not JSON."""
        return self.files.read_json(*names)

    def write(self, data: bytes, *names: str) -> None:
        self.files.write(data, *names)

    # ---- finding ----------------------------------------------------------------------------------------------------

    def directory(self, iteration: int, name: str) -> str:
        """Where a stage of this run is kept."""
        folder = _folder(iteration)
        return self.shared.linked(folder, name) or posixpath.join(self.root, folder, name)

    def names(self, iteration: int) -> list[str]:
        """Stages of an iteration that were begun."""
        return self.files.names(_folder(iteration))

    def find(self, iteration: int, name: str) -> Manifest | None:
        """The manifest of a finished stage, its files verified; None if the stage is not finished."""
        manifest = self.read_manifest(iteration, name)
        if manifest is not None:
            self.verify(manifest)
        return manifest

    def verify(self, manifest: Manifest) -> None:
        """Raises StoreError if a finished stage is damaged; looks once."""
        self._verifier.verify(manifest)

    def read_manifest(self, iteration: int, name: str) -> Manifest | None:
        """The manifest of a finished stage, its files not verified. Raises StoreError if it is another stage's."""
        manifest = _read_manifest(self.directory(iteration, name))
        if manifest is not None and (manifest.iteration, manifest.stage) != (iteration, name):
            raise StoreError(
                f"{posixpath.join(manifest.directory, MANIFEST)} is of another stage: {manifest.stage} of iteration "
                f"{manifest.iteration}. Restore the stage that was there, or delete it and every later one"
            )
        return manifest

    def read_shared(self, place: str) -> Manifest | None:
        """The manifest at a shared place, its files not verified; None if there is none."""
        return _read_manifest(self.shared.resolve(place))

    # ---- beginning --------------------------------------------------------------------------------------------------

    def link(self, identity: StageIdentity) -> None:
        """If stages are shared, link to the place that this identity names; what has work in it stays."""
        self.shared.link(_folder(identity.iteration), identity, lambda: self._has_work(identity))

    def locked(self, identity: StageIdentity, waiting: Callable[[], None]) -> AbstractContextManager[None]:
        """Keep other processes of this machine from a shared stage; `waiting` is called once if one works on it."""
        return self.shared.locked(self.directory(identity.iteration, identity.stage), waiting)

    def discard_stale(self, step: Stage, identity: StageIdentity) -> bool:
        """Remove a stage that is recomputed (of shared ones the link) if other inputs made it; whether one was."""
        begun = self.read_begun(identity.iteration, identity.stage) if step.recomputed else None
        if begun is None or begun["identity_hash"] == identity.hash:
            return False
        self.guard()
        self.files.delete_folder(_folder(identity.iteration), step.name)
        return True

    def require_same(self, manifest: Manifest, identity: StageIdentity) -> None:
        """Raises StoreError if other settings or other inputs made a finished stage."""
        if manifest.identity_hash != identity.hash:
            raise _made_otherwise(manifest, identity.differences(manifest.identity, manifest.inputs))

    def require_settings(self, manifest: Manifest, identity: StageIdentity) -> None:
        """As `require_same`, of the settings alone."""
        if different := identity.differences(manifest.identity, {}):
            raise _made_otherwise(manifest, different)

    def prepare(self, identity: StageIdentity) -> str:
        """Make a stage's directory ready and return it. Begun without a result, it is begun anew under other settings.

        Raises StoreError if parts or a checkpoint were committed under other settings or from other inputs.
        """
        directory = self.directory(identity.iteration, identity.stage)
        begun = self.read_begun(identity.iteration, identity.stage)
        if begun is not None and begun["identity_hash"] == identity.hash:
            self.guard()
            self.verify_begun(identity.iteration, identity.stage)
            return directory
        if begun is not None:
            there = begun.get("inputs", identity.inputs)  # 0.1.0 notes none
            self.require_no_work(identity, identity.differences(begun["identity"], there) or "its inputs")
        self.guard()
        body = {"identity_hash": identity.hash, "identity": identity.settings, "inputs": identity.inputs}
        RunFiles(directory).write_json(body, BEGUN)
        return directory

    def require_no_work(self, identity: StageIdentity, different: str) -> None:
        """Raises StoreError if a stage that was begun with something `different` left anything."""
        if self._has_work(identity):
            raise StoreError(
                f"{self.directory(identity.iteration, identity.stage)} was begun with other settings or inputs "
                f"({different}). Choose another run.name, or restore the setting; or delete that folder to begin the "
                "stage anew"
            )

    def verify_begun(self, iteration: int, name: str) -> None:
        """Raises StoreError if a part of a stage that is not finished is missing or not what was written."""
        directory = self.directory(iteration, name)
        self._verifier.verify_parts(directory, list(committed_parts(directory).values()))

    def read_begun(self, iteration: int, name: str) -> dict[str, Any] | None:
        """What a stage was begun with; None if it was not. Raises DamagedError if the file is not what was written."""
        directory = self.directory(iteration, name)
        found = RunFiles(directory).read_json(BEGUN)
        if found is None:
            return None
        parts = ("identity", "inputs")  # 0.1.0 notes no inputs
        known = isinstance(found, dict) and "identity_hash" in found and "identity" in found
        if known and all(isinstance(found.get(name, {}), dict) for name in parts):
            return dict(found)
        raise DamagedError(
            f"{posixpath.join(directory, BEGUN)} is not what a stage was begun with. Restore it, or delete {directory} "
            "to begin the stage anew"
        )

    def _has_work(self, identity: StageIdentity) -> bool:
        """Whether a stage was finished, or left a part or a checkpoint so far."""
        directory = self.directory(identity.iteration, identity.stage)
        files = RunFiles(directory)
        return files.exists(MANIFEST) or files.exists("checkpoint") or bool(committed_parts(directory))

    # ---- finishing --------------------------------------------------------------------------------------------------

    def commit(self, identity: StageIdentity, output: StageOutput, started: float) -> Manifest:
        """Write the manifest of a stage whose parts are all committed. `started`: monotonic clock, in seconds.

        If another driver has finished the stage, with the same rows, its manifest is returned. Raises StoreError if the
        rows are others, or if parts are missing or damaged.
        """
        directory = self.directory(identity.iteration, identity.stage)
        parts = tuple(record for _, record in sorted(committed_parts(directory).items()))
        if output.expected_parts is not None and len(parts) != output.expected_parts:
            raise StoreError(f"{directory} has {len(parts)} committed parts, expected {output.expected_parts}")
        files = RunFiles(directory)
        sizes = files.file_sizes()
        for damage in part_damages(directory, parts, sizes, sampled=0):
            raise StoreError(str(damage))
        self.guard()
        _remove_unlisted(files, sizes, {part.file for part in parts})
        manifest = Manifest(
            stage=identity.stage,
            iteration=identity.iteration,
            directory=directory,
            identity_hash=identity.hash,
            identity=identity.settings,
            inputs=identity.inputs,
            digest=content_digest(identity.hash, parts, output.checkpoint),
            parts=parts,
            checkpoint=output.checkpoint,
            facts=output.facts,
            seconds=round(time.monotonic() - started, 3),
        )
        if files.create_json(manifest.to_json(), MANIFEST):
            return manifest
        found = _read_manifest(directory)
        if found is not None and found.digest == manifest.digest:
            return found
        raise StoreError(
            f"{directory} was finished by another driver meanwhile, and stays as that one left it. Find who else "
            "writes there; then the same command continues"
        )


def _folder(iteration: int) -> str:
    return f"iter_{iteration:04d}"


def _made_otherwise(manifest: Manifest, different: str) -> StoreError:
    return StoreError(
        f"{manifest.directory} was made with other settings ({different}). Choose another run.name, or restore the "
        "setting to continue this run; or delete that stage and every later one to compute them again"
    )


def _read_manifest(directory: str) -> Manifest | None:
    body = RunFiles(directory).read_json(MANIFEST)
    return None if body is None else manifest_from_json(body, directory)


def _remove_unlisted(files: RunFiles, names: Collection[str], listed: set[str]) -> None:
    """Remove what attempts that were never committed left, so that reading `*.parquet` reads each row once."""
    for name in names:
        unlisted = name.startswith("part-") and name.endswith(".parquet") and name not in listed
        if unlisted or name.endswith(".tmp"):
            files.delete(name)
