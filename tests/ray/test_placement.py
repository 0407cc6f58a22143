"""Every file in configs/ goes through all phases, twice over, on logical accelerators: nobody waits for a place."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from tests.support.cluster_nodes import ROOT, runs_on, shipped_runs

LARGE = "llama-3.1-8b+cluster-4x8"
ON_A_NODE = [name for name in shipped_runs() if "+" not in name]
COUNT_OF_A_NODE = 4


def taken_through(*entries: dict[str, Any]) -> list[dict[str, Any]]:
    """Places in the last search of each run, from a Ray of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.placement_rounds", json.dumps(entries)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=850,
        env={**os.environ, "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0"},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def entry(name: str, iterations: int) -> dict[str, Any]:
    return {"files": [str(path) for path in shipped_runs()[name]], "iterations": iterations}


def assert_apart(found: dict[str, Any], generators: int) -> None:
    """No two generators on one accelerator, and the verifier on one that a generator has."""
    places = [(node, device) for node, devices in found["generators"] for device in devices]
    assert len(places) == len(set(places)) == generators
    assert {(node, device) for node, devices in found["scorers"] for device in devices} <= set(places)


@pytest.mark.slow
def test_verifiers_do_not_take_the_place_of_a_generator() -> None:
    """One iteration on one node; by Ray's own packing the fourth generator of its search waited for ever."""
    (found,) = taken_through({**entry("llama-3.2-1b", 1), "one_node": True})
    assert_apart(found, COUNT_OF_A_NODE)


@pytest.mark.slow
def test_every_file_goes_through_all_phases_twice() -> None:
    """Those that run on the same nodes share a Ray."""
    by_nodes: dict[str, list[str]] = {}
    for name in ON_A_NODE:
        by_nodes.setdefault(runs_on(shipped_runs()[name][-1]).group(), []).append(name)
    for names in by_nodes.values():
        for found in taken_through(*(entry(name, 2) for name in names)):
            assert_apart(found, COUNT_OF_A_NODE if found["generators"][0][1] else 0)


@pytest.mark.slow
def test_four_nodes_go_through_all_phases_twice() -> None:
    (found,) = taken_through(entry(LARGE, 2))
    assert_apart(found, 32)
    assert len({node for node, _ in found["generators"]}) == 4
