"""`ray job submit` against a running head: success, the truth about failure, and progress in the log."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from actors.storage.parts import committed_parts
from tests.e2e.small_run import ROOT, arguments, rows

pytestmark = [pytest.mark.docker, pytest.mark.e2e]
ROW_STAGES = [
    "iter_0000/episodes",
    "iter_0000/pairs",
    "iter_0001/examples",
    "iter_0001/episodes",
    "iter_0001/search_sweep",
    "iter_0001/metrics",
]
RAY = str(Path(sys.executable).parent / "ray")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def head(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A Ray head of its own, with token authentication, ended by its process group."""
    port, dashboard, client, agent = (_free_port() for _ in range(4))
    environment = {**os.environ, "RAY_AUTH_MODE": "token", "PYTHONPATH": ""}
    subprocess.run([RAY, "get-auth-token", "--generate"], env=environment, capture_output=True, check=True)
    log = tmp_path_factory.mktemp("head") / "head.log"
    command = [RAY, "start", "--head", "--block", f"--port={port}", "--num-cpus=2", "--disable-usage-stats"]
    command += ["--dashboard-host=127.0.0.1", f"--dashboard-port={dashboard}", f"--ray-client-server-port={client}"]
    command += [f"--dashboard-agent-listen-port={agent}"]  # the default one may be another Ray's, and jobs then fail
    command += ["--resources", json.dumps({"sandbox": 2}), f"--object-store-memory={256 << 20}"]
    process = subprocess.Popen(
        command, env=environment, stdout=log.open("wb"), stderr=subprocess.STDOUT, start_new_session=True
    )
    address = f"http://127.0.0.1:{dashboard}"
    try:
        _await_dashboard(address, process, log)
        yield {**environment, "RAY_API_SERVER_ADDRESS": address}
    finally:
        process.terminate()
        try:
            process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)


def _await_dashboard(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + 90
    while time.monotonic() < end:
        assert process.poll() is None, log.read_text()
        try:
            urllib.request.urlopen(f"{address}/api/version", timeout=2)
            return
        except urllib.error.HTTPError:
            return  # it answers, and asks for the token
        except OSError:
            time.sleep(0.3)
    raise AssertionError(f"no job server at {address} after 90 s\n{log.read_text()}")


def submit(head: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    command = [RAY, "job", "submit", "--working-dir", ".", "--", sys.executable, "-m", "pipeline", *words]
    return subprocess.run(command, cwd=ROOT, env=head, capture_output=True, text=True, timeout=900)


def test_a_job_finishes_what_killed_drivers_began(head: dict[str, str], interrupted: Path, undisturbed: Path) -> None:
    done = submit(head, "resume", str(interrupted))
    output = done.stdout + done.stderr
    assert done.returncode == 0, output[-6000:]
    assert "iteration 1 · policy" in output
    assert "report: " in output
    for stage in ROW_STAGES:
        assert rows(interrupted / stage) == rows(undisturbed / stage), stage
    assert policy_id(interrupted) == policy_id(undisturbed)


def policy_id(root: Path) -> str:
    return json.loads((root / "iter_0001" / "policy" / "manifest.json").read_text())["checkpoint"]["policy_id"]


@pytest.mark.slow
def test_a_job_that_is_stopped_says_how_to_continue(head: dict[str, str], runs: Path) -> None:
    """`ray job stop` sends SIGTERM, and three seconds later SIGKILL."""
    job, stage = ["stopped"], runs / "stopped" / "iter_0000" / "episodes"
    words = [sys.executable, "-m", "pipeline", *arguments(runs, "stopped", "run.iterations=0")]
    submitted = ["submit", "--no-wait", "--submission-id", *job, "--working-dir", ".", "--", *words]
    subprocess.run([RAY, "job", *submitted], cwd=ROOT, env=head, capture_output=True, check=True, timeout=120)
    end = time.monotonic() + 200
    while not committed_parts(str(stage)):
        assert time.monotonic() < end
        time.sleep(0.05)
    subprocess.run([RAY, "job", "stop", *job], env=head, capture_output=True, check=True, timeout=60)
    said = subprocess.run([RAY, "job", "logs", *job], env=head, capture_output=True, text=True, timeout=60).stdout
    assert "mucode: interrupted; what was committed is kept: `mucode resume DIR` continues" in said, said[-3000:]
    assert not (stage / "manifest.json").exists(), "it was stopped too late"


def test_a_failing_run_makes_the_job_fail(head: dict[str, str], runs: Path) -> None:
    done = submit(head, *arguments(runs, "bad", "model.generator=/nowhere"))
    assert done.returncode != 0
    assert "no such directory" in done.stdout + done.stderr


def test_a_relative_run_root_is_refused_in_a_job(head: dict[str, str]) -> None:
    done = submit(head, "run", "--set", "run.root=runs")
    assert done.returncode != 0
    assert "relative to the job's upload" in done.stdout + done.stderr
