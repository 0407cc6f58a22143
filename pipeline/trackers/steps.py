"""The files by which a training tells of its steps, beside its checkpoint.

progress.json            while it goes on: the steps of the last half minute
training_steps.parquet   afterwards: every step
"""

import json
import posixpath
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import pyarrow as pa

from actors.storage.parquet import encode_parquet, read_rows
from actors.storage.run_storage import open_storage, parse_json
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


def write_progress(directory: str, steps: int, recent: Sequence[StepRecord]) -> None:
    """Replace progress.json by the newest steps of a training of `steps`, at least one."""
    last = recent[-1]
    body = {"step": last.step, "steps": steps, "loss": last.loss, "rows": [asdict(record) for record in recent]}
    open_storage(directory).write(PROGRESS, json.dumps(body).encode())


def read_progress(directory: str) -> tuple[int, list[StepRecord]]:
    """Steps of the training, and the newest of them; (0, []) before the first. Raises DamagedError."""
    try:
        found = parse_json(open_storage(directory).read(PROGRESS), f"{directory}/{PROGRESS}")
    except FileNotFoundError:
        return 0, []
    return found["steps"], [StepRecord(**row) for row in found["rows"]]


def write_training_steps(directory: str, records: Sequence[StepRecord]) -> None:
    """Write training_steps.parquet whole, beside the stage's manifest."""
    table = pa.Table.from_pylist([asdict(record) for record in records], schema=TRAINING_STEPS_SCHEMA)
    open_storage(directory).write(TRAINING_STEPS, encode_parquet(table))


def read_training_steps(directory: str) -> list[StepRecord]:
    """Every step of a finished training in order; [] for runs made before the file existed."""
    try:
        return [StepRecord(**row) for row in read_rows([posixpath.join(directory, TRAINING_STEPS)])]
    except FileNotFoundError:
        return []


def forget_steps(directory: str) -> None:
    """Remove what an earlier attempt at a training told."""
    storage = open_storage(directory)
    for name in (PROGRESS, TRAINING_STEPS):
        try:
            storage.delete_file(name)
        except FileNotFoundError:
            continue
