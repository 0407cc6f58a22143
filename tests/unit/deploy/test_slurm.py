"""deploy/slurm/mucode.sbatch: what it asks Slurm, Ray and mucode for, seen by stand-ins for all of them."""

import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.slurm_stand_ins import SBATCH, SlurmStandIn, processes_with
from tests.support.waiting import wait_until

DEADLINE_S = 60
RAY = """
import os, signal, socket, sys
note("ray", sys.argv[1:])
if "RAY_FAILS" in os.environ:
    sys.exit(1)
if "--head" in sys.argv:
    port = next(int(word.partition("=")[2]) for word in sys.argv if word.startswith("--port="))
    server = socket.create_server(("127.0.0.1", port))
signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
signal.pause()
"""
MUCODE = """
import os, signal, sys, time
note("mucode", [os.environ["RAY_ADDRESS"], *sys.argv[1:]])
def stopped(*_):
    sys.exit(130)
signal.signal(signal.SIGTERM, stopped)
open(os.environ["RUNS_NOW"], "w").close()
time.sleep(0 if os.environ["RUNS_NOW"].endswith("short") else 60)
"""
JOIN = """
import os, pathlib, time
while pathlib.Path(os.environ["MARK"], "calls.jsonl").read_text().count('["ray"') < 2:
    time.sleep(0.02)
"""


@pytest.fixture
def slurm(tmp_path: Path) -> Iterator[SlurmStandIn]:
    made = SlurmStandIn(tmp_path / "slurm")
    for name, body in {"ray": RAY, "mucode": MUCODE, "python": JOIN}.items():
        made.command(name, body)
    environment = made.folder / ".venv" / "bin"
    environment.parent.mkdir()
    environment.symlink_to(made.folder / "bin")
    yield made
    for left in processes_with(f"MARK={made.folder}"):
        os.kill(left, signal.SIGKILL)


def submit(slurm: SlurmStandIn, *words: str, until: str, job: int, **environment: str) -> subprocess.Popen[bytes]:
    return slurm.submit(
        *words,
        job=job,
        nodes=2,
        log=slurm.folder / "log",
        MARK=str(slurm.folder),
        RUNS_NOW=str(slurm.folder / until),
        **{"MUCODE_RUN_ROOT": "/shared/runs", **environment},
    )


def assert_none_left(slurm: SlurmStandIn) -> None:
    """What the job was told to end may take a moment to."""
    wait_until(lambda: not processes_with(f"MARK={slurm.folder}"))


def test_the_script_is_bash() -> None:
    subprocess.run(["bash", "-n", str(SBATCH)], check=True)


def test_options_of_the_job() -> None:
    options = dict(re.findall(r"^#SBATCH --([a-z-]+)(?:=(\S+))?$", SBATCH.read_text(), re.MULTILINE))
    assert options["signal"] == "B:TERM@120"
    assert options["ntasks-per-node"] == "1"
    assert {"requeue", "open-mode", "output", "time", "nodes"} <= options.keys()


@pytest.mark.parametrize(
    "words, environment, said",
    [
        ([], {}, "no arguments for `mucode run`"),
        (["laptop"], {"MUCODE_RUN_ROOT": ""}, "MUCODE_RUN_ROOT is not set"),
        (["laptop"], {"MUCODE_VENV": "/nowhere"}, "no environment in /nowhere"),
        (["laptop"], {"SLURM_JOB_ID": ""}, "this is no job of Slurm"),
    ],
)
def test_what_is_missing_is_said(slurm: SlurmStandIn, words: list[str], environment: dict[str, str], said: str) -> None:
    assert submit(slurm, *words, until="short", job=1, **environment).wait(DEADLINE_S) == 2
    assert said in (slurm.folder / "log").read_text()
    assert not slurm.calls("srun")


