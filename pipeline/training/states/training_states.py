"""What the training loop calls: go on from a saved state if there is one, and save the state now and then.

Rank 0 reads and writes the storage; tensors go to and come from the other ranks one at a time.
"""

import base64
import json
import posixpath
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from actors.storage.checkpoint import CheckpointError, open_checkpoint
from pipeline.trackers.steps import StepRecord, read_training_steps, write_training_steps
from pipeline.training.batches import TokenCount
from pipeline.training.examples import TrainingExample
from pipeline.training.progress import StepLog
from pipeline.training.settings import TrainingSettings
from pipeline.training.states.identity import differing_names, training_identity
from pipeline.training.states.named_tensors import KINDS, Shape, gather_tensors, restore_tensors, tensor_shapes
from pipeline.training.states.random_state import gather_random_states, restore_random_state
from pipeline.training.states.save_times import SaveTimes
from pipeline.training.states.saved_states import SavedStates
from pipeline.training.states.tensor_file import write_tensors
from pipeline.training.types import Objective
from sandbox.json_text import read_json

if TYPE_CHECKING:
    from deepspeed import DeepSpeedEngine
    from torch import Tensor

ABOUT = "state.json"
SCHEMA = "training_state/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """How far a training is, apart from what the engine holds."""

    records: tuple[StepRecord, ...] = ()
    count: TokenCount = field(default_factory=TokenCount)
    random_states: list[bytes] = field(default_factory=list)

    @property
    def step(self) -> int:
        """Steps that were taken, which is also the place in the batches and in the schedule."""
        return len(self.records)


class TrainingStates:
    """The states of the training that `engine` is for. Every rank has one, and calls its methods with the others."""

    def __init__(
        self,
        engine: "DeepSpeedEngine",
        objective: Objective,
        settings: TrainingSettings,
        examples: Sequence[TrainingExample],
    ) -> None:
        import torch.distributed as dist

        self._engine, self._objective, self._settings, self._examples = engine, objective, settings, examples
        self._is_first, self._alone = dist.get_rank() == 0, dist.get_world_size() == 1
        self._saved = SavedStates(posixpath.dirname(settings.out))
        self._times = SaveTimes(settings.save_every_s, 0, self._from_rank_0)
        self.notes: list[str] = []
        """What a person should know of it; on rank 0."""

    @cached_property
    def _identity(self) -> dict[str, Any]:
        """Read late: it takes seconds, which a short training has not."""
        shapes = tensor_shapes(self._engine)
        return training_identity(self._objective, self._settings, self._examples, shapes)

    # ---- going on ---------------------------------------------------------------------------------------------------

    def restore(self) -> Reached:
        """Put the engine where the latest state of this training left it, if there is one, and say how far that is."""
        with ExitStack() as stack:
            directory, found = self._find(stack) if self._is_first else (None, Reached())
            reached: Reached = self._from_rank_0(found)
            if reached.step:
                self._restore_engine(reached, directory, stack)
                self.notes.append(f"went on from step {reached.step}")
        self._times = SaveTimes(self._settings.save_every_s, reached.step, self._from_rank_0)
        return reached

    def _find(self, stack: ExitStack) -> tuple[Path | None, Reached]:
        """The latest state that is whole and of this training, as a directory that is there while `stack` is open."""
        for address in self._saved.addresses():
            try:
                directory = stack.enter_context(open_checkpoint(address))
            except (CheckpointError, OSError) as error:
                self.notes.append(f"the state at {address} is not used: {error}")
                continue
            about = read_json((directory / ABOUT).read_text())
            schema, identity = about.get("schema"), about.get("identity", {})
            differing = differing_names(identity, self._identity) if schema == SCHEMA else [f"schema {schema}"]
            if not differing:
                return directory, _reached(directory, about)
            self.notes.append(
                f"the state at {address} is of another training ({', '.join(differing)}), so it is not used, and goes "
                "when this one saves its own"
            )
        return None, Reached()

    def _restore_engine(self, reached: Reached, directory: Path | None, stack: ExitStack) -> None:
        import torch
        import torch.distributed as dist
        from safetensors import safe_open

        device = self._engine.device
        files = {}
        if directory is not None:
            files = {kind: stack.enter_context(safe_open(_file(directory, kind), framework="pt")) for kind in KINDS}

        def read(kind: str, name: str, shape: Shape) -> "Tensor":
            found = files[kind].get_tensor(name).to(device) if files else torch.empty(shape, device=device)
            if not self._alone:
                dist.broadcast(found, src=0)
            return found

        restore_tensors(self._engine, reached.step, read)
        restore_random_state(reached.random_states, device)

    # ---- saving -----------------------------------------------------------------------------------------------------

    def save_if_due(self, log: StepLog, count: TokenCount) -> None:
        """After a step that is in `log` and in `count`: save, if it is time. Raises TrainingFailed as `StepLog.add`.

        A state that cannot be written is told, and the training goes on without.
        """
        if not self._times.is_due(log.step):
            return
        log.require_finite()
        started = time.monotonic()
        states = gather_random_states(self._engine.device)
        reached = Reached(records=log.all_records(), count=count, random_states=states)
        tensors = gather_tensors(self._engine)
        try:
            if self._is_first:
                self._saved.save(reached.step, lambda directory: self._write(directory, reached, tensors))
        except (OSError, CheckpointError) as error:
            log.notes.append(f"the state after step {reached.step} could not be saved: {type(error).__name__}: {error}")
        for _ in tensors:  # the other ranks' part in it, or what an error left
            pass
        self._times.note_saved(reached.step, time.monotonic() - started)

    def _write(self, directory: Path, reached: Reached, tensors: "Iterator[Tensor]") -> None:
        shapes = tensor_shapes(self._engine)
        for kind in KINDS:
            write_tensors(_file(directory, kind), shapes, tensors)
        write_training_steps(str(directory), reached.records)
        about = {
            "schema": SCHEMA,
            "identity": self._identity,
            "count": asdict(reached.count),
            "random_states": [base64.b64encode(state).decode() for state in reached.random_states],
        }
        (directory / ABOUT).write_text(json.dumps(about, indent=1))

    def _from_rank_0(self, value: Any) -> Any:
        """Rank 0's `value`, on every rank."""
        import torch.distributed as dist

        values = [value]
        if not self._alone:
            dist.broadcast_object_list(values, src=0, device=self._engine.device)
        return values[0]


def _reached(directory: Path, about: Mapping[str, Any]) -> Reached:
    return Reached(
        records=tuple(read_training_steps(str(directory))),
        count=TokenCount(**about["count"]),
        random_states=[base64.b64decode(state) for state in about["random_states"]],
    )


def _file(directory: Path, kind: str) -> Path:
    return directory / f"{kind}.safetensors"
