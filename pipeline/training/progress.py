"""The steps of a training as they are taken: the loss is watched, and the driver is told in a file."""

import bisect
import math
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from pipeline.trackers.steps import StepRecord, write_progress
from pipeline.training.errors import TrainingFailed

if TYPE_CHECKING:
    from torch import Tensor

WRITE_EVERY_S = 1.0
RECENT_S = 30.0
"""How long a step stays in progress.json, so that a reader that looks seldom misses none."""
CHECK_EVERY_STEPS = 20
"""Steps between looks at the loss, each of which waits for the accelerator."""
SHOWN_PROBLEMS = 20
CALMER = "lower the learning rate, or look for broken weights in the base model"


class StepLog:
    """Every step of a training of `steps` steps; rank 0 (`writes`) also keeps progress.json in `directory` fresh.

    `done`: steps that an attempt before this one took. Losses and norms stay on the accelerator until they are written,
    so that no step waits for them.
    """

    def __init__(self, name: str, steps: int, directory: str, done: Sequence[StepRecord] = (), *, writes: bool) -> None:
        self._name, self._steps, self._directory, self._writes = name, steps, directory, writes
        self._records = list(done)
        self._pending: list[tuple[Tensor, float, Tensor | float | None, int, float]] = []
        self._last = self._written = time.monotonic()
        self._ends = [-math.inf] * len(done)  # they are told once
        self._written_steps, self._checked, self._first = 0, len(done), len(done) + 1
        self._problems: dict[int, Sequence[str]] = {}
        self.notes: list[str] = []
        """What a person should know, which goes into progress.json."""

    @property
    def step(self) -> int:
        """Steps so far."""
        return len(self._ends)

    def add(
        self,
        loss: "Tensor",
        learning_rate: float,
        grad_norm: "Tensor | float | None",
        tokens: int,
        problems: Sequence[str] = (),
        *,
        applied: bool = True,
    ) -> None:
        """The next step, on a batch of these `problems`; `applied`: whether the optimizer took it.

        Raises TrainingFailed, on all ranks alike, if a loss or gradients were not finite since the last look. It names
        the first such step.
        """
        now = time.monotonic()
        self._pending.append((loss, learning_rate, grad_norm, tokens, now - self._last))
        self._last = now
        self._ends.append(now)
        step = len(self._ends)
        self._problems[step] = problems
        if not applied or step in (self._first, self._steps) or step % CHECK_EVERY_STEPS == 0:
            self.require_finite()
            if not applied:
                raise self._failure("the gradients are not finite", step)
            self._problems.clear()
        if self._writes and (step in (self._first, self._steps) or now - self._written > WRITE_EVERY_S):
            self._written = now
            self._write(now)

    def require_finite(self) -> None:
        """Raises TrainingFailed if a step since the last look was not finite."""
        self.all_records()
        for record in self._records[self._checked :]:
            if not math.isfinite(record.loss):
                raise self._failure(f"the loss is {record.loss}", record.step)
            if record.grad_norm is not None and not math.isfinite(record.grad_norm):
                raise self._failure(f"the norm of the gradients is {record.grad_norm}", record.step)
        self._checked = len(self._records)

    def _failure(self, what: str, step: int) -> TrainingFailed:
        names = list(dict.fromkeys(self._problems.get(step, ())))
        more = f" and {len(names) - SHOWN_PROBLEMS} more" if len(names) > SHOWN_PROBLEMS else ""
        batch = f", on a batch of {', '.join(names[:SHOWN_PROBLEMS])}{more}" if names else ""
        return TrainingFailed(f"{self._name}: {what} at step {step}{batch}; {CALMER}")

    def all_records(self) -> tuple[StepRecord, ...]:
        """Every step so far, in order."""
        import torch

        if self._pending:
            losses = torch.stack([pending[0] for pending in self._pending]).tolist()
            for loss, (_, learning_rate, norm, tokens, seconds) in zip(losses, self._pending, strict=True):
                record = StepRecord(
                    step=len(self._records) + 1,
                    loss=loss,
                    learning_rate=learning_rate,
                    grad_norm=None if norm is None else float(norm),
                    tokens=tokens,
                    seconds=seconds,
                )
                self._records.append(record)
            self._pending.clear()
        return tuple(self._records)

    def _write(self, now: float) -> None:
        first = min(self._written_steps, bisect.bisect(self._ends, now - RECENT_S))
        write_progress(self._directory, self._steps, self.all_records()[first:], self.notes)
        self._written_steps = len(self._ends)
