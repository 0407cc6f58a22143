"""A study with every part real: two methods, two seeds, killed twice and continued, ends with the same tables."""

import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from actors.storage.parts import committed_parts
from pipeline.study.dry_run import forecast_stages
from pipeline.study.load import load_study
from pipeline.study.runs import study_runs
from tests.e2e.small_run import PROBLEMS, ROOT, SAMPLES, finish, start, wait_for

pytestmark = [pytest.mark.docker, pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(3600)]
DEADLINE_S = 1200

STUDY = f"""
name = "tiny"
root = "{{root}}"

[config.run]
iterations = 1
[config.problems]
limit_train = {PROBLEMS}
limit_validation = 16
limit_test = 16
[config.rollouts]
samples = {SAMPLES}
shard_episodes = 8
[config.verifier]
steps = 10
[config.fine_tune]
steps = 30
[config.training]
workers = 0
[config.eval]
best_of = 2
selectors = ["random", "pt_lv"]

[[methods]]
strategies = ["base", "mucode"]
seeds = [0, 1]
"""


def write(folder: Path) -> Path:
    folder.mkdir()
    file = folder / "study.toml"
    file.write_text(STUDY.format(root=folder))
    return file


def recompute_elsewhere(study: Path, folder: Path) -> None:
    """From a copy of the cells alone, the study's own results."""
    folder.mkdir()
    cells = shutil.copy(study / "cells.parquet", folder)
    command = [sys.executable, "-m", "pipeline", "study", "recompute", cells, "--out", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    for name in ("results.json", "results.md"):
        assert (folder / name).read_bytes() == (study / name).read_bytes()


def test_a_killed_study_ends_with_the_tables_of_an_undisturbed_one(tmp_path: Path) -> None:
    calm, torn = write(tmp_path / "calm"), write(tmp_path / "torn")
    log = tmp_path / "calm.log"
    finish(start("study", str(calm), log=log), log, DEADLINE_S)

    log = tmp_path / "torn.log"
    stages = torn.parent / "tiny" / "stages"
    first = start("study", str(torn), log=log)
    wait_for(
        lambda: any(committed_parts(str(place)) for place in stages.glob("iter_0000/episodes-*")),
        first,
        log,
        DEADLINE_S,
    )
    first.send_signal(signal.SIGKILL)
    first.wait()
    assert not list(stages.rglob("manifest.json")), "the kill landed outside the stage"
    second = start("study", str(torn), log=log)
    wait_for(lambda: list(stages.glob("iter_0001/policy-*/progress.json")), second, log, DEADLINE_S)
    second.send_signal(signal.SIGKILL)
    second.wait()
    assert not list(stages.glob("iter_0001/policy-*/manifest.json")), "the kill landed outside the stage"
    finish(start("study", str(torn), log=log), log, DEADLINE_S)

    assert (torn.parent / "tiny/results.json").read_bytes() == (calm.parent / "tiny/results.json").read_bytes()
    recompute_elsewhere(calm.parent / "tiny", tmp_path / "elsewhere")
    forecast = forecast_stages(study_runs(load_study(torn)))
    assert all(stage.done is not None for stage in forecast.values())
    assert len(list(stages.rglob("manifest.json"))) == len(forecast)

    again = subprocess.run(
        [sys.executable, "-m", "pipeline", "study", str(torn)], cwd=ROOT, capture_output=True, text=True
    )
    assert again.returncode == 0, again.stdout + again.stderr
    assert "nothing left to do" in again.stdout
