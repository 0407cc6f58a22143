"""Saved states of a training: when they are saved, how they lie on the storage, and whose they are."""

import math
from array import array
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from actors.storage.run_storage import BACKENDS
from pipeline.training.examples import TrainingExample
from pipeline.training.pair_loss import PairLoss
from pipeline.training.settings import TrainingSettings
from pipeline.training.states import save_times
from pipeline.training.states.identity import differing_names, training_identity
from pipeline.training.states.save_times import SaveTimes
from pipeline.training.states.saved_states import FOLDER, SavedStates
from pipeline.training.states.tensor_file import write_tensors
from pipeline.training.target_loss import TargetLoss
from tests.support.memory_storage import FILES, MemoryStorage

# ---- files ----------------------------------------------------------------------------------------------------------


def test_a_file_is_read_by_safetensors_as_it_was_written_tensor_by_tensor(tmp_path: Path) -> None:
    wanted = {"a.weight": torch.randn(3, 5), "b": torch.tensor(2.5), "empty": torch.zeros(0, 4), "c": torch.randn(7)}
    made: list[str] = []

    def tensors() -> Iterator[torch.Tensor]:
        for name, value in [*wanted.items(), ("next file", torch.zeros(1))]:
            made.append(name)
            yield value

    stream = tensors()
    write_tensors(tmp_path / "x.safetensors", {name: tuple(value.shape) for name, value in wanted.items()}, stream)
    found = load_file(tmp_path / "x.safetensors")
    assert found.keys() == wanted.keys()
    assert all(torch.equal(found[name], value) for name, value in wanted.items())
    assert made == list(wanted), "the stream goes on with the next file"


def test_a_tensor_of_another_shape_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"w has the shape \(2,\), expected \(3,\)"):
        write_tensors(tmp_path / "x.safetensors", {"w": (3,)}, iter([torch.zeros(2)]))


# ---- the folder -----------------------------------------------------------------------------------------------------


