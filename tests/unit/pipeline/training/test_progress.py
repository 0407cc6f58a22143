"""The log of a training's steps, and what the driver can read of it meanwhile."""

import math
from pathlib import Path

import pytest
import torch

from pipeline.trackers.steps import StepRecord, read_progress
from pipeline.training import progress
from pipeline.training.errors import TrainingFailed
from pipeline.training.progress import StepLog
from sandbox.errors import ENDED_IN_THE_MIDDLE


class Clock:
    now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    found = Clock()
    monkeypatch.setattr(progress, "time", found)
    return found


def add(log: StepLog, clock: Clock, seconds: float) -> None:
    clock.now += seconds
    log.add(torch.tensor(0.5), 0.125, torch.tensor(2.0), 30)


def test_a_file_holds_what_is_new_and_the_last_half_minute(tmp_path: Path, clock: Clock) -> None:
    log = StepLog("policy", 9, str(tmp_path), writes=True)

    def shown() -> list[int]:
        steps, records, _ = read_progress(str(tmp_path))
        assert steps == 9
        return [record.step for record in records]

    add(log, clock, 0.5)
    assert shown() == [1]  # the first, so that a person sees that it began
    add(log, clock, 0.5)
    assert shown() == [1]  # too soon to write again
    add(log, clock, 1.0)
    assert shown() == [1, 2, 3]
    add(log, clock, 29.0)
    assert shown() == [3, 4]  # 1 and 2 ended more than half a minute before
    add(log, clock, 0.25)
    add(log, clock, 40.0)
    assert shown() == [5, 6]  # 5 is old and was never written


def test_records_are_whole_without_a_file_on_the_other_ranks(tmp_path: Path, clock: Clock) -> None:
    log = StepLog("policy", 2, str(tmp_path), writes=False)
    add(log, clock, 0.5)
    log.add(torch.tensor(0.25), 0.0, None, 20)
    assert log.all_records() == (
        StepRecord(step=1, loss=0.5, learning_rate=0.125, grad_norm=2.0, tokens=30, seconds=0.5),
        StepRecord(step=2, loss=0.25, learning_rate=0.0, grad_norm=None, tokens=20, seconds=0.0),
    )
    assert list(tmp_path.iterdir()) == []


def test_a_loss_that_is_not_finite_ends_the_training_at_the_next_look(tmp_path: Path) -> None:
    log = StepLog("policy", 100, str(tmp_path), writes=False)
    for _ in range(2, 20):
        log.add(torch.tensor(0.5), 0.1, None, 1)
    log.add(torch.tensor(math.nan), 0.1, None, 1, ["p1", "p2"])
    said = (
        r"policy: the loss is nan at step 19, on a batch of p1, p2; lower the learning rate"  # the first, not the last
    )
    with pytest.raises(TrainingFailed, match=said) as error:
        log.add(torch.tensor(math.nan), 0.1, None, 1, ["p3"])
    assert error.value.exit_status == ENDED_IN_THE_MIDDLE


def test_gradients_that_are_not_finite_are_named_before_the_losses_that_they_spoil(tmp_path: Path) -> None:
    log = StepLog("policy", 100, str(tmp_path), writes=False)
    log.add(torch.tensor(0.5), 0.1, torch.tensor(1.0), 1, ["p0"])
    log.add(torch.tensor(0.5), 0.1, math.inf, 1, [f"p{n}" for n in range(1, 26)])
    for _ in range(3, 20):
        log.add(torch.tensor(math.nan), 0.1, None, 1, ["p3"])
    with pytest.raises(
        TrainingFailed, match=r"norm of the gradients is inf at step 2, .* p1, p2, .*, p20 and 5 more; lo"
    ):
        log.add(torch.tensor(math.nan), 0.1, None, 1, ["p3"])


@pytest.mark.parametrize(
    ("norm", "said"), [(math.nan, "norm of the gradients is nan"), (None, "gradients are not fini")]
)
def test_a_step_that_was_not_taken_ends_the_training_at_once(tmp_path: Path, norm: float | None, said: str) -> None:
    log = StepLog("policy", 100, str(tmp_path), writes=False)
    log.add(torch.tensor(0.5), 0.1, None, 1, ["p0"])
    with pytest.raises(TrainingFailed, match=rf"{said}.* at step 2, on a batch of p1;"):
        log.add(torch.tensor(0.5), 0.1, norm, 1, ["p1", "p1"], applied=False)


def test_a_training_that_goes_on_tells_the_steps_before_it_once(tmp_path: Path, clock: Clock) -> None:
    done = [
        StepRecord(step=step, loss=1.0, learning_rate=0.5, grad_norm=None, tokens=1, seconds=0.1) for step in (1, 2)
    ]
    log = StepLog("policy", 9, str(tmp_path), done, writes=True)
    log.notes.append("went on from step 2")
    add(log, clock, 0.5)
    found = read_progress(str(tmp_path))
    assert [record.step for record in found.records] == [1, 2, 3] and found.notes == ["went on from step 2"]
    add(log, clock, 2.0)
    assert [record.step for record in read_progress(str(tmp_path)).records] == [3, 4]
    assert log.step == 4 and log.all_records()[:2] == tuple(done)
