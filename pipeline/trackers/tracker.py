"""What a tracker is told while a run goes on, and the protocol that it implements."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypedDict

from sandbox.errors import UserError


class TrackerError(UserError, ValueError):
    """A tracker cannot be opened; the message says what is missing and how to add it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunInfo:
    """The run that is told of."""

    run_id: str
    """The same across all resumes of a run directory."""
    name: str
    root: str
    """The run directory: a local path or an s3://, gs:// … address."""
    iterations: int
    """Trainings of the generator that are planned; iteration 0 is the base model."""
    settings: Mapping[str, object] = field(default_factory=dict)
    """Every config key with its value, sections nested."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingStep:
    """One optimizer step of the training that is the stage `stage` of an iteration."""

    iteration: int
    stage: str
    step: int
    """1-based."""
    steps: int
    """Of the whole training."""
    loss: float
    """Of the global batch."""
    learning_rate: float
    """That this step was taken with."""
    grad_norm: float | None
    """2-norm of all gradients before clipping; None if DeepSpeed computes none (training.zero_stage = 0)."""
    tokens: int
    """Of the global batch, without padding."""
    seconds: float

    @property
    def tokens_per_second(self) -> float:
        return self.tokens / self.seconds if self.seconds > 0 else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class StageSummary:
    """A stage that was carried out and committed."""

    iteration: int
    stage: str
    started: float
    """Unix time in seconds."""
    seconds: float
    counts: Mapping[str, int] = field(default_factory=dict)
    """Rows and episodes by what became of them."""
    metrics: Mapping[str, object] = field(default_factory=dict)
    """What the stage's manifest holds beside its counts, as the losses of a training."""
    number: int | None = None
    """1-based, of the `total` stages of the run; None if the caller does not count."""
    total: int | None = None
    seconds_left: float | None = None
    """About, for the stages that are not finished."""


class TurnRecord(TypedDict):
    """A value after `turn` turns (1-based), with its 95 % interval."""

    turn: int
    value: float
    low: float
    high: float


class MetricRecord(TypedDict, total=False):
    """A line of metrics.jsonl: one metric of one series of an iteration, after each turn."""

    iteration: int
    metric: str
    series: str
    width: int
    label: str
    n: int
    turns: list[TurnRecord]


class Tracker(Protocol):
    """Is told what happens, in order. An exception ends this tracker, never the run."""

    def run_started(self, info: RunInfo) -> None:
        """First of all, at every start and resume of the run."""
        ...

    def training_step(self, step: TrainingStep) -> None:
        """While the training goes on, from another thread than the other calls. No step comes twice."""
        ...

    def stage_finished(self, summary: StageSummary) -> None: ...

    def iteration_finished(self, iteration: int, rows: Sequence[MetricRecord]) -> None:
        """`rows` are the metrics of the whole run so far, those of `iteration` among them."""
        ...

    def close(self) -> None:
        """The run ended, whole or in the middle. Nothing is told after it."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackerKind:
    """A row of `pipeline.trackers.kinds.TRACKERS`: how a tracker of this kind is opened."""

    title: str
    open: Callable[[str], Tracker]
    """Opens one on a run directory (path or address). Imports what it needs itself, not when the row is read."""
    modules: tuple[str, ...] = ()
    """That must be installed; looked for before any work."""
    extra: str = ""
    """The extra of this package that brings them."""
    check: Callable[[str], None] | None = None
    """Raises TrackerError if one cannot be opened on that run directory, for want of a key, say. It is called before
    any work and by dry runs, and asks neither a person nor the network."""
