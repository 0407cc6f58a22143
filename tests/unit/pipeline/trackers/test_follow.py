"""Steps of a training reach trackers while it goes on: each once, in order, none left out."""

from pathlib import Path

import pytest

from pipeline.trackers import follow
from pipeline.trackers.follow import follow_training
from pipeline.trackers.group import TrackerGroup
from pipeline.trackers.steps import StepRecord, read_training_steps, write_progress, write_training_steps
from pipeline.trackers.told import TrackingFile
from tests.support.recording_tracker import RecordingTracker
from tests.support.waiting import wait_until


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follow, "LOOK_EVERY_S", 0.01)


def records(*steps: int) -> list[StepRecord]:
    return [
        StepRecord(step=step, loss=1 / step, learning_rate=0.1, grad_norm=None, tokens=5, seconds=0.1) for step in steps
    ]


def steps_told(tracker: RecordingTracker) -> list[object]:
    return [event[-1] for event in tracker.told if event[0] == "step"]


def test_steps_are_told_while_the_training_goes_on(tmp_path: Path) -> None:
    tracker = RecordingTracker()
    trackers = TrackerGroup({"own": tracker}, TrackingFile(str(tmp_path)))
    stage = str(tmp_path / "iter_0001" / "policy")
    with follow_training(trackers, stage, 1, "policy"):
        write_progress(stage, 6, records(1, 2))
        wait_until(lambda: steps_told(tracker) == [1, 2])
        write_progress(stage, 6, records(1, 2, 3))  # told again, as each file holds the last half minute
        wait_until(lambda: steps_told(tracker) == [1, 2, 3])
        write_progress(stage, 6, records(5, 6))  # the file with step 4 was never seen
        write_training_steps(stage, records(1, 2, 3, 4, 5, 6))
    assert steps_told(tracker) == [1, 2, 3, 4, 5, 6]
    assert read_training_steps(stage) == records(1, 2, 3, 4, 5, 6)


def test_what_an_earlier_attempt_wrote_is_not_told(tmp_path: Path) -> None:
    tracker = RecordingTracker()
    trackers = TrackerGroup({"own": tracker}, TrackingFile(str(tmp_path)))
    write_progress(str(tmp_path), 6, records(1, 2))
    write_training_steps(str(tmp_path), records(1, 2))
    with follow_training(trackers, str(tmp_path), 1, "policy"):
        pass
    assert steps_told(tracker) == []
    assert read_training_steps(str(tmp_path)) == []


def test_notes_of_a_training_are_said_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    trackers = TrackerGroup({"own": RecordingTracker()}, TrackingFile(str(tmp_path)))
    with follow_training(trackers, str(tmp_path), 1, "control_policy"):
        for step in (1, 2):
            write_progress(str(tmp_path), 6, records(*range(1, step + 1)), ["went on from step 1"])
            wait_until(lambda step=step: trackers.next_step(1, "control_policy") == step + 1)
    assert capsys.readouterr().out == "    control policy: went on from step 1\n"
