"""Trackers of a terminal and of files, told of one small run."""

import json
from pathlib import Path

import pytest

from pipeline.stages.sampling import EPISODES
from pipeline.trackers.console import ProgressLine, plain_words
from tests.support.told_run import ITERATION_SCALARS, ROWS, STEP_SCALARS, tell


def test_console(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tell("console", tmp_path)
    assert capsys.readouterr().out.splitlines() == [
        f"run {tmp_path}",
        "  iteration 1 · policy: 2.5 s · rows 7, last loss 0.25 · stage 3 of 9, about 7 min left",
    ]


def test_answers_that_nobody_asked_about_are_not_called_unjudged() -> None:
    assert plain_words("answers_unjudged") == "answers not asked"
    assert plain_words("answers_unjudgeable") == "answers unjudgeable"
    assert "answers_unjudged" in EPISODES.funnel[1].parts


def test_jsonl(tmp_path: Path) -> None:
    tell("jsonl", tmp_path)
    assert [json.loads(line) for line in (tmp_path / "metrics.jsonl").open()] == ROWS
    start, stage, run = (json.loads(line) for line in (tmp_path / "spans.jsonl").open())
    assert stage == {"name": "policy", "start": 100.0, "seconds": 2.5, "iteration": 1}
    assert (start["name"], start["seconds"]) == ("start", 0.0)
    assert (run["name"], run["start"]) == ("run", start["start"])
    events = [json.loads(line) for line in (tmp_path / "events.jsonl").open()]
    assert [event["event"] for event in events] == [
        *("run_started", "training_step", "training_step", "stage_finished", "iteration_finished", "run_ended")
    ]
    assert (events[1]["step"], events[1]["grad_norm"], events[1]["tokens_per_second"]) == (1, 2.0, 60.0)
    assert events[0]["run_id"] == json.loads((tmp_path / "tracking.json").read_text())["run_id"]


def test_tensorboard(tmp_path: Path) -> None:
    tell("tensorboard", tmp_path)
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    def scalars(folder: Path) -> dict[str, list[tuple[int, float]]]:
        events = EventAccumulator(str(folder))
        events.Reload()
        return {tag: [(one.step, one.value) for one in events.Scalars(tag)] for tag in events.Tags()["scalars"]}

    assert scalars(tmp_path / "tensorboard" / "iter_0001") == STEP_SCALARS
    assert scalars(tmp_path / "tensorboard") == ITERATION_SCALARS


def test_a_progress_line_says_rate_and_time_left(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    now = 100.0
    monkeypatch.setattr("pipeline.trackers.console.time.monotonic", lambda: now)
    line = ProgressLine("policy", total=50, done=10, unit="steps")
    now = 105.0
    line.update(15, loss="0.5")
    assert capsys.readouterr().out == ""  # too soon
    now = 120.0
    line.update(30, loss="0.5")
    assert capsys.readouterr().out == "    policy: 30/50 steps · 1.0/s · 20 s left · loss 0.5\n"
