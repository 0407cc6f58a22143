"""What a finished stage left: the record whose presence makes it finished."""

import posixpath
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from actors.storage.checkpoint import Checkpoint
from actors.storage.parts import MANIFEST, PartRecord, is_count, parse_records
from actors.storage.run_storage import DamagedError
from pipeline.errors import StoreError
from pipeline.state.identity import digest_of

MANIFEST_SCHEMA = 1
UNJUDGED_PROBLEMS = "unjudged_problems"
"""Among a stage's facts: ids of the problems whose tests could not be judged."""
MOST_SECONDS = 1e10
"""Of a stage, three hundred years."""


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_object(value: object) -> bool:
    return isinstance(value, dict)


def _are_digests(value: object) -> bool:
    return isinstance(value, dict) and all(map(_is_text, value.values()))


def _are_facts(value: object) -> bool:
    """Other facts are numbers and names for people, whatever they are."""
    if not isinstance(value, dict):
        return False
    unjudged = value.get(UNJUDGED_PROBLEMS, [])
    return is_count(value.get("iteration", 0)) and isinstance(unjudged, list) and all(map(_is_text, unjudged))


def _are_seconds(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= MOST_SECONDS


TYPES: dict[str, Callable[[object], bool]] = {
    "stage": _is_text,
    "iteration": is_count,
    "identity_hash": _is_text,
    "identity": _is_object,
    "inputs": _are_digests,
    "digest": _is_text,
    "parts": lambda value: isinstance(value, list),
    "checkpoint": lambda value: value is None or isinstance(value, dict),
    "facts": _are_facts,
    "seconds": _are_seconds,
}
"""What each entry of a manifest must be."""


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

    def count(self, name: str) -> int:
        """One of the counts. Raises DamagedError if no part has it."""
        if (found := self.counts.get(name)) is None:
            where = posixpath.join(self.directory, MANIFEST)
            raise DamagedError(f"{where}: no part has counted {name}, so it is not what was written. Restore it")
        return found

    @property
    def trained(self) -> Checkpoint:
        """The checkpoint of a training stage."""
        if self.checkpoint is None:
            raise StoreError(f"{self.directory} names no checkpoint, so it is not a training stage")
        return self.checkpoint

    @property
    def chosen_iteration(self) -> int:
        """Of the stage that chooses the iteration which the run returns."""
        if "iteration" not in self.facts:
            raise StoreError(f"{self.directory} names no iteration, so it has chosen none. Restore its {MANIFEST}")
        return int(self.facts["iteration"])

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
    names = body.keys() if isinstance(body, dict) else ()
    wrong = [name for name, is_right in TYPES.items() if name not in names or not is_right(body[name])]
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
