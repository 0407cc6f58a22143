"""A run directory that version 0.1.0 began (tests/data/run-0.1.0) is read and continued by this version.

It was killed after the training examples of iteration 1. How it was made:

    git checkout b553194 && mucode run --set run.root=/somewhere --set run.name=old --set run.iterations=1
    --set run.control=false --set problems.limit_train=16 --set problems.limit_validation=8 --set problems.limit_test=8
    --set rollouts.samples=2 --set rollouts.shard_episodes=8 --set verifier.steps=4 --set fine_tune.steps=30
    --set 'eval.selectors=["random", "pt_lv"]' --set eval.best_of=2
"""

import re
import shutil
from pathlib import Path

import pytest

from tests.e2e.small_run import ROOT, finish, start

OLD_RUN = ROOT / "tests" / "data" / "run-0.1.0"
RECOMPUTED = {"metrics"}
"""Stages that are summaries of others, and are computed again by a version that knows more."""


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return Path(shutil.copytree(OLD_RUN, tmp_path / "old"))


def contents(run: Path) -> dict[str, bytes]:
    """Every file of the stages that were finished or begun."""
    files = (path for path in run.glob("iter_*/*/**/*") if path.is_file())
    named = {str(path.relative_to(run)): path.read_bytes() for path in files}
    return {name: data for name, data in named.items() if name.split("/")[1] not in RECOMPUTED}


def test_an_old_run_is_reported_as_it_is(run: Path, capfd: pytest.CaptureFixture[str]) -> None:
    log = run.parent / "report.log"
    finish(start("report", str(run), log=log), log)
    assert "base model, greedy" in log.read_text()
    assert "iteration 0" in (run / "report.html").read_text()


@pytest.mark.docker
@pytest.mark.e2e
def test_an_old_run_is_resumed_on_its_own_data(run: Path) -> None:
    before, log = contents(run), run.parent / "resume.log"
    finish(start("resume", str(run), "--set", "training.workers=0", log=log), log)
    after = contents(run)
    assert {name: after.get(name) for name in before} == before
    begun = set(re.findall(r"iteration 1 · (\w+) …", log.read_text()))
    assert {"policy", "episodes", "verifier", "search_sweep", "metrics"} <= begun
    assert "examples" not in begun
    assert (run / "iter_0001" / "metrics" / "manifest.json").exists()
