import json
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from actors.storage.parts import committed_parts
from pipeline.overview.directory_status import directory_status
from tests.e2e.small_run import PROBLEMS, SAMPLES, arguments, finish, start, wait_for


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="session")
def undisturbed(runs: Path) -> Iterator[Path]:
    """A finished small run that nothing disturbed, trained in the driver: half the time, and the same weights.

    `interrupted` trains in Ray's workers and must end with this run's policy: both ways are compared.
    """
    log = runs / "undisturbed.log"
    finish(start(*arguments(runs, "undisturbed", "training.workers=0"), log=log), log)
    yield runs / "undisturbed"


@pytest.fixture(scope="session")
def interrupted(runs: Path) -> Path:
    """The same run, its driver killed in the middle of the episodes and, resumed, in the middle of fine-tuning."""
    root, log = runs / "killed", runs / "killed.log"
    episodes, policy = root / "iter_0000" / "episodes", root / "iter_0001" / "policy"

    first = start(*arguments(runs, "killed"), log=log)
    wait_for(lambda: committed_parts(str(episodes)), first, log)
    assert directory_status(str(root)).state == "running"
    first.send_signal(signal.SIGKILL)
    first.wait()
    status = directory_status(str(root))
    assert (status.state, status.stage, status.iteration) == ("stopped", "episodes", 0), status
    assert status.parts == PROBLEMS * SAMPLES // 8 and status.parts_done, status
    kept = {record.sha256 for record in committed_parts(str(episodes)).values()}
    assert 1 <= len(kept) < PROBLEMS * SAMPLES // 8, "the kill landed outside the stage"
    assert not (episodes / "manifest.json").exists()

    second = start("resume", str(root), log=log)
    wait_for(lambda: (policy / "progress.json").exists(), second, log)
    second.send_signal(signal.SIGKILL)
    second.wait()
    assert json.loads((policy / "progress.json").read_text())["step"] >= 1
    assert not (policy / "manifest.json").exists(), "the kill landed outside the stage"
    assert kept <= {record.sha256 for record in committed_parts(str(episodes)).values()}, "kept parts were lost"
    return root
