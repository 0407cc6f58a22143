"""What a run is told as, by name: the same curves in TensorBoard, W&B and MLflow.

policy/loss                         a step of a training: loss, learning rate, gradient norm, tokens per second
stage/policy/seconds                a stage: its seconds and counts
accuracy/greedy_n1_turn1/value      an iteration: a metric after a turn, with the ends of its interval, low and high
"""

from collections.abc import Iterator, Mapping, Sequence

from pipeline.trackers.tracker import MetricRecord, StageSummary, TrainingStep


def step_scalars(step: TrainingStep) -> dict[str, float]:
    """Of one optimizer step; what it does not know is left out."""
    values = {
        "loss": step.loss,
        "learning_rate": step.learning_rate,
        "grad_norm": step.grad_norm,
        "tokens_per_second": step.tokens_per_second,
    }
    return {f"{step.stage}/{name}": value for name, value in values.items() if value is not None}


def stage_scalars(summary: StageSummary) -> dict[str, float]:
    """Of a finished stage."""
    values = {"seconds": summary.seconds, **summary.counts}
    return {f"stage/{summary.stage}/{name}": value for name, value in values.items()}


def iteration_scalars(iteration: int, rows: Sequence[MetricRecord]) -> dict[str, float]:
    """Of one iteration, from the metrics of the whole run."""
    found: dict[str, float] = {}
    for row in rows:
        if row["iteration"] == iteration:
            for point in row["turns"]:
                name = f"{row['metric']}/{row['series']}_n{row['width']}_turn{point['turn']}"
                found |= {f"{name}/value": point["value"], f"{name}/low": point["low"], f"{name}/high": point["high"]}
    return found


def training_folder(iteration: int) -> str:
    """Before the names of an iteration's trainings: each iteration trains from the base model again."""
    return f"iter_{iteration:04d}"


def flat_settings(settings: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    """("run.seed", 0) and so on, of sections within sections."""
    for name, value in settings.items():
        if isinstance(value, Mapping):
            yield from ((f"{name}.{inner}", held) for inner, held in flat_settings(value))
        else:
            yield name, value
