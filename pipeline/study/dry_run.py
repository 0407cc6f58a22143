"""Which stages a study has, found without doing any: every run goes through the same `run_iteration` on paper."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial

from actors.storage.checkpoint import Checkpoint
from pipeline.config.schema import Config
from pipeline.iteration import run_iteration
from pipeline.state.manifest import Manifest
from pipeline.state.problems import ProblemSplits
from pipeline.state.run import Run, StageInput
from pipeline.state.stage import Stage
from pipeline.study.runs import StudyRun


@dataclass(slots=True)
class StageForecast:
    """One distinct stage: who needs it, how much work it is, and its manifest if it is finished."""

    stage: Stage
    iteration: int
    units: float
    done: Manifest | None
    runs: list[str] = field(default_factory=list)


class UnreadSplits(ProblemSplits):
    """Splits by their names, for a study that has not begun: no manifest is there to compare their content with."""

    def digest(self, config: Config, split: str) -> str:
        return f"{getattr(config.problems, split)} {getattr(config.problems, f'limit_{split}')}"

    def size(self, config: Config, split: str) -> int:
        """At most: a limit is believed."""
        return getattr(config.problems, f"limit_{split}") or super().size(config, split)


class DryRun(Run):
    """A run on paper: it notes which stages there would be and where they would be kept; it writes nothing.

    A stage that is not finished gets the hash of its identity for a digest, so that what follows from it is
    recognised in other runs too.
    """

    def __init__(self, study_run: StudyRun, splits: ProblemSplits, forecasts: dict[str, StageForecast]) -> None:
        super().__init__(study_run.config, None, splits)
        self._forecasts = forecasts
        self._passed: dict[tuple[int, str], Manifest] = {}

    def stage(self, iteration: int, step: Stage, **inputs: StageInput) -> Manifest:
        identity = self.identify(iteration, step, inputs)
        place = self.store.shared.path_of(identity)
        if place not in self._forecasts:
            size = partial(self.splits.size, self.config)
            done = self.store.read_shared(place)
            self._forecasts[place] = StageForecast(step, iteration, step.work(self.config, size, iteration), done)
        forecast = self._forecasts[place]
        forecast.runs.append(self.config.run.name)
        manifest = forecast.done or Manifest(
            stage=step.name,
            iteration=iteration,
            directory=place,
            identity_hash=identity.hash,
            identity=identity.settings,
            inputs=identity.inputs,
            digest=identity.hash,
            checkpoint=Checkpoint(path=place, policy_id=identity.hash),
        )
        self._passed[iteration, step.name] = manifest
        return manifest

    def lookup(self, iteration: int, step: Stage) -> Manifest | None:
        return self._passed.get((iteration, step.name))


def forecast_stages(runs: Iterable[StudyRun], splits: ProblemSplits | None = None) -> dict[str, StageForecast]:
    """Every distinct stage of the runs, by the place where it is kept, in the order of first need."""
    forecasts: dict[str, StageForecast] = {}
    splits = splits or ProblemSplits()
    for study_run in runs:
        run = DryRun(study_run, splits, forecasts)
        for iteration in range(study_run.config.run.iterations + 1):
            run_iteration(run, iteration)
    return forecasts
