"""Moments in the life of a stage, read from its files: begun, in the middle, all but the manifest, finished."""

import json
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Moment = Literal["start", "middle", "commit", "between"]


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """How far a run is: finished stages, begun ones, and parts or steps of the one that is not finished."""

    finished: int
    begun: int
    inner: int


def position(root: Path) -> Position:
    begun = list(root.glob("iter_*/*/begun.json"))
    open_stages = [path.parent for path in begun if not (path.parent / "manifest.json").exists()]
    inner = sum(len(parts(stage)) + step(stage) for stage in open_stages)
    return Position(len(begun) - len(open_stages), len(begun), inner)


def parts(stage: Path) -> list[Path]:
    """Commit records, by name."""
    return sorted(stage.glob("part-*.json"))


def step(stage: Path) -> int:
    """Of a training that is under way; 0 if there is none."""
    with suppress(OSError, ValueError, KeyError):
        return int(json.loads((stage / "progress.json").read_text())["step"])
    return 0


def is_at(stage: Path, moment: Moment, expected_parts: int) -> bool:
    """`expected_parts`: of an undisturbed run; 0 for a training."""
    if (stage / "manifest.json").exists():
        return moment == "between"
    if moment == "start":
        return (stage / "begun.json").exists()
    if moment == "middle":
        at_work = any(stage.glob("in_flight/part-*.json"))
        return step(stage) > 0 or at_work or 0 < len(parts(stage)) < expected_parts
    if moment == "commit":
        done = expected_parts and len(parts(stage)) == expected_parts
        return bool(done) or (stage / "checkpoint" / "checkpoint.json").exists()
    return False
