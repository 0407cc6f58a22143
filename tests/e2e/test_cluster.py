"""The loop on two nodes: two generators, the `sandbox` resource on one node only, a plan per phase."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.small_run import PROBLEMS, ROOT, SAMPLES, arguments, finish, rows, start

pytestmark = [pytest.mark.docker, pytest.mark.e2e, pytest.mark.slow]


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    from ray.cluster_utils import Cluster

    cluster = Cluster()
    cluster.add_node(num_cpus=2, object_store_memory=200 << 20)
    cluster.add_node(num_cpus=2, object_store_memory=200 << 20, resources={"sandbox": 2})
    yield cluster.address
    cluster.shutdown()


def test_two_generators_on_two_nodes(address: str, undisturbed: Path, runs: Path) -> None:
    log = runs / "cluster.log"
    words = arguments(runs, "cluster", "generator.replicas=2", "run.iterations=0")
    finish(start(*words, log=log, RAY_ADDRESS=address), log)
    stage = runs / "cluster" / "iter_0000" / "episodes"
    manifest = json.loads((stage / "manifest.json").read_text())
    shares = manifest["facts"]["episodes_per_generator"]
    assert sum(shares) == PROBLEMS * SAMPLES
    assert len(shares) == 2
    assert min(shares) > 0
    assert rows(stage) == rows(undisturbed / "iter_0000" / "episodes")


def test_a_phase_that_cannot_fit_is_refused_at_once(address: str, runs: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pipeline", *arguments(runs, "toobig", "generator.replicas=40")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "RAY_ADDRESS": address},
    )
    assert done.returncode == 2, done.stdout + done.stderr
    assert "phase sampling: generator 5 needs 1 CPU on one node, and none has that left" in done.stderr
