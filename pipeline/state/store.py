"""The run directory: stages, their manifests, and what makes a resume truthful.

    runs/<name>/config.toml  metrics.jsonl  spans.jsonl  report.html
    runs/<name>/iter_0001/<stage>/part-00000.….parquet  part-00000.json  manifest.json

Where runs share their stages, `iter_0001/<stage>/at.json` names the place of each, which is named after the
stage's identity: runs that would compute the same thing point at the same place.

A stage is finished when its manifest exists; the manifest is written last and lists every part. A stage's
hash covers the identity fields it reads, its inputs' digests and its version: where a manifest carries
another hash, the run stops before any work instead of mixing data.
"""

import fcntl
import hashlib
import json
import posixpath
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pyarrow import fs

from actors.storage.checkpoint import is_saved
from actors.storage.filesystem import open_directory, parse_json, read_bytes, write_bytes
from actors.storage.parts import PartRecord, committed_parts
from pipeline.errors import StoreError
from pipeline.state.identity import digest_of, identity_hash
from pipeline.state.manifest import MANIFEST, Manifest, manifest_from, relative
from pipeline.state.stage import Stage, StageOutput

BEGUN = "begun.json"
POINTER = "at.json"
LOCK = "lock"


class Store:
    """Reads and writes manifests under one run directory.

    `shared`: where stages are kept for several runs, relative to `root`, as in "../../stages"; "": under `root`.
    """

    def __init__(self, root: str, shared: str = "") -> None:
        self.root = root
        self.shared = shared
        self._verified: set[str] = set()
        self.filesystem, self.path = open_directory(root)

    def directory(self, iteration: int, name: str) -> str:
        """Where a stage of this run is kept."""
        pointer = self._pointer(iteration, name)
        if pointer is not None:
            return self._beside(pointer["stage"])
        return posixpath.join(self.root, f"iter_{iteration:04d}", name)

    def _pointer(self, iteration: int, name: str) -> dict[str, str] | None:
        names = (f"iter_{iteration:04d}", name, POINTER)
        found: dict[str, str] | None = self.read_json(*names)
        return found

    def _beside(self, relative: str) -> str:
        """A path relative to the root without its "..", which object stores do not know."""
        start = self.root
        while relative.startswith("../"):
            start, relative = posixpath.dirname(start), relative[3:]
        return posixpath.join(start, relative)

    def names(self, iteration: int) -> list[str]:
        """Stages of an iteration that were begun."""
        selector = fs.FileSelector(posixpath.join(self.path, f"iter_{iteration:04d}"), allow_not_found=True)
        return sorted(info.base_name for info in self.filesystem.get_file_info(selector))

    def adopt(self, iteration: int, step: Stage, identity: dict[str, Any], inputs: dict[str, str]) -> None:
        """Where stages are shared, point at the place that this identity names; what was begun stays where it is."""
        if not self.shared:
            return
        place = self.shared_place(iteration, step, identity, inputs)
        pointer = self._pointer(iteration, step.name)
        if pointer and (pointer["stage"] == place or self._begun(iteration, step.name)):
            return
        body = json.dumps({"stage": place}).encode()
        self.write(body, f"iter_{iteration:04d}", step.name, POINTER)

    def shared_place(self, iteration: int, step: Stage, identity: dict[str, Any], inputs: dict[str, str]) -> str:
        return f"{self.shared}/iter_{iteration:04d}/{step.name}-{identity_hash(step.name, identity, inputs)}"

    @contextmanager
    def alone(self, iteration: int, name: str, waiting: Callable[[], None]) -> Iterator[None]:
        """Keep other processes of this machine from a shared stage; `waiting` is called once where one works on it.

        The kernel frees the lock when its holder ends, however it ends. Object stores have no locks: nothing is kept.
        """
        if not (self.shared and isinstance(self.filesystem, fs.LocalFileSystem)):
            yield
            return
        directory = Path(open_directory(self.directory(iteration, name))[1])
        directory.mkdir(parents=True, exist_ok=True)
        with (directory / LOCK).open("a") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                waiting()
                fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def peek(self, place: str) -> Manifest | None:
        """The manifest at a shared place, its files not verified; None where there is none."""
        directory = self._beside(place)
        found = _file(directory, MANIFEST)
        return None if found is None else manifest_from(parse_json(found, f"{directory}/{MANIFEST}"), directory)

    def _begun(self, iteration: int, name: str) -> dict[str, Any] | None:
        """What a stage was begun with; None where it was not."""
        directory = self.directory(iteration, name)
        found = _file(directory, BEGUN)
        return parse_json(found, f"{directory}/{BEGUN}") if found is not None else None

    def exists(self, *names: str) -> bool:
        info = self.filesystem.get_file_info(posixpath.join(self.path, *names))
        return info.type != fs.FileType.NotFound

    def read(self, *names: str) -> bytes:
        return read_bytes(self.filesystem, posixpath.join(self.path, *names))

    def read_json(self, *names: str) -> Any:
        """None where there is no such file. Raises DamagedError where it is no JSON."""
        return parse_json(self.read(*names), posixpath.join(self.root, *names)) if self.exists(*names) else None

    def write(self, data: bytes, *names: str) -> None:
        path = posixpath.join(self.path, *names)
        self.filesystem.create_dir(posixpath.dirname(path), recursive=True)
        write_bytes(self.filesystem, path, data)

    def find(self, iteration: int, name: str) -> Manifest | None:
        """The manifest of a finished stage, its files verified; None where the stage is not finished."""
        directory = self.directory(iteration, name)
        found = _file(directory, MANIFEST)
        if found is None:
            return None
        manifest = manifest_from(parse_json(found, f"{directory}/{MANIFEST}"), directory)
        self._verify(manifest)
        return manifest

    def discard(self, iteration: int, step: Stage, identity: dict[str, Any], inputs: dict[str, str]) -> bool:
        """Remove a derived stage (of shared ones the pointer) that other inputs made; whether there was one."""
        begun = self._begun(iteration, step.name) if step.derived else None
        if begun is None or begun["identity_hash"] == identity_hash(step.name, identity, inputs):
            return False
        self.filesystem.delete_dir(posixpath.join(self.path, f"iter_{iteration:04d}", step.name))
        return True

    def require_identity(self, manifest: Manifest, identity: dict[str, Any], inputs: dict[str, str]) -> None:
        """Refuse a finished stage that other settings or other inputs made."""
        if manifest.identity_hash == identity_hash(manifest.stage, identity, inputs):
            return
        wanted = {**identity, **{f"input {name}": digest for name, digest in inputs.items()}}
        found = {**manifest.identity, **{f"input {name}": digest for name, digest in manifest.inputs.items()}}
        names = [key for key in sorted({*wanted, *found}) if wanted.get(key) != found.get(key)]
        differing = "; ".join(f"{key}: there {found.get(key)!r}, now {wanted.get(key)!r}" for key in names)
        raise StoreError(
            f"{manifest.directory} was made with other settings ({differing}). Choose another run.name, "
            "or restore the setting to continue this run"
        )

    def commit(
        self,
        step: Stage,
        iteration: int,
        identity: dict[str, Any],
        inputs: dict[str, str],
        output: StageOutput,
        started: float,
    ) -> Manifest:
        """Write the manifest of a stage whose parts are all committed."""
        directory = self.directory(iteration, step.name)
        parts = tuple(record for _, record in sorted(committed_parts(directory).items()))
        if output.expected_parts is not None and len(parts) != output.expected_parts:
            raise StoreError(f"{directory} has {len(parts)} committed parts, expected {output.expected_parts}")
        self._remove_unlisted(directory, {part.file for part in parts})
        hashed = identity_hash(step.name, identity, inputs)
        policy_id = output.checkpoint.policy_id if output.checkpoint else None
        manifest = Manifest(
            stage=step.name,
            iteration=iteration,
            directory=directory,
            identity_hash=hashed,
            identity=identity,
            inputs=inputs,
            digest=digest_of([hashed, [part.sha256 for part in parts], policy_id]),
            parts=parts,
            checkpoint=output.checkpoint,
            facts=output.facts,
            seconds=round(time.monotonic() - started, 3),
        )
        body = {**asdict(manifest), "schema": 1}
        del body["directory"]  # a run may be moved
        if output.checkpoint:
            body["checkpoint"]["path"] = relative(output.checkpoint.path, directory)
        self._write_beside(directory, MANIFEST, body)
        return manifest

    def _write_beside(self, directory: str, file: str, body: dict[str, Any]) -> None:
        filesystem, path = open_directory(directory)
        filesystem.create_dir(path, recursive=True)
        write_bytes(filesystem, posixpath.join(path, file), json.dumps(body, indent=1, default=str).encode())

    def _remove_unlisted(self, directory: str, listed: set[str]) -> None:
        """Remove what attempts that were never committed left, so that reading `*.parquet` reads each row once."""
        filesystem, path = open_directory(directory)
        for info in filesystem.get_file_info(fs.FileSelector(path, allow_not_found=True)):
            if info.base_name.endswith((".parquet", ".tmp")) and info.base_name not in listed:
                filesystem.delete_file(info.path)

    def prepare(self, iteration: int, step: Stage, identity: dict[str, Any], inputs: dict[str, str]) -> str:
        """Make a stage's directory ready: parts committed under other settings are an error, not reused."""
        directory = self.directory(iteration, step.name)
        hashed = identity_hash(step.name, identity, inputs)
        begun = self._begun(iteration, step.name)
        if begun is not None:
            if begun["identity_hash"] != hashed:
                raise StoreError(
                    f"{directory} was begun with other settings or inputs ({begun['identity']}); now {identity}. "
                    "Choose another run.name, or restore the setting"
                )
            for record in committed_parts(directory).values():
                self._verify_part(directory, record)
        else:
            self._write_beside(directory, BEGUN, {"identity_hash": hashed, "identity": identity})
        return directory

    def _verify(self, manifest: Manifest) -> None:
        for record in manifest.parts:
            self._verify_part(manifest.directory, record)
        if manifest.checkpoint and manifest.checkpoint.path not in self._verified:
            if not is_saved(manifest.checkpoint.path):
                raise StoreError(
                    f"{manifest.checkpoint.path} is missing or incomplete, though {manifest.directory} is finished. "
                    f"Restore it, or delete {manifest.directory} and every later stage to compute them again"
                )
            self._verified.add(manifest.checkpoint.path)

    def _verify_part(self, directory: str, record: PartRecord) -> None:
        """Compare size and hash with the record, once per store: bytes do not change under a running driver."""
        filesystem, path = open_directory(directory)
        file = posixpath.join(path, record.file)
        info = filesystem.get_file_info(file)
        found = None if info.type == fs.FileType.NotFound else info.size
        state = "is missing" if found is None else f"has {found} bytes, its record says {record.size_bytes}"
        if found == record.size_bytes:
            if file in self._verified:
                return
            if hashlib.sha256(read_bytes(filesystem, file)).hexdigest() == record.sha256:
                self._verified.add(file)
                return
            state = "is not what was written (its sha256 differs)"
        raise StoreError(
            f"{directory}/{record.file} {state}. Restore the file, or delete {directory} and every later stage "
            "to compute them again"
        )


def _file(directory: str, name: str) -> bytes | None:
    """The bytes of a file; None where there is none."""
    filesystem, path = open_directory(directory)
    path = posixpath.join(path, name)
    absent = filesystem.get_file_info(path).type == fs.FileType.NotFound
    return None if absent else read_bytes(filesystem, path)
