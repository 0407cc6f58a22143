"""One small run as trackers are told of it: two steps of a training, a stage, an iteration."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.trackers.group import TrackerGroup, open_trackers
from pipeline.trackers.tracker import MetricRecord, RunInfo, StageSummary, TrainingStep

ROWS: list[MetricRecord] = [
    {
        "iteration": 1,
        "metric": "accuracy",
        "series": "greedy",
        "width": 1,
        "label": "µCode",
        "n": 300,
        "turns": [{"turn": 1, "value": 0.5, "low": 0.25, "high": 0.75}],
    }
]
STEP_SCALARS = {
    "policy/loss": [(1, 0.5), (2, 0.25)],
    "policy/learning_rate": [(1, 0.125), (2, 0.125)],
    "policy/grad_norm": [(1, 2.0)],
    "policy/tokens_per_second": [(1, 60.0), (2, 60.0)],
}
"""Of the training, as (step, value)."""
ITERATION_SCALARS = {
    "stage/policy/seconds": [(1, 2.5)],
    "stage/policy/rows": [(1, 7.0)],
    "stage/policy/dropped": [(1, 0.0)],
    "accuracy/greedy_n1_turn1/value": [(1, 0.5)],
    "accuracy/greedy_n1_turn1/low": [(1, 0.25)],
    "accuracy/greedy_n1_turn1/high": [(1, 0.75)],
}
"""Of the stage and the iteration, as (iteration, value)."""


def training_step(step: int) -> TrainingStep:
    return TrainingStep(
        iteration=1,
        stage="policy",
        step=step,
        steps=2,
        loss=0.5 / step,
        learning_rate=0.125,
        grad_norm=2.0 if step == 1 else None,
        tokens=30,
        seconds=0.5,
    )


STAGE = StageSummary(
    iteration=1,
    stage="policy",
    started=100.0,
    seconds=2.5,
    counts={"rows": 7, "dropped": 0},
    metrics={"last_loss": 0.25},
    number=3,
    total=9,
    seconds_left=400.0,
)


@contextmanager
def started(name: str, root: Path, seed: int = 0) -> Iterator[TrackerGroup]:
    """One tracker, told that the run starts, closed after the body."""
    with open_trackers([name], str(root)) as trackers:
        settings = {"run": {"seed": seed, "trackers": [name]}}
        trackers.run_started(RunInfo(run_id=trackers.run_id, name="r", root=str(root), iterations=1, settings=settings))
        yield trackers


def tell(name: str, root: Path) -> None:
    """The whole run in one start."""
    with started(name, root) as trackers:
        trackers.training_steps([training_step(1), training_step(2)])
        trackers.stage_finished(STAGE)
        trackers.iteration_finished(1, ROWS)


def tell_in_two_starts(name: str, root: Path) -> None:
    """The same run, interrupted between the steps and resumed with another seed; what a resume finds is told again."""
    try:
        with started(name, root) as trackers:
            trackers.training_started(1, "policy")
            trackers.training_steps([training_step(1)])
            raise KeyboardInterrupt
    except KeyboardInterrupt:
        pass
    with started(name, root, seed=1) as trackers:
        trackers.training_started(1, "policy")
        trackers.training_steps([training_step(1), training_step(2)])
        trackers.stage_finished(STAGE)
        trackers.iteration_finished(1, ROWS)
        trackers.iteration_finished(1, ROWS)
