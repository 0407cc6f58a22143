"""Clusters that grow: what a run lacks is asked of Ray's autoscaler, with a named deadline."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.small_run import ROOT, arguments, finish, rows, start
from tests.support.growing_cluster import growing_cluster

pytestmark = [pytest.mark.docker, pytest.mark.e2e, pytest.mark.slow]
NO_GPUS = ("generator.gpus=0", "training.gpus=0")


@pytest.fixture
def growing(tmp_path: Path) -> Iterator[dict[str, str]]:
    """A head without a core for the run; nodes with cores, and nodes with boxes, come if they are asked for.

    One for each test: what another test asked for stays for a while.
    """
    with growing_cluster(tmp_path, {"CPU": 0.0}, cores={"CPU": 2}, boxes={"CPU": 0, "sandbox": 2}) as environment:
        yield environment


def refused(growing: dict[str, str], *words: str) -> str:
    command = [sys.executable, "-m", "pipeline", *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, env={**os.environ, **growing})
    assert done.returncode == 2 and "Traceback" not in done.stderr, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_without_leave_to_wait_it_is_refused_at_once(growing: dict[str, str], runs: Path) -> None:
    said = refused(growing, *arguments(runs, "no-nodes", *NO_GPUS))
    assert "phase sampling: no node declares the resource `sandbox`" in said
    assert "executor.on_driver = true" in said


def test_whether_to_ask_for_accelerators_must_be_said(growing: dict[str, str], runs: Path) -> None:
    said = refused(growing, *arguments(runs, "no-gpus", "run.wait_for_nodes_s=60"))
    assert "set generator.gpus and training.gpus; 0 asks for none" in said


def test_a_node_that_no_type_has_is_waited_for_as_long_as_was_said(growing: dict[str, str], runs: Path) -> None:
    said = refused(growing, *arguments(runs, "large", *NO_GPUS, "generator.cpus=64", "run.wait_for_nodes_s=6"))
    assert "waits for nodes, 6 s at most for the next one (run.wait_for_nodes_s)" in said
    assert "generator 1 needs 64 CPU on one node" in said
    assert "No node came for run.wait_for_nodes_s = 6 s; asked for: 1 × (2 sandbox)" in said
    assert "1 × (64 CPU)" in said


def test_a_run_gets_its_nodes_and_keeps_them(growing: dict[str, str], runs: Path, undisturbed: Path) -> None:
    log = runs / "grown.log"
    words = arguments(runs, "grown", *NO_GPUS, "run.wait_for_nodes_s=60", "run.iterations=0")
    finish(start(*words, log=log, **growing), log)
    said = log.read_text()
    assert "waits for nodes, 60 s at most for the next one" in said
    assert "Ray: " in said and "2 sandbox" in said
    stage = Path("iter_0000") / "episodes"
    assert rows(runs / "grown" / stage) == rows(undisturbed / stage)
