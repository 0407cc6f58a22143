"""A tracker that remembers what it was told, by `tests.support.recording_tracker:RECORDING`; one that fails."""

from collections.abc import Sequence

from pipeline.trackers.tracker import MetricRecord, RunInfo, StageSummary, TrackerKind, TrainingStep


class RecordingTracker:
    def __init__(self, root: str = "") -> None:
        self.told: list[tuple[object, ...]] = []

    def run_started(self, info: RunInfo) -> None:
        self.told.append(("run", info.run_id))

    def training_step(self, step: TrainingStep) -> None:
        self.told.append(("step", step.iteration, step.stage, step.step))

    def stage_finished(self, summary: StageSummary) -> None:
        self.told.append(("stage", summary.iteration, summary.stage))

    def iteration_finished(self, iteration: int, rows: Sequence[MetricRecord]) -> None:
        self.told.append(("iteration", iteration, len(rows)))

    def close(self) -> None:
        self.told.append(("close",))


class FailingTracker(RecordingTracker):
    def training_step(self, step: TrainingStep) -> None:
        raise OSError("the disk is full")


RECORDING = TrackerKind(title="remembers", open=RecordingTracker)
FAILING = TrackerKind(title="fails at the first step", open=FailingTracker)
