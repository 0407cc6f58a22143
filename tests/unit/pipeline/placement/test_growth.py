"""What is asked of an autoscaler: each phase finds its place, and phases that take turns do not ask twice."""

from collections.abc import Sequence

import pytest

from pipeline.config.load import load_config
from pipeline.placement.growth import GrownCluster, wanted_bundles
from pipeline.placement.nodes import Node, ResourceError
from pipeline.placement.resources import ResourcePlan, plan_resources

HEAD = [Node(name="head", cpus=4.0)]
BOXES = (("sandbox", 2.0),)


def wanted(*settings: str) -> dict[tuple[tuple[str, float], ...], int]:
    return dict(wanted_bundles(load_config("embedded", settings), HEAD))


def test_phases_that_take_turns_ask_once() -> None:
    gpu = (("CPU", 1.0), ("GPU", 1.0))
    settings = ("verifier.cpus=1", "generator.replicas=4", "generator.gpus=1", "training.gpus=1", "training.workers=3")
    assert wanted(*settings) == {BOXES: 1, gpu: 4, (("CPU", 1.0),): 1}
    assert wanted(*settings, "training.workers=8")[gpu] == 8


def test_a_verifier_beside_the_generator_has_its_share() -> None:
    found = wanted("generator.gpus=0.7", "verifier.gpus=0.3", "training.gpus=1")
    assert {dict(bundle).get("GPU") for bundle in found} == {None, 0.7, 0.3, 1.0}


def test_what_needs_nothing_is_not_asked_for() -> None:
    assert wanted("generator.gpus=0", "generator.cpus=0", "verifier.cpus=0", "training.cpus=0", "training.gpus=0") == {
        BOXES: 1
    }


def test_a_cluster_with_room_is_taken_as_it_is_and_a_small_one_refused() -> None:
    config = load_config("embedded", ["generator.gpus=0"])
    made: list[Sequence[Node]] = []

    def plan(nodes: Sequence[Node]) -> ResourcePlan:
        made.append(nodes)
        return plan_resources(config, nodes)

    with_boxes = [Node(name="one", cpus=4.0, sandbox=2.0)]
    assert GrownCluster(config, lambda: with_boxes, plan).nodes == with_boxes == made[0]
    with pytest.raises(ResourceError, match=r"no node declares the resource `sandbox`, so programs .*on_driver = true"):
        GrownCluster(config, lambda: HEAD, plan)
    assert len(made) == 2


def test_a_ray_of_the_commands_own_never_grows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    config = load_config("embedded", ["run.wait_for_nodes_s=5"])
    with pytest.raises(ResourceError, match="no node declares the resource `sandbox`"):
        GrownCluster(config, lambda: HEAD, lambda nodes: plan_resources(config, nodes))


def test_programs_run_beside_the_driver_only_where_it_is_allowed() -> None:
    config = load_config("embedded", ["executor.on_driver=true"])
    assert plan_resources(config, HEAD).sampling


def test_before_nodes_are_there_accelerators_must_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:6379")
    config = load_config("embedded", ["run.wait_for_nodes_s=5"])
    with pytest.raises(ResourceError, match=r"set generator\.gpus and training\.gpus; 0 asks for none"):
        GrownCluster(config, lambda: HEAD, lambda nodes: plan_resources(config, nodes))
