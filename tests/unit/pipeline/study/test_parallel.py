"""Worker processes find what one driver finds, and end together."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pipeline.commands.failure import report_failure
from pipeline.state.identity import StageIdentity
from pipeline.state.store import Store
from pipeline.study.dry_run import forecast_stages
from pipeline.study.load import load_study
from pipeline.study.parallel import StudyWorker, WorkerCrashedError, WorkerError, WorkerFailure, _reply, group_runs
from pipeline.study.runs import SHARED_STAGES, study_runs
from sandbox.errors import ENDED_IN_THE_MIDDLE
from tests.support.small_study import ROOT, STUDY, count_stages, execute_fake_study, wait_until, write_study


def test_workers_take_the_main_runs_of_a_seed_together_and_what_builds_on_them_last(tmp_path: Path) -> None:
    found = [[run.name for run in group] for group in group_runs(study_runs(load_study(write_study(tmp_path))))]
    assert found == [
        ["base-bt-seed0", "mucode-bt-seed0"],
        ["base-bt-seed1", "mucode-bt-seed1"],
        ["base-bt-seed0-over-n", "base-bt-seed0-t4", "mucode-bt-seed0-over-n", "mucode-bt-seed0-t4"],
    ]


@pytest.mark.slow  # the next one compares the same, after a death
def test_workers_find_what_one_driver_finds(undisturbed: Path, tmp_path: Path) -> None:
    file = write_study(tmp_path / "lanes", "lanes = 2\n" + STUDY)
    assert execute_fake_study(file) == 0
    again = file.parent / "small"
    for name in ("results.json", "results.md"):
        assert (again / name).read_bytes() == (undisturbed / name).read_bytes()
    assert count_stages(again) == count_stages(undisturbed)
    assert all(stage.done is not None for stage in forecast_stages(study_runs(load_study(file))).values())


def test_a_worker_that_dies_ends_the_study_and_the_same_command_continues_it(undisturbed: Path, tmp_path: Path) -> None:
    """Each worker would kill itself before its 40th file."""
    file = write_study(tmp_path / "torn", "lanes = 2\n" + STUDY)
    command = [sys.executable, "-m", "tests.support.fake_study", str(file), "40"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 1
    assert re.search(r"WorkerDiedError: worker \d died \(exit status -9\); the same command continues", done.stderr)
    assert execute_fake_study(file) == 0
    again = file.parent / "small"
    assert (again / "results.json").read_bytes() == (undisturbed / "results.json").read_bytes()


@pytest.mark.parametrize("how", [signal.SIGKILL, pytest.param(signal.SIGINT, marks=pytest.mark.slow)])
def test_workers_end_with_the_study_s_process(tmp_path: Path, how: signal.Signals) -> None:
    """Killed or interrupted, it leaves no worker behind that would go on writing; they stand in a stage meanwhile."""
    file = write_study(tmp_path / "killed", "lanes = 2\n" + STUDY)
    first = subprocess.Popen(
        [sys.executable, "-m", "tests.support.fake_study", str(file)],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "FAKE_STUDY_STANDS_STILL": "1"},
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a shell's background jobs ignore it
    )
    cells_of = file.parent / "small" / "cells"
    wait_until(lambda: len(list(cells_of.glob("*/driver.json"))) == 2)
    lanes = {json.loads(driver.read_text())["pid"] for driver in cells_of.glob("*/driver.json")}
    assert len(lanes) == 2 and first.pid not in lanes
    first.send_signal(how)
    first.wait(60)
    wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in lanes), deadline_s=60)


def test_a_stage_of_two_processes_is_computed_by_one(tmp_path: Path) -> None:
    """The second waits until the first has left, and says so once."""
    store = Store(str(tmp_path / "cells" / "a"), SHARED_STAGES)
    other = Store(str(tmp_path / "cells" / "b"), SHARED_STAGES)
    for one in (store, other):
        one.write(json.dumps({"stage": f"{SHARED_STAGES}/iter_0000/x-1"}).encode(), "iter_0000", "x", "at.json")
    identity = StageIdentity(iteration=0, stage="x", settings={}, inputs={})
    order: list[str] = []
    waits = threading.Event()

    def second() -> None:
        with other.locked(identity, lambda: (order.append("waits"), waits.set())):
            order.append("second")

    with store.locked(identity, lambda: order.append("no")):
        thread = threading.Thread(target=second)
        thread.start()
        assert waits.wait(60)
        order.append("first is done")
    thread.join(60)
    assert order == ["waits", "first is done", "second"]


@pytest.mark.parametrize(("explained", "kind"), [(True, WorkerError), (False, WorkerCrashedError)])
def test_what_ended_a_worker_is_told_in_a_few_lines(
    explained: bool, kind: type[Exception], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever it was, other workers have worked. The traceback of an error that explains nothing is kept."""
    reply = WorkerFailure("KeyError: 'x'", explained, "Traceback of the worker")
    connection: Any = SimpleNamespace(recv=lambda: reply)
    with pytest.raises(kind, match="worker 1: KeyError: 'x'") as caught:
        _reply(StudyWorker("worker 1", None, connection))  # type: ignore[arg-type]
    assert report_failure(caught.value, str(tmp_path)) == ENDED_IN_THE_MIDDLE
    assert len(capsys.readouterr().err.splitlines()) == (1 if explained else 3)
    assert explained or "Traceback of the worker" in next((tmp_path / "failures").iterdir()).read_text()
