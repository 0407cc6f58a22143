"""The whole loop, every part real: vLLM, Docker, Ray Data, Ray Train with DeepSpeed."""

import json
import re
import subprocess
import sys
from pathlib import Path

import docker
import pytest

from actors.storage.parts import committed_parts
from pipeline.overview.directory_status import directory_status
from sandbox.containers.ownership import OWNER, is_dead
from tests.e2e.small_run import PROBLEMS, ROOT, SAMPLES, arguments, finish, rows, start

pytestmark = [pytest.mark.docker, pytest.mark.e2e]


def test_a_run_leaves_every_stage_with_counts_that_add_up(undisturbed: Path) -> None:
    episodes = rows(undisturbed / "iter_0000" / "episodes")
    assert len(episodes) == PROBLEMS * SAMPLES
    assert len({row["episode_id"] for row in episodes}) == PROBLEMS * SAMPLES
    assert {(row["iteration"], row["selector"]) for row in episodes} == {(0, "first")}
    manifest = json.loads((undisturbed / "iter_0001" / "examples" / "manifest.json").read_text())
    counts: dict[str, int] = {}
    for part in manifest["parts"]:
        for name, value in part["counts"].items():
            counts[name] = counts.get(name, 0) + value
    reasons = ("problems_with_examples", "problems_unsolved", "problems_without_usable_trajectory")
    assert counts["problems"] == PROBLEMS == sum(counts[name] for name in reasons)
    policies = {row["policy_id"] for row in rows(undisturbed / "iter_0001" / "episodes")}
    assert len(policies) == 1
    assert policies != {row["policy_id"] for row in episodes}
    assert (undisturbed / "report.html").stat().st_size > 10_000


def test_new_weights_go_into_the_engine_in_place(undisturbed: Path) -> None:
    manifest = json.loads((undisturbed / "iter_0001" / "episodes" / "manifest.json").read_text())
    assert manifest["facts"]["engines_rebuilt"] == 0
    assert "built its engine anew" not in (undisturbed.parent / "undisturbed.log").read_text()


def test_ray_data_stages_use_several_tasks(undisturbed: Path) -> None:
    parts = committed_parts(str(undisturbed / "iter_0000" / "pairs"))
    assert len(parts) == PROBLEMS * SAMPLES // 8


def test_a_finished_run_has_nothing_left_to_do(undisturbed: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in undisturbed.rglob("*.parquet")}
    done = subprocess.run(
        [sys.executable, "-m", "pipeline", "resume", str(undisturbed)], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "nothing left to do" in done.stdout
    assert before == {path: path.stat().st_mtime_ns for path in undisturbed.rglob("*.parquet")}


@pytest.mark.slow
def test_another_strategy_begins_with_its_episodes(undisturbed: Path, runs: Path) -> None:
    log = runs / "rft.log"
    settings = ("run.strategy=rft", f"run.reuse={undisturbed}", "training.workers=0")
    finish(start(*arguments(runs, "rft", *settings), log=log), log)
    taken = re.findall(r"iteration (\d) · (\w+): taken from", log.read_text())
    assert {("0", "episodes"), ("0", "held_out"), ("0", "pairs"), ("0", "verifier"), ("0", "search_greedy")} <= {*taken}
    assert not {("0", "scores"), ("1", "examples"), ("1", "policy")} & {*taken}
    ours, theirs = (rows(root / "iter_0000" / "episodes") for root in (runs / "rft", undisturbed))
    assert ours == theirs
    assert directory_status(str(runs / "rft")).state == "finished"


def test_other_settings_are_refused_before_any_work(undisturbed: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pipeline", *arguments(undisturbed.parent, "undisturbed", "rollouts.temperature=0.1")],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert re.search(r"rollouts\.temperature: there [\d.]+, now 0\.1", done.stderr), done.stderr


def test_its_status_says_that_it_is_finished(undisturbed: Path) -> None:
    status = directory_status(str(undisturbed))
    assert (status.state, status.stage, status.error) == ("finished", None, "")
    assert status.stages_done == status.stages and status.episodes and status.infrastructure_share == 0
    weights = sum(
        path.stat().st_size for path in undisturbed.glob("iter_*/*/checkpoint/*") if path.name != "checkpoint.json"
    )
    assert status.checkpoint_bytes == weights


def test_nothing_is_left_behind(undisturbed: Path) -> None:
    boxes = docker.from_env().containers.list(all=True, filters={"label": OWNER}, ignore_removed=True)
    assert [box.name for box in boxes if is_dead(box.labels)] == []
