"""deploy/slurm/mucode.sbatch on two nodes that are one machine: real Ray, real runs, stand-ins for srun and scontrol.

The first job is stopped in the middle as Slurm does before the time limit, the same job again ends the run.
"""

import os
import signal
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.small_run import ROOT, arguments, finish, rows, wait_for
from tests.support.slurm_stand_ins import SlurmStandIn, processes_with

pytestmark = [pytest.mark.docker, pytest.mark.e2e, pytest.mark.slow]
ENDED_S = 60
"""For a job that was stopped to end its run, its actors and Ray."""


@pytest.fixture
def mark() -> Iterator[str]:
    mark = f"MUCODE_TEST_JOB={uuid.uuid4().hex}"
    yield mark
    for left in processes_with(mark):
        os.kill(left, signal.SIGKILL)


def test_a_stopped_job_goes_on_when_it_is_queued_again(mark: str, undisturbed: Path, runs: Path) -> None:
    slurm, log, root = SlurmStandIn(runs / "slurm"), runs / "slurm.log", runs / "queued"
    _, *words = arguments(runs, "queued", "run.iterations=1")
    job = 6_000_000 + os.getpid() % 1000
    environment = {
        "MUCODE_VENV": str(Path(sys.executable).parents[1]),
        "MUCODE_RUN_ROOT": str(runs),
        "MUCODE_BOXES": "2",
        "SLURM_CPUS_PER_TASK": "2",
        "PYTHONPATH": str(ROOT),
        "HOME": str(runs),
        mark.partition("=")[0]: mark.partition("=")[2],
    }
    first = slurm.submit(*words, job=job, nodes=2, log=log, **environment)
    sampled = root / "iter_0000" / "episodes" / "manifest.json"
    wait_for(sampled.exists, first, log)
    first.send_signal(signal.SIGTERM)
    assert first.wait(ENDED_S) == 130, log.read_text()[-6000:]
    assert "mucode.sbatch: stopped" in log.read_text()
    assert ["requeue", str(job)] in slurm.calls("scontrol")
    assert processes_with(mark) == [], "processes outlived their job"
    assert not list(Path("/tmp").glob(f"mucode-{job}*"))
    before = sampled.stat().st_mtime_ns

    again = slurm.submit(*words, job=job, nodes=2, log=log, SLURM_RESTART_COUNT="1", **environment)
    finish(again, log)
    assert sampled.stat().st_mtime_ns == before, "a finished stage was done again"
    assert "Ray: 2 nodes" in log.read_text()
    for stage in ("iter_0000/episodes", "iter_0001/episodes", "iter_0001/metrics"):
        assert rows(root / stage) == rows(undisturbed / stage), stage
    assert processes_with(mark) == [], "processes outlived their job"
