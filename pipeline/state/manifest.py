"""What a finished stage left: the record whose presence makes it finished."""

import posixpath
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from actors.storage.checkpoint import Checkpoint
from actors.storage.parts import MANIFEST, PartRecord, parse_records
from actors.storage.run_storage import DamagedError
from pipeline.errors import StoreError
from pipeline.state.identity import digest_of

MANIFEST_SCHEMA = 1
TYPES: dict[str, type | tuple[type, ...]] = {
    "stage": str,
    "iteration": int,
    "identity_hash": str,
    "identity": dict,
    "inputs": dict,
    "digest": str,
    "parts": list,
    "checkpoint": (dict, type(None)),
    "facts": dict,
    "seconds": (int, float),
}


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """What a finished stage left. `digest` names its content; `counts` add up over its parts."""

    stage: str
    iteration: int
    directory: str
    identity_hash: str
    identity: dict[str, Any]
    inputs: dict[str, str]
    digest: str
    parts: tuple[PartRecord, ...] = ()
    checkpoint: Checkpoint | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def rows(self) -> int:
        return sum(part.rows for part in self.parts)

    @property
    def counts(self) -> dict[str, int]:
        total: dict[str, int] = {}
        for part in self.parts:
            for name, count in part.counts.items():
                total[name] = total.get(name, 0) + count
        return total

    @property
    def trained(self) -> Checkpoint:
        """The checkpoint of a training stage."""
        if self.checkpoint is None:
            raise StoreError(f"{self.directory} names no checkpoint, so it is not a training stage")
        return self.checkpoint

    def files(self) -> dict[int, str]:
        """Full path of each part's file, by part number."""
        return {part.part: posixpath.join(self.directory, part.file) for part in self.parts}

    def to_json(self) -> dict[str, Any]:
        """What is written. It holds no absolute path if the checkpoint lies in the run, since a run may be moved."""
        body = {**asdict(self), "schema": MANIFEST_SCHEMA}
        del body["directory"]
        if self.checkpoint:
            body["checkpoint"]["path"] = _relative(self.checkpoint.path, self.directory)
        return body


def content_digest(identity_hash: str, parts: Sequence[PartRecord], checkpoint: Checkpoint | None) -> str:
    """What names a stage's content: a hash over its identity, its parts' bytes and its weights."""
    return digest_of([identity_hash, [part.sha256 for part in parts], checkpoint.policy_id if checkpoint else None])


def manifest_from_json(body: Any, directory: str) -> Manifest:
    """The manifest that was read from `directory`, wherever the run lies now.

    Raises DamagedError if it is not what was written, StoreError if a newer version wrote it.
    """
    where = posixpath.join(directory, MANIFEST)
    _require_known(body, where)
    body = {name: body[name] for name in TYPES}
    checkpoint = body.pop("checkpoint")
    if checkpoint is not None:
        checkpoint = _checkpoint(checkpoint, directory, where)
    parts = parse_records(body.pop("parts"), where)
    return Manifest(**body, directory=directory, parts=parts, checkpoint=checkpoint)


def _require_known(body: Any, where: str) -> None:
    schema = body.get("schema") if isinstance(body, dict) else None
    if isinstance(schema, int) and schema > MANIFEST_SCHEMA:
        raise StoreError(
            f"{where} was written by a newer version of mucode (schema {schema}, this one reads {MANIFEST_SCHEMA}). "
            "Continue with that version, which environment.json of the run names"
        )
    wrong = [name for name, kind in TYPES.items() if not isinstance(body, dict) or not isinstance(body.get(name), kind)]
    if schema != MANIFEST_SCHEMA or wrong:
        raise DamagedError(
            f"{where} is no manifest of a stage ({', '.join(wrong[:1] or ['schema'])} is missing or not what it should "
            "be). Restore it, or delete the stage and every later one to compute them again"
        )


def _checkpoint(body: dict[str, Any], directory: str, where: str) -> Checkpoint:
    path, policy_id = body.get("path"), body.get("policy_id")
    if not (isinstance(path, str) and isinstance(policy_id, str)):
        raise DamagedError(f"{where} names a checkpoint without path or policy_id, as none was written. Restore it")
    if not (path.startswith("/") or "://" in path):
        path = posixpath.join(posixpath.dirname(posixpath.dirname(directory)), path)
    return Checkpoint(path=path, policy_id=policy_id)


def _relative(path: str, directory: str) -> str:
    """A checkpoint's path relative to what holds the iterations."""
    return path.removeprefix(posixpath.dirname(posixpath.dirname(directory)) + "/")
