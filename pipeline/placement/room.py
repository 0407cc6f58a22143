"""Whether a phase still finds room when it begins: nodes go, and Ray would wait for their return without a word."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from pipeline.placement.nodes import Node
from pipeline.placement.packing import Misfit, Slot, after, fits
from pipeline.placement.resources import DATA, ResourcePlan, refusal


def require_room(
    phase: str, plan: ResourcePlan, nodes: Sequence[Node], alive: Collection[str], held: Collection[Slot], workers: int
) -> None:
    """Raise ResourceError if the nodes of the plan that are `alive` cannot hold a task of `phase` ("data" or "scoring")
    beside the slots that are `held`, or all `workers` of "training" by themselves; other phases have own deadlines."""
    wanted = {"data": ("data task", DATA, 1), "scoring": ("data task", DATA, 1)}
    wanted["training"] = ("training worker", plan.trainer, workers)
    if phase not in wanted:
        return
    role, demand, count = wanted[phase]
    left = [node if node.node_id in alive else replace(node, cpus=0.0, accelerators=()) for node in nodes]
    there = [slot for slot in held if left[slot.index].cpus and phase != "training"]
    free = after(left, there)
    placed = fits(free, demand, count)
    if placed < count:
        raise refusal(phase, Misfit(role, placed, demand, free))
