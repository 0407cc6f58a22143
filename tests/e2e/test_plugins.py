"""A package with one plug-in of each kind is installed, and the small run uses them all."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.small_run import ROOT, finish, start

pytestmark = [pytest.mark.docker, pytest.mark.e2e]
PACKAGE = ROOT / "tests" / "support" / "plugin_package"
SETTINGS = [
    "run.name=plugged",
    "run.iterations=1",
    "run.control=false",
    "run.strategy=plugged_strategy",
    'run.trackers=["console", "plugged_tracker"]',
    "problems.train=plugged_data:train",
    "problems.test=plugin_of_tests:DATA:test",
    "problems.limit_train=8",
    "problems.limit_validation=4",
    "problems.limit_test=4",
    "dialogue.style=plugged_format",
    "dialogue.feedback=plugin_of_tests:FEEDBACK",
    "rollouts.samples=4",
    "verifier.scorer=plugged_scorer",
    "verifier.steps=2",
    "fine_tune.steps=2",
    "training.workers=0",
    'eval.selectors=["random", "plugged_selector"]',
    "eval.best_of=2",
]
KINDS = ("strategy", "selector", "scorer", "feedback style", "prompt format", "data set", "language", "tracker")


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the package lies, as `pip install --target` puts it."""
    source = shutil.copytree(PACKAGE, tmp_path_factory.mktemp("source") / "package")
    target = tmp_path_factory.mktemp("installed")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*command, "--target", str(target), str(source)], check=True, timeout=120)
    return target


@pytest.fixture(scope="module")
def plugged(installed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run that every plug-in had a part in, with its log beside it."""
    root = tmp_path_factory.mktemp("runs")
    log = root / "plugged.log"
    settings = [word for setting in (f"run.root={root}", *SETTINGS) for word in ("--set", setting)]
    finish(start("run", *settings, log=log, PYTHONPATH=str(installed)), log)
    return root / "plugged"


def identity(run: Path, stage: str) -> dict[str, str]:
    return json.loads((run / "iter_0001" / stage / "manifest.json").read_text())["inputs"]


def test_a_run_says_what_it_imports_and_uses_it(plugged: Path) -> None:
    log = (plugged.parent / "plugged.log").read_text()
    for kind in KINDS:
        assert f"imports the plug-in {kind} " in log
    assert "of mucode-plugin-of-tests 1.0" in log
    assert "best of 2, shortest" in log and "Plugged µCode iteration 1, greedy" in log
    assert "1 metrics" in (plugged / "stages_told.txt").read_text().splitlines()


def test_a_stage_knows_the_plug_ins_that_it_reads(plugged: Path) -> None:
    assert any(name.startswith("plug-in strategy") for name in identity(plugged, "examples"))
    assert not any(name.startswith("plug-in strategy") for name in identity(plugged, "episodes"))
    episodes = {name for name in identity(plugged, "episodes") if name.startswith("plug-in")}
    kinds = ("data set plugged_data", "feedback style plugin_of_tests:FEEDBACK", "language plugged_language")
    assert episodes == {f"plug-in {kind}" for kind in (*kinds, "prompt format plugged_format")}
    assert "mucode-plugin-of-tests 1.0 " in identity(plugged, "scores")["plug-in scorer plugged_scorer"]


def test_a_report_needs_no_plug_in(plugged: Path) -> None:
    log = plugged.parent / "report.log"
    finish(start("report", str(plugged), log=log), log)  # without the package on the path
    assert "best of 2, shortest" in log.read_text() and "Plugged µCode iteration 1, greedy" in log.read_text()


def test_a_changed_plug_in_is_a_changed_stage(plugged: Path, installed: Path) -> None:
    module = installed / "plugin_of_tests.py"
    before, log = module.read_text(), plugged.parent / "changed.log"
    module.write_text(before + "# changed\n")
    try:
        process = start("resume", str(plugged), log=log, PYTHONPATH=str(installed))
        assert process.wait(timeout=120) == 2, log.read_text()
    finally:
        module.write_text(before)
    assert "was made with other settings (input plug-in" in log.read_text()


def test_a_missing_plug_in_is_refused_before_any_work(plugged: Path) -> None:
    log = plugged.parent / "missing.log"
    assert start("resume", str(plugged), log=log).wait(timeout=120) == 2
    assert "no strategy is named 'plugged_strategy'" in log.read_text() and "Traceback" not in log.read_text()
