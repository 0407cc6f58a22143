"""A phase whose nodes have died since the plan is refused at once, with what it asks for and what is left."""

import pytest

from pipeline.config.load import load_config
from pipeline.placement.nodes import Node, ResourceError
from pipeline.placement.resources import ResourcePlan, plan_resources
from pipeline.placement.room import require_room

NODES = [
    Node(name=name, cpus=4.0, accelerators=(1.0,), sandbox=2.0, node_id=name) for name in ("first", "second", "third")
]
SETTINGS = ["generator.replicas=3", "training.workers=3"]


def plan() -> ResourcePlan:
    return plan_resources(load_config(overrides=SETTINGS), NODES)


@pytest.mark.parametrize("phase", ["data", "scoring", "training", "sampling"])
def test_what_was_planned_finds_room(phase: str) -> None:
    held = plan().sampling if phase in ("data", "scoring") else ()
    require_room(phase, plan(), NODES, {"first", "second", "third"}, held, workers=3)


def test_a_training_asks_for_more_than_the_nodes_that_are_left() -> None:
    message = r"phase training: training worker 3 needs 1 CPU and 1 GPU on one node, and none has that left \(.*third"
    with pytest.raises(ResourceError, match=message):
        require_room("training", plan(), NODES, {"first", "second"}, (), workers=3)
    require_room("training", plan(), NODES, {"first", "second"}, (), workers=0)  # the driver trains


def test_a_task_finds_no_cpu_if_all_nodes_are_gone() -> None:
    with pytest.raises(ResourceError, match=r"phase data: data task 1 needs 0\.5 CPU on one node"):
        require_room("data", plan(), NODES, set(), plan().sampling, workers=3)
