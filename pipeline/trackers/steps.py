"""The files by which a training tells of its steps, beside its checkpoint.

progress.json            while it goes on: the steps of the last half minute, and what a person should know
training_steps.parquet   afterwards: every step
"""

import json
import posixpath
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import NamedTuple

import pyarrow as pa
from pydantic import TypeAdapter

from actors.storage.parquet import encode_parquet, read_records
from actors.storage.run_storage import open_storage, parse_typed
from pipeline.trackers.tracker import TrainingStep

PROGRESS, TRAINING_STEPS = "progress.json", "training_steps.parquet"
TRAINING_STEPS_SCHEMA = pa.schema(
    [
        pa.field("step", pa.int32(), nullable=False),
        pa.field("loss", pa.float64(), nullable=False),
        pa.field("learning_rate", pa.float64(), nullable=False),
        pa.field("grad_norm", pa.float64()),
        pa.field("tokens", pa.int64(), nullable=False),
        pa.field("seconds", pa.float64(), nullable=False),
    ],
    metadata={"mucode.schema": "training_steps/1"},
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRecord:
    """A row of training_steps.parquet: the fields of TrainingStep that one training needs."""

    step: int
    loss: float
    learning_rate: float
    grad_norm: float | None
    tokens: int
    seconds: float

    def of_stage(self, iteration: int, stage: str, steps: int) -> TrainingStep:
        return TrainingStep(iteration=iteration, stage=stage, steps=steps, **asdict(self))


def write_progress(directory: str, steps: int, recent: Sequence[StepRecord], notes: Sequence[str] = ()) -> None:
    """Replace progress.json by the newest steps of a training of `steps`, at least one, and all notes so far."""
    last = recent[-1]
    rows = [asdict(record) for record in recent]
    body = {"step": last.step, "steps": steps, "loss": last.loss, "rows": rows, "notes": list(notes)}
    open_storage(directory).write(PROGRESS, json.dumps(body).encode())


@dataclass(frozen=True, slots=True)
class _Progress:
    steps: int
    rows: list[StepRecord]
    notes: list[str]


_PROGRESS = TypeAdapter(_Progress)


class TrainingProgress(NamedTuple):
    """What progress.json says: the training's steps, the newest of them that were taken, and notes."""

    steps: int
    records: list[StepRecord]
    notes: list[str]


def read_progress(directory: str) -> TrainingProgress:
    """(0, [], []) before the first step. Raises DamagedError."""
    try:
        found = parse_typed(open_storage(directory).read(PROGRESS), f"{directory}/{PROGRESS}", _PROGRESS)
    except FileNotFoundError:
        return TrainingProgress(0, [], [])
    return TrainingProgress(found.steps, found.rows, found.notes)


def write_training_steps(directory: str, records: Sequence[StepRecord]) -> None:
    """Write training_steps.parquet whole, beside the stage's manifest."""
    table = pa.Table.from_pylist([asdict(record) for record in records], schema=TRAINING_STEPS_SCHEMA)
    open_storage(directory).write(TRAINING_STEPS, encode_parquet(table))


def read_training_steps(directory: str) -> list[StepRecord]:
    """Every step of a finished training in order; [] for runs made before the file existed."""
    try:
        rows = read_records(posixpath.join(directory, TRAINING_STEPS), TRAINING_STEPS_SCHEMA)
    except FileNotFoundError:
        return []
    return [StepRecord(**row) for row in rows]


def forget_steps(directory: str) -> None:
    """Remove what an earlier attempt at a training told."""
    storage = open_storage(directory)
    for name in (PROGRESS, TRAINING_STEPS):
        try:
            storage.delete_file(name)
        except FileNotFoundError:
            continue
