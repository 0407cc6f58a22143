"""Engines that stop, restart, die, hang or fill their disk: rows of the table in test_faults.py."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path

import pytest

from sandbox.errors import SandboxUnavailable
from sandbox.pool.pool import Pool
from sandbox.verdict import Outcome, Verdict
from tests.sandbox.faults import PROBLEM, RIGHT
from tests.sandbox.private_engine import PrivateEngine, private_engine


@pytest.fixture(scope="module")
def module_engine() -> Iterator[PrivateEngine]:
    with private_engine() as engine:
        yield engine


@pytest.fixture
def own_engine(module_engine: PrivateEngine, monkeypatch: pytest.MonkeyPatch) -> PrivateEngine:
    """An engine that a test may stop and kill, as the one that `connect` finds."""
    monkeypatch.setenv("DOCKER_HOST", module_engine.host)
    return module_engine


def submit_slow(pool: Pool, seconds: float) -> "Future[Outcome]":
    """A run in the middle of which something may happen."""
    assert pool.judge(PROBLEM, RIGHT, "private").accepted
    future = pool.submit(PROBLEM, f"import time\ntime.sleep({seconds})\n{RIGHT}", "private")
    time.sleep(0.5)
    return future


def test_a_stopped_engine_is_named_and_may_come_back(
    own_engine: PrivateEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sandbox.pool.worker.ENGINE_PATIENCE_S", 4)
    with Pool(boxes=1) as pool:
        future = submit_slow(pool, 3)
        own_engine.stop()
        outcome = future.result(60)
        own_engine.start()
        assert outcome.verdict is Verdict.INFRASTRUCTURE_ERROR
        assert "the engine did not start a box" in outcome.message
        assert pool.judge(PROBLEM, RIGHT + " ", "private").accepted


def test_a_restarted_engine_costs_a_repetition(own_engine: PrivateEngine) -> None:
    with Pool(boxes=1) as pool:
        future = submit_slow(pool, 1.5)
        own_engine.stop()
        own_engine.start()
        outcome = future.result(60)
        assert outcome.accepted and outcome.attempt > 1


def test_a_killed_engine_does_not_end_runs(own_engine: PrivateEngine) -> None:
    with Pool(boxes=1, transport="socket") as pool:
        future = submit_slow(pool, 1.5)
        own_engine.kill()
        assert future.result(60).attempt == 1
        assert pool.judge(PROBLEM, RIGHT + "  # same box", "private").accepted
        own_engine.start()
        assert pool.judge(PROBLEM, RIGHT + "  # after", "private").accepted
    client = own_engine.client()
    deadline = time.monotonic() + 20
    while [box for box in client.containers.list(ignore_removed=True) if box.status == "running"]:
        assert time.monotonic() < deadline, "boxes outlived their pool"
        time.sleep(0.1)


def test_a_start_that_hangs_has_a_deadline(
    module_engine: PrivateEngine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    script = module_engine.root / "hangs"
    script.write_text("#!/bin/sh\nexec sleep 60\n")
    script.chmod(0o755)
    with private_engine(runtimes={"hanging": {"path": str(script)}}) as engine:
        monkeypatch.setenv("DOCKER_HOST", engine.host)
        monkeypatch.setattr("sandbox.containers.docker_client.CALL_DEADLINE_S", 2)
        began = time.monotonic()
        with pytest.raises(SandboxUnavailable, match="did not start a box within"):
            Pool(boxes=1, runtime="hanging")
        assert time.monotonic() - began < 20


def test_a_full_disk_of_the_engine_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with private_engine(data_mib=400) as engine:
        monkeypatch.setenv("DOCKER_HOST", engine.host)
        filler = engine.data / "filler"
        with pytest.raises(OSError, match="No space left"), filler.open("wb", buffering=0) as file:
            while True:
                file.write(bytes(1 << 20))
        with pytest.raises(SandboxUnavailable, match="no space left on device"):
            Pool(boxes=1)
        filler.unlink()
        with Pool(boxes=1) as pool:
            assert pool.judge(PROBLEM, RIGHT, "private").accepted


def test_no_engine_is_one_clear_message(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nonexistent/docker.sock")
    with pytest.raises(SandboxUnavailable, match=r"no Docker engine answers.* at unix:.*systemctl start docker"):
        Pool(boxes=1)


ROOT = Path(__file__).parents[2]
NOBODY = """
import os
from sandbox.containers.docker_client import connect_engine
os.setgroups([]), os.setgid(65534), os.setuid(65534)
connect_engine()
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="becomes another user")
def test_who_may_not_use_the_engine_is_told_so() -> None:
    done = subprocess.run([sys.executable, "-c", NOBODY], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert "the engine runs, but user 65534 may not use it" in done.stderr and "usermod -aG docker" in done.stderr
