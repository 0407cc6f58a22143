"""The tracker that writes TensorBoard's event files: `tensorboard --logdir RUN_DIRECTORY/tensorboard`.

tensorboard/                 per iteration: metrics with the ends of their intervals; per stage: counts and seconds
tensorboard/iter_0001/       per step of that iteration's trainings: loss, learning rate, gradient norm, tokens/s
"""

import posixpath
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from pipeline.trackers.tracker import MetricRecord, RunInfo, StageSummary, TrainingStep

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter


class TensorBoardTracker:
    """`root`: the run directory, a local path. Every event is flushed, so that a killed run keeps its curves."""

    def __init__(self, root: str) -> None:
        from torch.utils.tensorboard import SummaryWriter

        self._open = SummaryWriter
        self._directory = posixpath.join(root, "tensorboard")
        self._writers: dict[str, SummaryWriter] = {}

    def run_started(self, info: RunInfo) -> None:
        settings = "\n".join(f"    {name} = {value}" for name, value in info.settings.items())
        self._writer().add_text("run", f"{info.name}, run id {info.run_id}\n\n{settings}", 0)
        self._writer().flush()

    def training_step(self, step: TrainingStep) -> None:
        values = {
            "loss": step.loss,
            "learning_rate": step.learning_rate,
            "grad_norm": step.grad_norm,
            "tokens_per_second": step.tokens_per_second,
        }
        self._scalars(f"iter_{step.iteration:04d}", step.stage, values, step.step)

    def stage_finished(self, summary: StageSummary) -> None:
        values = {"seconds": summary.seconds, **summary.counts}
        self._scalars("", f"stage/{summary.stage}", values, summary.iteration)

    def iteration_finished(self, iteration: int, rows: Sequence[MetricRecord]) -> None:
        for row in rows:
            if row["iteration"] == iteration:
                for point in row["turns"]:
                    name = f"{row['metric']}/{row['series']}_n{row['width']}_turn{point['turn']}"
                    values = {"value": point["value"], "low": point["low"], "high": point["high"]}
                    self._scalars("", name, values, iteration)

    def close(self) -> None:
        for writer in self._writers.values():
            writer.close()

    def _writer(self, folder: str = "") -> "SummaryWriter":
        if folder not in self._writers:
            self._writers[folder] = self._open(posixpath.join(self._directory, folder))
        return self._writers[folder]

    def _scalars(self, folder: str, tag: str, values: Mapping[str, float | None], step: int) -> None:
        writer = self._writer(folder)
        for name, value in values.items():
            if value is not None:
                writer.add_scalar(f"{tag}/{name}", value, step)
        writer.flush()
