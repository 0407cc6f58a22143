"""The stages that a run will have, found by going through its iterations on paper."""

from functools import partial

from actors.storage.checkpoint import Checkpoint
from pipeline.iteration import run_iteration
from pipeline.state.manifest import Manifest
from pipeline.state.run import Run, StageInput
from pipeline.state.run_progress import PlannedStage
from pipeline.state.stage import Stage


def planned_stages(run: Run) -> list[PlannedStage]:
    """Every stage of `run` in its order, finished ones too. Reads the problems, writes nothing."""
    paper = _PaperRun(run)
    for iteration in range(run.config.run.iterations + 1):
        run_iteration(paper, iteration)
    return paper.planned


class _PaperRun(Run):
    """Notes the stages that it is asked for, and answers with manifests of nothing."""

    def __init__(self, run: Run) -> None:
        super().__init__(run.config, None, run.splits)
        self.planned: list[PlannedStage] = []
        self._passed: dict[tuple[int, str], Manifest] = {}

    def stage(self, iteration: int, step: Stage, **inputs: StageInput) -> Manifest:
        units = step.work(self.config, partial(self.splits.size, self.config), iteration)
        self.planned.append(PlannedStage(stage=step, iteration=iteration, units=units))
        manifest = Manifest(
            stage=step.name,
            iteration=iteration,
            directory="",
            identity_hash="",
            identity={},
            inputs={},
            digest="",
            checkpoint=Checkpoint(path="", policy_id=""),
        )
        self._passed[iteration, step.name] = manifest
        return manifest

    def lookup(self, iteration: int, step: Stage) -> Manifest | None:
        return self._passed.get((iteration, step.name))
