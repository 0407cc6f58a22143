"""Slots as placement groups of Ray: what the plan puts together stays together, and nobody else gets in between."""

from collections.abc import Collection
from typing import Any

import ray
from ray.util.placement_group import PlacementGroup, placement_group, remove_placement_group
from ray.util.scheduling_strategies import PlacementGroupSchedulingStrategy

from pipeline.placement.packing import ROUNDING, Demand, Slot


class ReservedSlots:
    """The placement groups of the slots that are in use, one bundle each.

    A group prefers the node of the plan; if that node has died, Ray moves the group to another one.
    """

    def __init__(self) -> None:
        self._groups: dict[Slot, PlacementGroup] = {}

    def options(self, slot: Slot, demand: Demand) -> dict[str, Any]:
        """Ray's options for an actor of that size in the slot, which is reserved if it is not yet."""
        options: dict[str, Any] = {"num_cpus": demand.cpus, "num_gpus": demand.gpus}
        size = {"CPU": slot.cpus, "GPU": slot.gpus}
        bundle = {name: round(amount, 4) for name, amount in size.items() if amount > ROUNDING}
        if not bundle:
            return options
        if slot not in self._groups:
            node = slot.node.node_id or None
            self._groups[slot] = placement_group([bundle], strategy="STRICT_PACK", _soft_target_node_id=node)
        return options | {"scheduling_strategy": PlacementGroupSchedulingStrategy(self._groups[slot], 0)}

    def ready(self, slot: Slot) -> Any:
        """A reference that comes when Ray has reserved the slot; None for one that needs nothing."""
        return self._groups[slot].ready() if slot in self._groups else None  # unlike group.wait, Ctrl-C ends waiting

    def wait(self, slot: Slot, deadline_s: float) -> bool:
        """Whether Ray has reserved the slot within the deadline."""
        reference = self.ready(slot)
        return reference is None or bool(ray.wait([reference], timeout=deadline_s)[0])

    def release_all_but(self, used: Collection[Slot]) -> None:
        """Give back what nobody of `used` needs."""
        for slot in [slot for slot in self._groups if slot not in used]:
            group = self._groups.pop(slot)
            if ray.is_initialized():
                remove_placement_group(group)
