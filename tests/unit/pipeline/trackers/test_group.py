"""Several trackers as one: nothing twice across resumes, and one that fails ends alone."""

from pathlib import Path

import pytest

from pipeline.config.load import load_config
from pipeline.errors import ConfigError
from pipeline.trackers.group import TrackerGroup, open_trackers
from pipeline.trackers.kinds import TRACKERS, check_trackers
from pipeline.trackers.told import TrackingFile
from pipeline.trackers.tracker import MetricRecord, RunInfo, StageSummary, TrackerError, TrackerKind, TrainingStep
from tests.support.recording_tracker import FailingTracker, RecordingTracker


def training_step(step: int, stage: str = "policy") -> TrainingStep:
    return TrainingStep(
        iteration=1, stage=stage, step=step, steps=9, loss=0.5, learning_rate=0.1, grad_norm=1.0, tokens=30, seconds=0.5
    )


def group(root: Path, **trackers: RecordingTracker) -> TrackerGroup:
    return TrackerGroup(dict(trackers), TrackingFile(str(root)))


def test_a_resume_tells_no_step_twice_and_keeps_the_run_id(tmp_path: Path) -> None:
    first, second = RecordingTracker(), RecordingTracker()
    begun = group(tmp_path, own=first)
    begun.training_steps([training_step(1), training_step(2)])
    resumed = group(tmp_path, own=second)
    assert resumed.run_id == begun.run_id
    resumed.training_started(1, "policy")
    assert resumed.next_step(1, "policy") == 3
    resumed.training_steps([training_step(1), training_step(2), training_step(3), training_step(3)])
    assert [event[-1] for event in first.told + second.told] == [1, 2, 3]


def test_a_finished_training_that_is_carried_out_again_is_told_again(tmp_path: Path) -> None:
    tracker = RecordingTracker()
    trackers = group(tmp_path, own=tracker)
    trackers.training_steps([training_step(1)])
    trackers.stage_finished(StageSummary(iteration=1, stage="policy", started=0.0, seconds=1.0))
    trackers.training_started(1, "policy")
    trackers.training_steps([training_step(1)])
    assert [event for event in tracker.told if event[0] == "step"] == [("step", 1, "policy", 1)] * 2


def test_a_tracker_that_is_added_later_is_told_what_the_others_were_told(tmp_path: Path) -> None:
    group(tmp_path, old=RecordingTracker()).training_steps([training_step(1)])
    old, new = RecordingTracker(), RecordingTracker()
    group(tmp_path, old=old, new=new).training_steps([training_step(1), training_step(2)])
    assert [[event[-1] for event in tracker.told] for tracker in (old, new)] == [[2], [1, 2]]


def test_an_iteration_is_told_again_only_if_its_rows_changed(tmp_path: Path) -> None:
    def row(value: float) -> MetricRecord:
        return {
            "iteration": 0,
            "metric": "accuracy",
            "turns": [{"turn": 1, "value": value, "low": 0.0, "high": 1.0}],
        }

    tracker = RecordingTracker()
    for value in (0.5, 0.5, 0.6):
        group(tmp_path, own=tracker).iteration_finished(0, [row(value)])
    assert tracker.told == [("iteration", 0, 1)] * 2


def test_a_tracker_that_fails_is_said_once_and_told_nothing_more(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good, bad = RecordingTracker(), FailingTracker()
    trackers = group(tmp_path, bad=bad, good=good)
    for step in (1, 2):
        trackers.training_steps([training_step(step)])
    trackers.close()
    assert capsys.readouterr().out == "tracker 'bad' failed and is told nothing more: OSError: the disk is full\n"
    assert good.told == [("step", 1, "policy", 1), ("step", 1, "policy", 2), ("close",)]
    assert bad.told == []


def test_what_a_tracker_raises_is_said_without_keys(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Refused(RecordingTracker):
        def training_step(self, step: TrainingStep) -> None:
            raise OSError("https://me:word@host/runs?key=0123456789: refused")

    monkeypatch.setenv("SOME_API_KEY", "0123456789")
    group(tmp_path, bad=Refused()).training_steps([training_step(1)])
    assert capsys.readouterr().out.endswith("OSError: https://…@host/runs?key=…: refused\n")


def test_a_plug_in_is_opened_by_its_import_path(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = ("tests.support.recording_tracker:RECORDING", "tests.support.recording_tracker:ABSENT")
    check_trackers(names, str(tmp_path))  # imports neither
    with open_trackers(names, str(tmp_path)) as trackers:
        trackers.run_started(RunInfo(run_id=trackers.run_id, name="run", root=str(tmp_path), iterations=1, settings={}))
        assert trackers.names == names[:1]
    assert "ABSENT' cannot be opened and is left out: RegistryError" in capsys.readouterr().out


def test_what_is_missing_is_refused_before_any_work(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match="no tracker is named 'consol'; did you mean 'console'"):
        load_config(overrides=["run.trackers=['consol']"])
    row = TrackerKind(title="", open=RecordingTracker, modules=("not_installed_here",), extra="tensorboard")
    monkeypatch.setitem(TRACKERS._shipped, "tensorboard", row)
    with pytest.raises(TrackerError, match=r"needs the package not_installed_here: install mucode with the extra"):
        check_trackers(["console", "tensorboard"], "runs/r")


def test_events_are_counted_over_all_starts(tmp_path: Path) -> None:
    for step in (1, 1, 2):
        trackers = group(tmp_path, own=RecordingTracker())
        trackers.training_steps([training_step(step)])
        trackers.iteration_finished(0, [])
    trackers.stage_finished(StageSummary(iteration=1, stage="policy", started=0.0, seconds=1.0))
    assert TrackingFile(str(tmp_path)).told("own").events == 4  # two steps, an iteration, a stage


def test_a_tracker_that_exits_ends_alone_and_none_is_opened_twice(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []

    def exit_at_once(root: str) -> RecordingTracker:
        raise SystemExit("no key is set")

    class Exiting(RecordingTracker):
        def training_step(self, step: TrainingStep) -> None:
            raise SystemExit(3)

    def open_exiting(root: str) -> Exiting:
        opened.append(root)
        return Exiting()

    rows = {"refuses": TrackerKind(title="", open=exit_at_once), "exits": TrackerKind(title="", open=open_exiting)}
    monkeypatch.setattr("pipeline.trackers.group.TRACKERS", rows)
    with open_trackers(["refuses", "exits", "exits"], str(tmp_path)) as trackers:
        assert (trackers.names, len(opened)) == (("exits",), 1)
        trackers.training_steps([training_step(1)])
        assert trackers.names == ()
    said = capsys.readouterr().out
    assert "cannot be opened and is left out: SystemExit: no key is set" in said and "SystemExit: 3" in said


def test_what_ends_a_run_is_not_hidden_by_a_note_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="what ended it"), open_trackers(["jsonl"], str(tmp_path)):
        (tmp_path / "tracking.json").mkdir()  # as good as a full disk
        raise ValueError("what ended it")
