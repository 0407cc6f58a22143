"""The tracker that writes TensorBoard's event files: `tensorboard --logdir RUN_DIRECTORY/tensorboard`.

tensorboard/                 per iteration: metrics with the ends of their intervals; per stage: counts and seconds
tensorboard/iter_0001/       per step of that iteration's trainings: loss, learning rate, gradient norm, tokens/s
"""

import posixpath
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from pipeline.trackers.scalars import iteration_scalars, stage_scalars, step_scalars, training_folder
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
        self._add(training_folder(step.iteration), step_scalars(step), step.step)

    def stage_finished(self, summary: StageSummary) -> None:
        self._add("", stage_scalars(summary), summary.iteration)

    def iteration_finished(self, iteration: int, rows: Sequence[MetricRecord]) -> None:
        self._add("", iteration_scalars(iteration, rows), iteration)

    def close(self) -> None:
        for writer in self._writers.values():
            writer.close()

    def _writer(self, folder: str = "") -> "SummaryWriter":
        if folder not in self._writers:
            self._writers[folder] = self._open(posixpath.join(self._directory, folder))
        return self._writers[folder]

    def _add(self, folder: str, values: Mapping[str, float], step: int) -> None:
        writer = self._writer(folder)
        for tag, value in values.items():
            writer.add_scalar(tag, value, step)
        writer.flush()
