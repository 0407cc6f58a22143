"""What a finished stage left: the record whose presence makes it finished."""

import posixpath
from dataclasses import asdict, dataclass, field
from typing import Any

from actors.storage.checkpoint import Checkpoint
from actors.storage.parts import PartRecord
from pipeline.errors import StoreError

MANIFEST = "manifest.json"
MANIFEST_SCHEMA = 1


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


def manifest_from_json(body: dict[str, Any], directory: str) -> Manifest:
    """The manifest that was read from `directory`, wherever the run lies now."""
    body = dict(body)
    del body["schema"]
    checkpoint = body.pop("checkpoint")
    if checkpoint:
        root = posixpath.dirname(posixpath.dirname(directory))
        path = checkpoint["path"]
        absolute = path if path.startswith("/") or "://" in path else posixpath.join(root, path)
        checkpoint = Checkpoint(path=absolute, policy_id=checkpoint["policy_id"])
    parts = tuple(PartRecord(**part) for part in body.pop("parts"))
    return Manifest(**body, directory=directory, parts=parts, checkpoint=checkpoint)


def _relative(path: str, directory: str) -> str:
    """A checkpoint's path relative to what holds the iterations."""
    return path.removeprefix(posixpath.dirname(posixpath.dirname(directory)) + "/")
