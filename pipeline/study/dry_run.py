"""Which stages a study has, found without doing any: every run goes through its iterations on paper."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from actors.storage.checkpoint import Checkpoint
from pipeline.config.schema import Config
from pipeline.plan import PaperRun
from pipeline.state.manifest import Manifest
from pipeline.state.problems import ProblemSplits
from pipeline.state.run import StageInput
from pipeline.state.run_progress import PlannedStage
from pipeline.study.runs import StudyRun


@dataclass(frozen=True, kw_only=True)
class StageForecast(PlannedStage):
    """One distinct stage: its manifest if it is finished, and the names of the runs that need it."""

    done: Manifest | None
    runs: list[str] = field(default_factory=list)


class UnreadSplits(ProblemSplits):
    """Splits by their names, for a study that has not begun: no manifest is there to compare their content with."""

    def digest(self, config: Config, split: str) -> str:
        return f"{getattr(config.problems, split)} {getattr(config.problems, f'limit_{split}')}"

    def size(self, config: Config, split: str) -> int:
        """At most: a limit is believed."""
        return getattr(config.problems, f"limit_{split}") or super().size(config, split)


class DryRun(PaperRun):
    """Notes where its stages would be kept, in `forecasts` by place, which all runs of a study share.

    A stage that is not finished gets the hash of its identity for a digest, so that what follows from it is
    recognised in other runs too.
    """

    def __init__(self, config: Config, splits: ProblemSplits, forecasts: dict[str, StageForecast]) -> None:
        super().__init__(config, splits)
        self._forecasts = forecasts

    def manifest_on_paper(self, planned: PlannedStage, inputs: Mapping[str, StageInput]) -> Manifest:
        identity = self.identify(planned.iteration, planned.stage, inputs)
        place = self.store.shared.path_of(identity)
        if place not in self._forecasts:
            done = self.store.read_shared(place)
            self._forecasts[place] = StageForecast(
                stage=planned.stage, iteration=planned.iteration, units=planned.units, done=done
            )
        forecast = self._forecasts[place]
        forecast.runs.append(self.config.run.name)
        return forecast.done or Manifest(
            stage=planned.stage.name,
            iteration=planned.iteration,
            directory=place,
            identity_hash=identity.hash,
            identity=identity.settings,
            inputs=identity.inputs,
            digest=identity.hash,
            checkpoint=Checkpoint(path=place, policy_id=identity.hash),
        )


def forecast_stages(runs: Iterable[StudyRun], splits: ProblemSplits | None = None) -> dict[str, StageForecast]:
    """Every distinct stage of the runs, by the place where it is kept, in the order of first need."""
    forecasts: dict[str, StageForecast] = {}
    splits = splits or ProblemSplits()
    for study_run in runs:
        DryRun(study_run.config, splits, forecasts).pass_iterations()
    return forecasts