def test_ray_on_every_node_and_the_driver_once(slurm: SlurmStandIn) -> None:
    job = 4_000_000 + os.getpid() % 1000
    given = {"SLURM_CPUS_PER_TASK": "48", "SLURM_GPUS_ON_NODE": "4", "MUCODE_BOXES": "8"}
    words = ("llama-3.1-8b", "configs/cluster-4x8.toml")
    assert submit(slurm, *words, until="short", job=job, **given).wait(DEADLINE_S) == 0
    (asked,) = slurm.calls("srun")
    assert {"--nodes=2", "--ntasks=2", "--ntasks-per-node=1", "--cpus-per-task=48"} <= set(asked)
    head, worker = sorted(slurm.calls("ray"), key=lambda words: "--head" not in words)
    port = 10000 + job % 2000 * 10
    assert {"--head", f"--port={port}", f"--ray-client-server-port={port + 1}"} <= set(head)
    assert f"--address=127.0.0.1:{port}" in worker and "--head" not in worker
    shared = {
        "--num-cpus=48",
        "--num-gpus=4",
        '--resources={"sandbox": 8}',
        "--block",
        "--dashboard-agent-listen-port=0",
    }
    assert shared <= set(head) and shared <= set(worker)
    root = ["--set", "run.root=/shared/runs"]
    assert slurm.calls("mucode") == [[f"127.0.0.1:{port}", "run", *words, *root]]
    assert slurm.calls("scontrol") == [["show", "hostnames", "node[1-2]"]]
    assert_none_left(slurm)
    assert not list(Path("/tmp").glob(f"mucode-{job}*"))


@pytest.mark.parametrize("restarts, queued", [("0", True), ("20", False)])
def test_a_signal_stops_the_run_and_queues_the_job_again(slurm: SlurmStandIn, restarts: str, queued: bool) -> None:
    job = 5_000_000 + os.getpid() % 1000 + int(restarts)
    process = submit(slurm, "laptop", until="long", job=job, SLURM_RESTART_COUNT=restarts)
    end = time.monotonic() + DEADLINE_S
    while not (slurm.folder / "long").exists():
        assert process.poll() is None and time.monotonic() < end, (slurm.folder / "log").read_text()
        time.sleep(0.02)
    process.send_signal(signal.SIGTERM)
    assert process.wait(DEADLINE_S) == 130
    assert (["requeue", str(job)] in slurm.calls("scontrol")) == queued
    assert slurm.calls("scancel") == [["--signal=TERM", str(job)]]  # its tasks, not the script
    assert not list(Path("/tmp").glob(f"mucode-{job}*"))
    assert_none_left(slurm)


def test_a_ray_that_does_not_start_is_tried_again_and_ends_the_job(slurm: SlurmStandIn) -> None:
    job = 5_100_000 + os.getpid() % 1000
    process = submit(slurm, "laptop", until="short", job=job, RAY_FAILS="1", MUCODE_JOIN_S="3")
    assert process.wait(DEADLINE_S) == 1
    assert 1 < len(slurm.calls("ray")) <= 3  # of the head; the other node never reaches it
    assert not slurm.calls("mucode")
    assert "attempt 1 of 3" in (slurm.folder / "log").read_text()
    assert f"did not reach 127.0.0.1:{10000 + job % 2000 * 10} in 3 s" in (slurm.folder / "log").read_text()
    assert_none_left(slurm)


def test_ports_of_jobs_that_follow_each_other_differ() -> None:
    """Ten per job, below those that Linux gives out itself."""
    line = re.search(r"MUCODE_HEAD_PORT=(\$\(\(.*?\)\))", SBATCH.read_text())
    assert line
    ports = [
        int(
            subprocess.run(
                ["bash", "-c", f"echo {line[1]}"], env={"SLURM_JOB_ID": str(job)}, capture_output=True
            ).stdout
        )
        for job in (7_123_456, 7_123_457, 7_125_455)
    ]
    assert len(set(ports)) == 3
    assert all(10000 <= port <= 32767 - 10 for port in ports)
