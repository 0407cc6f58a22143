"""The three shipped trackers, told of one small run."""

import json
from pathlib import Path

import pytest

from pipeline.stages.sampling import EPISODES
from pipeline.trackers.console import ProgressLine, plain_words
from pipeline.trackers.group import open_trackers
from pipeline.trackers.tracker import MetricRecord, RunInfo, StageSummary, TrainingStep

ROWS: list[MetricRecord] = [
    {
        "iteration": 1,
        "metric": "accuracy",
        "series": "greedy",
        "width": 1,
        "label": "µCode",
        "n": 300,
        "turns": [{"turn": 1, "value": 0.5, "low": 0.25, "high": 0.75}],
    }
]


def tell(name: str, root: Path) -> None:
    """Two steps, a stage and an iteration."""
    with open_trackers([name], str(root)) as trackers:
        trackers.run_started(
            RunInfo(run_id=trackers.run_id, name="r", root=str(root), iterations=1, settings={"run": {"seed": 0}})
        )
        trackers.training_steps(
            [
                TrainingStep(
                    iteration=1,
                    stage="policy",
                    step=step,
                    steps=2,
                    loss=0.5 / step,
                    learning_rate=0.125,
                    grad_norm=2.0 if step == 1 else None,
                    tokens=30,
                    seconds=0.5,
                )
                for step in (1, 2)
            ]
        )
        trackers.stage_finished(
            StageSummary(
                iteration=1,
                stage="policy",
                started=100.0,
                seconds=2.5,
                counts={"rows": 7, "dropped": 0},
                metrics={"last_loss": 0.25},
                number=3,
                total=9,
                seconds_left=400.0,
            )
        )
        trackers.iteration_finished(1, ROWS)


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
    stage, run = (json.loads(line) for line in (tmp_path / "spans.jsonl").open())
    assert stage == {"name": "policy", "start": 100.0, "seconds": 2.5, "iteration": 1}
    assert run["name"] == "run"
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

    assert scalars(tmp_path / "tensorboard" / "iter_0001") == {
        "policy/loss": [(1, 0.5), (2, 0.25)],
        "policy/learning_rate": [(1, 0.125), (2, 0.125)],
        "policy/grad_norm": [(1, 2.0)],
        "policy/tokens_per_second": [(1, 60.0), (2, 60.0)],
    }
    assert scalars(tmp_path / "tensorboard") == {
        "stage/policy/seconds": [(1, 2.5)],
        "stage/policy/rows": [(1, 7.0)],
        "stage/policy/dropped": [(1, 0.0)],
        "accuracy/greedy_n1_turn1/value": [(1, 0.5)],
        "accuracy/greedy_n1_turn1/low": [(1, 0.25)],
        "accuracy/greedy_n1_turn1/high": [(1, 0.75)],
    }


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
