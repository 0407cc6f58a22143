"""What the Prometheus tracker counts is on the port of Ray's node, under the names that the shipped board asks for."""

import re
import time
import urllib.request
from pathlib import Path

import pytest

from pipeline.trackers.live import LiveRun, LiveStage
from pipeline.trackers.prometheus import METRICS, PREFIX, PrometheusTracker
from pipeline.trackers.tracker import RunInfo, StageSummary, TrainingStep

DEADLINE_S = 60.0
SAMPLE = re.compile(r"^(\w+)\{(.*)\} (\S+)$", re.MULTILINE)


def scrape(run_id: str) -> dict[tuple[str, str], float]:
    """(name without Ray's prefix, value of the label that is not the run's) -> value, of one run."""
    import ray

    (node,) = (node for node in ray.nodes() if node["Alive"])
    address = f"http://{node['NodeManagerAddress']}:{node['MetricsExportPort']}/metrics"
    found = {}
    for name, labels, value in SAMPLE.findall(urllib.request.urlopen(address, timeout=10).read().decode()):
        said = dict(re.findall(r'(\w+)="([^"]*)"', labels))
        if said.get("run_id") == run_id:
            own = [said[label] for label in METRICS[name.removeprefix(PREFIX)].labels]
            found[name.removeprefix(PREFIX), "/".join(own)] = float(value)
    return found


def test_everything_that_is_listed_is_there(ray_session: None, tmp_path: Path) -> None:
    live = LiveRun()
    live.begin_stage(LiveStage(iteration=1, name="episodes"), None)
    live.stages, live.stages_done, live.size_bytes = 9, 2, 1000
    tracker = PrometheusTracker(live)
    tracker.run_started(RunInfo(run_id=str(tmp_path), name="r", root=str(tmp_path), iterations=1))
    live.count(12, 48, "episodes", already=8, infrastructure=1, unjudged=2)
    live.notice("generator 0 was lost", workers_lost=1)
    tracker.look()
    live.count(24, 48, "episodes", already=8, infrastructure=1, unjudged=2)
    tracker.look()
    step = {"iteration": 1, "stage": "policy", "steps": 2, "loss": 0.5, "learning_rate": 0.1, "seconds": 0.5}
    for number in (1, 2):
        tracker.training_step(TrainingStep(**step, step=number, grad_norm=2.0, tokens=30))  # type: ignore[arg-type]
    facts = {"engine_busy_s": 3.5, "judge_wait_s": 1.5}
    tracker.stage_finished(StageSummary(iteration=1, stage="episodes", started=1.0, seconds=4.0, metrics=facts))
    turn = {"turn": 1, "value": 0.25, "low": 0.1, "high": 0.4}
    row = {"iteration": 1, "metric": "accuracy", "series": "greedy", "width": 1, "turns": [turn]}
    tracker.iteration_finished(1, [row])  # type: ignore[list-item]
    end, found = time.monotonic() + DEADLINE_S, scrape(str(tmp_path))
    while {name for name, _ in found} != set(METRICS):
        assert time.monotonic() < end, set(METRICS) - {name for name, _ in found}
        time.sleep(0.5)
        found = scrape(str(tmp_path))
    tracker.close()
    assert found.pop(("mucode_standstill_seconds", "")) < 60
    assert found == {
        ("mucode_stages", ""): 9,
        ("mucode_stages_done", ""): 2,
        ("mucode_stage_active", "episodes"): 1,
        ("mucode_stage_progress", ""): 0.5,
        ("mucode_iteration", ""): 1,
        ("mucode_run_bytes", ""): 1000,
        ("mucode_episodes_total", ""): 16,  # what was there before is not this process's
        ("mucode_masked_episodes_total", "infrastructure"): 1,
        ("mucode_masked_episodes_total", "unjudged"): 2,
        ("mucode_engine_busy_seconds_total", ""): 3.5,
        ("mucode_judge_wait_seconds_total", ""): 1.5,
        ("mucode_stage_seconds_total", "episodes"): 4,
        ("mucode_workers_lost_total", ""): 1,
        ("mucode_training_steps_total", "policy"): 2,
        ("mucode_training_tokens_total", "policy"): 60,
        ("mucode_training_loss", "policy"): 0.5,
        ("mucode_training_grad_norm", "policy"): 2,
        ("mucode_training_tokens_per_second", "policy"): 60,
        ("mucode_metric", "accuracy/greedy/1/1"): 0.25,
    }


def test_a_stage_that_ended_is_no_longer_at_work(ray_session: None, monkeypatch: pytest.MonkeyPatch) -> None:
    live, said = LiveRun(), list[tuple[str, float, str]]()
    tracker = PrometheusTracker(live)
    monkeypatch.setattr(tracker, "_set", lambda name, value, stage="", **_: said.append((name, value, stage)))
    live.begin_stage(LiveStage(iteration=0, name="pairs"), None)
    tracker.look()
    live.finish_stage({}, 0, 0)
    tracker.look()
    assert [one for one in said if one[0] == "mucode_stage_active"] == [
        ("mucode_stage_active", 1, "pairs"),
        ("mucode_stage_active", 0, "pairs"),
    ]
