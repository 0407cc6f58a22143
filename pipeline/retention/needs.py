"""Which checkpoints the stages that are not finished will read: the run is gone through on paper, by its manifests."""

import io
from collections.abc import Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass

from actors.storage.checkpoint import Checkpoint
from pipeline.config.schema import Config
from pipeline.iteration import run_iteration
from pipeline.plan import PaperRun
from pipeline.stages.generator import POLICY
from pipeline.stages.search import BEST_ITERATION, most_accurate
from pipeline.stages.verifier import VERIFIER
from pipeline.state.manifest import Manifest
from pipeline.state.problems import ProblemSplits
from pipeline.state.run import StageInput
from pipeline.state.run_progress import PlannedStage
from pipeline.state.stage import Stage
from pipeline.state.store import Store
from sandbox.errors import UserError


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """A stage that is not finished, and the checkpoint, a path or an address, that it will read."""

    path: str
    iteration: int
    stage: str


def needed_checkpoints(store: Store, config: Config) -> list[Need]:
    """What a resume with `config` reads of the run's own checkpoints. Reads manifests alone, writes nothing.

    A run that would end early, since there is nothing to train on, needs what it reads until then.
    """
    run = _RunOnPaper(store, config)
    with redirect_stdout(io.StringIO()):  # what a run says of its stages
        try:
            for iteration in range(config.run.iterations + 1):
                run_iteration(run, iteration)
        except UserError:
            pass
    return run.needs


class _RunOnPaper(PaperRun):
    """Finished stages are what they left; of the others it is noted which checkpoints go in."""

    base = Checkpoint(path="", policy_id="")  # type: ignore[assignment]  # the run's own base may be out of reach

    def __init__(self, store: Store, config: Config) -> None:
        super().__init__(config, ProblemSplits())
        self.store = store
        self.needs: list[Need] = []

    def stage(self, iteration: int, step: Stage, **inputs: StageInput) -> Manifest:
        found = self.store.read_manifest(iteration, step.name)
        if found is None:
            found = self.manifest_on_paper(PlannedStage(stage=step, iteration=iteration, units=0.0), inputs)
            read = [one.path for one in inputs.values() if isinstance(one, Checkpoint) and one.path]
            self.needs += [Need(path=path, iteration=iteration, stage=step.name) for path in read]
            if step is BEST_ITERATION:
                self._need_best_so_far(inputs)
        self._passed[iteration, step.name] = found
        return found

    def _need_best_so_far(self, inputs: Mapping[str, StageInput]) -> None:
        """Of the searches on validation that are finished one may stay the best: its models are searched with then."""
        found = inputs["searches"]
        searches = [one for one in found if one.parts] if isinstance(found, list) else []
        if not searches:
            return
        best = most_accurate(searches).iteration
        for step in (POLICY, VERIFIER):
            trained = self.store.read_manifest(best, step.name)
            if trained is not None:
                last = self.config.run.iterations
                self.needs.append(Need(path=trained.trained.path, iteration=last, stage=BEST_ITERATION.name))