@pytest.fixture(params=["path", "file"])
def stage(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return {"path": str(tmp_path / "stage"), "file": f"file://{tmp_path}/stage"}[request.param]


def content(directory: Path, text: str) -> None:
    (directory / "weight.safetensors").write_text(text)


def test_the_latest_state_takes_the_place_of_the_one_before(stage: str, tmp_path: Path) -> None:
    states = SavedStates(stage)
    assert states.addresses() == []
    for step in (9, 10, 100):
        states.save(step, lambda directory: content(directory, "x"))
        assert states.addresses() == [f"{stage}/{FOLDER}/step-{step:08d}"]
        assert len(list((tmp_path / "stage" / FOLDER).iterdir())) == 1
    states.forget()
    states.forget()
    assert states.addresses() == [] and not (tmp_path / "stage" / FOLDER).exists()


def test_a_state_that_was_cut_off_in_the_middle_leaves_the_former_one(stage: str, tmp_path: Path) -> None:
    """A half is what a process leaves that is killed while it writes, or while it sends."""
    states = SavedStates(stage)
    states.save(5, lambda directory: content(directory, "x"))

    def stop(directory: Path) -> None:
        content(directory, "half")
        raise OSError("no space left on device")

    with pytest.raises(OSError, match="no space left"):
        states.save(6, stop)
    for half in ("step-00000007", ".step-00000008.1a2b3c4d.tmp"):
        (tmp_path / "stage" / FOLDER / half).mkdir()
        content(tmp_path / "stage" / FOLDER / half, "half")
    assert SavedStates(stage).addresses() == [f"{stage}/{FOLDER}/step-00000005"]
    states.save(9, lambda directory: content(directory, "x"))
    assert [path.name for path in (tmp_path / "stage" / FOLDER).iterdir()] == ["step-00000009"]


def test_an_upload_that_fails_leaves_the_former_state(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    class FailingStorage(MemoryStorage):
        def upload(self, local: Path, name: str) -> None:
            if self.root.endswith("step-00000006") and name == "checkpoint.json":
                raise OSError("the connection was lost")
            FILES.setdefault(f"memory://run/{FOLDER}", {})[f"{self.root.rpartition('/')[2]}/{name}"] = b""
            super().upload(local, name)

    monkeypatch.setitem(BACKENDS, "memory", FailingStorage)
    states = SavedStates("memory://run")
    states.save(5, lambda directory: content(directory, "x"))
    with pytest.raises(OSError, match="the connection was lost"):
        states.save(6, lambda directory: content(directory, "y"))
    assert states.addresses() == [f"memory://run/{FOLDER}/step-00000005"]


# ---- the clock ------------------------------------------------------------------------------------------------------


class Clock:
    now = 0.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    found = Clock()
    monkeypatch.setattr(save_times, "time", found)
    return found


def saves(
    clock: Clock, every_s: float, *, step_s: float, write_s: float = 0.0, steps: int = 100
) -> tuple[list[int], int]:
    """After which steps a training saves, and how often its ranks had to agree."""
    agreed = 0

    def agree(numbers: list[int]) -> list[int]:
        nonlocal agreed
        agreed += 1
        return numbers

    times, due = SaveTimes(every_s, 0, agree), []
    for step in range(1, steps + 1):
        clock.now += step_s
        if times.is_due(step):
            due.append(step)
            clock.now += write_s
            times.note_saved(step, write_s)
    return due, agreed


def test_it_is_saved_by_the_clock_and_the_ranks_agree_seldom(clock: Clock) -> None:
    due, agreed = saves(clock, 10.0, step_s=0.25)
    assert due == [40, 80]
    assert agreed < 20


@pytest.mark.parametrize(("every_s", "step_s"), [(0.0, 100.0), (600.0, 5.0)], ids=["off", "short"])
def test_a_short_training_never_saves(clock: Clock, every_s: float, step_s: float) -> None:
    assert saves(clock, every_s, step_s=step_s)[0] == []


def test_steps_longer_than_the_pause_are_each_saved(clock: Clock) -> None:
    assert saves(clock, 10.0, step_s=60.0, steps=4)[0] == [1, 2, 3, 4]


def test_writing_takes_a_tenth_of_the_time_at_most(clock: Clock) -> None:
    assert saves(clock, 10.0, step_s=1.0, write_s=3.0)[0] == [10, 40, 70, 100]


def test_the_other_ranks_do_as_rank_0_says(clock: Clock) -> None:
    said = iter([[0, 3], [1, 1]])
    times = SaveTimes(1.0, 0, lambda own: next(said))
    clock.now += math.pi
    assert [times.is_due(step) for step in (1, 2, 3, 4)] == [False, False, False, True]


# ---- whose it is ----------------------------------------------------------------------------------------------------


def base(directory: Path) -> str:
    """Weights that are named by their checksum; nobody reads them."""
    directory.mkdir()
    (directory / "model.safetensors").write_text(directory.name)
    return str(directory)


def test_what_decides_the_weights_is_in_the_identity_and_how_it_is_carried_out_is_not(tmp_path: Path) -> None:
    settings = TrainingSettings(
        **{"data": "d", "out": "o", "base": base(tmp_path / "one"), "batch_size": 2, "steps": 3, "seed": 0},
        **{"epochs": None, "learning_rate": 0.1, "dtype": "float32", "max_tokens": 9, "micro_batch_tokens": None},
    )
    examples = [TrainingExample(sequences=(array("i", [1, 2, 3]),), start=1)]
    shapes = {"a": (2, 3)}
    here = training_identity(TargetLoss(), settings, examples, shapes)
    elsewhere = replace(settings, data="e", out="p", zero_stage=3, offload=True, threads=4, micro_batch_tokens=64)
    assert training_identity(TargetLoss(), elsewhere, examples, shapes) == here
    others = {
        "learning_rate": training_identity(TargetLoss(), replace(settings, learning_rate=0.2), examples, shapes),
        "the examples": training_identity(TargetLoss(), settings, [replace(examples[0], start=2)], shapes),
        "the parameters": training_identity(TargetLoss(), settings, examples, {"a": (3, 2)}),
        "the base model": training_identity(
            TargetLoss(), replace(settings, base=base(tmp_path / "two")), examples, shapes
        ),
    }
    for name, other in others.items():
        assert differing_names(other, here) == [name]
    losses = [PairLoss(kind="bt", reward_l2=reward) for reward in (0.0, 0.1)]
    one, two = (training_identity(loss, settings, examples, shapes) for loss in losses)
    assert differing_names(one, two) == ["reward_l2"]
