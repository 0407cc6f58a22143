"""The loop on two nodes: two generators, the `sandbox` resource on one node only, a plan per phase."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.small_run import PROBLEMS, ROOT, SAMPLES, arguments, finish, rows, start
from tests.support.breakage import OWN_MOUNTS, mucode

if TYPE_CHECKING:
    from ray.cluster_utils import Cluster

pytestmark = [pytest.mark.docker, pytest.mark.e2e, pytest.mark.slow]


@pytest.fixture(scope="module")
def cluster() -> Iterator["Cluster"]:
    from ray.cluster_utils import Cluster

    cluster = Cluster()
    cluster.add_node(num_cpus=2, object_store_memory=200 << 20)
    cluster.add_node(num_cpus=2, object_store_memory=200 << 20, resources={"sandbox": 2})
    yield cluster
    cluster.shutdown()


@pytest.fixture
def address(cluster: "Cluster") -> str:
    return str(cluster.address)


def look(address: str, *words: str, **environment: str) -> tuple[int, list[dict[str, Any]]]:
    """The status of `mucode doctor --cluster`, and its findings about the cluster."""
    done = mucode("doctor", "--only", "python", "--cluster", "--json", *words, RAY_ADDRESS=address, **environment)
    assert done.stdout.startswith("{"), done.stderr
    return done.returncode, json.loads(done.stdout)["findings"][1:]


def test_the_doctor_looks_at_every_node(address: str, tmp_path: Path) -> None:
    status, found = look(address, "--root", str(tmp_path / "runs"))
    assert [one["text"] for one in found if one["status"] == "fail"] == []
    assert status == 0
    assert found[0]["check"] == "cluster" and "2 nodes, 4 CPU, 0 GPU, 2 sandbox" in found[0]["text"]
    nodes = {one["node"] for one in found} - {""}
    assert len(nodes) == 2
    for node in nodes:
        checks = {one["check"]: one for one in found if one["node"] == node}
        assert {"versions", "mucode", "gpu", "shm", "files", "memory", "tmp", "clock", "storage"} <= set(checks)
        clock = checks["clock"]["values"]
        assert abs(clock["skew_s"]) <= clock["error_s"] + 0.05, "both clocks are this machine's"
        assert checks["storage"]["values"]["written_bytes_per_s"] > 0
    assert [one["node"] in nodes for one in found if one["check"] == "sandbox"] == [True]
    assert not (tmp_path / "runs").exists(), "what was written to try the storage is left"


def test_the_doctor_names_versions_that_are_others(address: str, tmp_path: Path) -> None:
    """Those of this side are: metadata of another transformers lies earlier on its path, which nodes do not have."""
    info = tmp_path / "here" / "transformers-4.1.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: transformers\nVersion: 4.1\n")
    path = f"{info.parent}{os.pathsep}{ROOT}"
    status, found = look(address, "--root", str(tmp_path), PYTHONPATH=path)
    versions = [one for one in found if one["check"] == "versions"]
    assert status == 1 and len(versions) == 2
    assert all(one["status"] == "fail" and ", here 4.1: install the same" in one["text"] for one in versions)


def test_the_doctor_names_a_node_that_does_not_see_the_runs(address: str) -> None:
    """A mount of this process alone: a folder that the nodes, which have their own, do not see."""
    done = mucode(
        *("doctor", "--only", "python", "--cluster", "--root", "/mnt/mucode-only-here"),
        behind=OWN_MOUNTS,
        shell="mount -t tmpfs tmpfs /mnt",
        RAY_ADDRESS=address,
    )
    lines = [line for line in done.stdout.splitlines() if "storage" in line]
    assert len(lines) == 2 and done.returncode == 1, done.stdout + done.stderr
    assert all(line.startswith("FAIL") and "does not see a file that was written here" in line for line in lines)


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


def test_the_doctor_names_a_node_that_died(cluster: "Cluster", tmp_path: Path) -> None:
    """The last one here: the cluster remembers it."""
    cluster.remove_node(cluster.add_node(num_cpus=1, object_store_memory=100 << 20))
    _, found = look(str(cluster.address), "--root", str(tmp_path))
    (dead,) = [one for one in found if one["check"] == "node"]
    assert dead["status"] == "note" and dead["text"].startswith("dead: "), dead
    assert dead["node"] not in {one["node"] for one in found if one["check"] == "clock"}
