"""A run directory whose stages were committed by the store's own code: small parts, and checkpoints of a few bytes."""

import time
from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa

from actors.storage.checkpoint import Checkpoint, save_atomically
from actors.storage.parts import commit_part
from pipeline.config.load import load_config
from pipeline.iteration import run_iteration
from pipeline.plan import PaperRun
from pipeline.stages.generator import CONTROL_POLICY, POLICY
from pipeline.stages.search import BEST_ITERATION
from pipeline.stages.verifier import VERIFIER
from pipeline.state.identity import StageIdentity
from pipeline.state.manifest import Manifest
from pipeline.state.problems import ProblemSplits
from pipeline.state.run import StageInput
from pipeline.state.stage import Stage, StageOutput

TRAININGS = (POLICY, VERIFIER, CONTROL_POLICY)
WEIGHTS = 1000
"""Bytes."""


class Stopped(Exception):
    """The run was killed."""


class TrainedRun(PaperRun):
    """Executes every stage at once. `solved`: of ten episodes of each iteration's searches; `stop`: the stage, by
    iteration and name, before which it is killed."""

    base = Checkpoint(path="base", policy_id="base")  # type: ignore[assignment]

    def __init__(
        self, root: Path | str, *settings: str, solved: tuple[int, ...] = (), stop: tuple[int, str] = (-1, "")
    ):
        super().__init__(load_config(None, [f"run.root={root}", "run.name=r", *settings]), ProblemSplits())
        self.solved, self.stop = solved, stop

    def carry_out(self) -> "TrainedRun":
        self.store.write(self.config.model_dump_json().encode(), "config.json")
        for iteration in range(self.config.run.iterations + 1):
            try:
                run_iteration(self, iteration)
            except Stopped:
                break
        return self

    def stage(self, iteration: int, step: Stage, **inputs: StageInput) -> Manifest:
        if (iteration, step.name) == self.stop:
            raise Stopped
        found = self.store.read_manifest(iteration, step.name) or self._execute_at_once(iteration, step, inputs)
        self._passed[iteration, step.name] = found
        return found

    def _execute_at_once(self, iteration: int, step: Stage, inputs: Mapping[str, StageInput]) -> Manifest:
        directory = self.store.directory(iteration, step.name)
        identity = StageIdentity(iteration=iteration, stage=step.name, settings={}, inputs={})
        if step in TRAININGS:
            checkpoint = save_atomically(
                lambda path: _write(path, f"{step.name}{iteration}"), f"{directory}/checkpoint"
            )
            return self.store.commit(identity, StageOutput(checkpoint=checkpoint), time.monotonic())
        if step is BEST_ITERATION:
            return self.store.commit(identity, step.function(None, **inputs), time.monotonic())
        solved = self.solved[iteration] if iteration < len(self.solved) else 0
        counts = {"episodes": 10, "ended_infrastructure": 0, "solved": solved}
        commit_part(directory, 0, pa.table({"a": [1]}), counts)
        return self.store.commit(identity, StageOutput(), time.monotonic())


def _write(path: Path, content: str) -> None:
    (path / "model.safetensors").write_text(content.ljust(WEIGHTS))
    (path / "config.json").write_text("{}")
    (path / "training.json").write_text("{}")
