"""The stages that a run will have, found by going through its iterations on paper."""

from collections.abc import Mapping
from functools import partial

from actors.storage.checkpoint import Checkpoint
from pipeline.config.schema import Config
from pipeline.iteration import run_iteration
from pipeline.state.manifest import Manifest
from pipeline.state.problems import ProblemSplits
from pipeline.state.run import Run, StageInput
from pipeline.state.run_progress import PlannedStage
from pipeline.state.stage import Stage


class PaperRun(Run):
    """A run on paper: it is asked for every stage, executes none and writes nothing."""

    def __init__(self, config: Config, splits: ProblemSplits) -> None:
        super().__init__(config, None, splits)
        self.planned: list[PlannedStage] = []
        self._passed: dict[tuple[int, str], Manifest] = {}

    def pass_iterations(self) -> list[PlannedStage]:
        """Every stage in its order, finished ones too."""
        for iteration in range(self.config.run.iterations + 1):
            run_iteration(self, iteration)
        return self.planned

    def stage(self, iteration: int, step: Stage, **inputs: StageInput) -> Manifest:
        units = step.work(self.config, partial(self.splits.size, self.config), iteration)
        planned = PlannedStage(stage=step, iteration=iteration, units=units)
        self.planned.append(planned)
        manifest = self._passed[iteration, step.name] = self.manifest_on_paper(planned, inputs)
        return manifest

    def manifest_on_paper(self, planned: PlannedStage, inputs: Mapping[str, StageInput]) -> Manifest:
        """What the stage would leave, as far as those that follow ask for it."""
        return Manifest(
            stage=planned.stage.name,
            iteration=planned.iteration,
            directory="",
            identity_hash="",
            identity={},
            inputs={},
            digest="",
            checkpoint=Checkpoint(path="", policy_id=""),
        )

    def lookup(self, iteration: int, step: Stage) -> Manifest | None:
        return self._passed.get((iteration, step.name))


def planned_stages(run: Run) -> list[PlannedStage]:
    """Every stage of `run` in its order, finished ones too. Reads the problems, writes nothing."""
    return PaperRun(run.config, run.splits).pass_iterations()
