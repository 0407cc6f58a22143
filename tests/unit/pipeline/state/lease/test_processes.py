"""Two processes, one directory on a disk, the real clock."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.errors import StoreError
from pipeline.state.lease.record import new_record
from pipeline.state.lease.taking import WaitingClock, take_lease
from pipeline.state.run_files import RunFiles
from sandbox.errors import ENDED_IN_THE_MIDDLE
from tests.support.small_study import ROOT


@pytest.fixture
def driver(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that holds tmp_path/run, and has begun a stage."""
    command = [sys.executable, "-m", "tests.support.lease_drivers", str(tmp_path / "run"), "2"]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout and process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()


def test_a_driver_that_was_suspended_for_longer_than_its_lease_commits_nothing(
    driver: subprocess.Popen[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = RunFiles(str(tmp_path / "run"))
    with pytest.raises(StoreError, match=f"process {driver.pid} on this machine"):
        take_lease(files, new_record(2))
    monkeypatch.setattr(socket, "gethostname", lambda: "c")  # from here on this process is one of another host
    with pytest.raises(StoreError, match="which is alive: it renewed its lease meanwhile"):
        take_lease(files, new_record(2))
    driver.send_signal(signal.SIGSTOP)
    os.waitid(os.P_PID, driver.pid, os.WSTOPPED | os.WNOWAIT)
    assert take_lease(files, new_record(2)) == 2
    driver.send_signal(signal.SIGCONT)
    said, _ = driver.communicate("\n", timeout=60)
    assert re.search(r"^LeaseLostError 1: .* was taken over by process \d+ on host c", said, re.MULTILINE), said
    assert driver.returncode == ENDED_IN_THE_MIDDLE
    assert not (tmp_path / "run" / "iter_0000" / "things" / "manifest.json").exists()


def test_one_that_is_killed_is_followed_at_once(driver: subprocess.Popen[str], tmp_path: Path) -> None:
    driver.kill()
    driver.wait()
    assert take_lease(RunFiles(str(tmp_path / "run")), new_record(3600), WaitingClock(sleep=_nobody_waits)) == 2


def _nobody_waits(seconds: float) -> None:
    raise AssertionError(f"waits {seconds} s for a process that is known to have ended")
