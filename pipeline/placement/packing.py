"""Packing actors onto accelerators and nodes: pure arithmetic, without Ray.

A *slot* is what Ray reserves in one piece, on one node: the accelerator of a generator with the verifiers that share
it; the accelerators of a tensor-parallel generator; or one actor without any. Ray packs fractions onto the fullest
accelerator that has room, whatever may come later, so fractions that belong together are reserved together.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from pipeline.placement.nodes import Node

ROUNDING = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """What one actor reserves. `gpus`: a share of an accelerator, or a whole number of them on one node."""

    cpus: float
    gpus: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """One reservation: numbers of the generators and scorers in it, its node and its size."""

    index: int
    """Of the node among those of the plan; nodes of one type that are not there yet are equal."""
    node: Node
    cpus: float
    gpus: float
    generators: tuple[int, ...] = ()
    scorers: tuple[int, ...] = ()


class Misfit(Exception):
    """Number `index` of actors of `role` found no place. `free`: what each node has left."""

    def __init__(self, role: str, index: int, demand: Demand, free: "list[FreeNode]") -> None:
        super().__init__(role)
        self.role, self.index, self.demand, self.free = role, index, demand, free


@dataclass(slots=True)
class FreeNode:
    """What is left of a node, and the slots on it by the accelerators that they hold."""

    index: int
    node: Node
    cpus: float
    accelerators: list[float]
    slots: dict[tuple[int, ...], Slot] = field(default_factory=dict)

    def find(self, demand: Demand, *, spread: bool = False) -> tuple[int, ...] | None:
        """Accelerators for one more actor: () if it needs none, None if it finds no place.

        A share goes to the fullest accelerator with room for it, as Ray does; with `spread`, to one with the fewest
        scorers.
        """
        if demand.cpus > self.cpus + ROUNDING:
            return None
        if demand.gpus <= ROUNDING:
            return ()
        fits = [i for i, free in enumerate(self.accelerators) if free + ROUNDING >= min(demand.gpus, 1.0)]
        if demand.gpus > 1:
            return tuple(fits[: int(demand.gpus)]) if len(fits) >= demand.gpus else None
        if not fits:
            return None
        return (min(fits, key=lambda i: (self.scorers(i) if spread else 0, self.accelerators[i])),)

    def scorers(self, index: int) -> int:
        slot = self.slots.get((index,))
        return len(slot.scorers) if slot else 0

    def take(self, demand: Demand, places: tuple[int, ...]) -> None:
        self.cpus -= demand.cpus
        for index in places:
            self.accelerators[index] -= min(demand.gpus, 1.0)

    def add(self, demand: Demand, places: tuple[int, ...], *, generator: int | None, scorer: int | None) -> None:
        """Put an actor into the slot of these accelerators, or into one of its own."""
        self.take(demand, places)
        key = places or (-1 - len(self.slots),)
        slot = self.slots.get(key) or Slot(index=self.index, node=self.node, cpus=0.0, gpus=0.0)
        self.slots[key] = replace(
            slot,
            cpus=slot.cpus + demand.cpus,
            gpus=slot.gpus + demand.gpus,
            generators=slot.generators if generator is None else (*slot.generators, generator),
            scorers=slot.scorers if scorer is None else (*slot.scorers, scorer),
        )


def free_nodes(nodes: Sequence[Node]) -> list[FreeNode]:
    return [FreeNode(index, node, node.cpus, list(node.accelerators)) for index, node in enumerate(nodes)]


def pack(nodes: Sequence[Node], generator: Demand, generators: int, scorer: Demand, scorers: int) -> tuple[Slot, ...]:
    """Slots for so many generators and scorers. Raises Misfit for the first that finds no place."""
    free = free_nodes(nodes)
    for number in range(generators):
        node, places = _choose(free, "generator", number, generator)
        node.add(generator, places, generator=number, scorer=None)
    for number in range(scorers):
        node, places = _choose(free, "verifier", number, scorer, spread=True)
        node.add(scorer, places, generator=None, scorer=number)
    return tuple(slot for node in free for slot in node.slots.values())


def _choose(
    free: list[FreeNode], role: str, index: int, demand: Demand, *, spread: bool = False
) -> tuple[FreeNode, tuple[int, ...]]:
    """The node with the least room that is enough, one without boxes before others; scorers go where the fewest are."""
    found = [(node, places) for node in free if (places := node.find(demand, spread=spread)) is not None]
    if not found:
        raise Misfit(role, index, demand, free)

    def room(choice: tuple[FreeNode, tuple[int, ...]]) -> tuple[float, ...]:
        node, places = choice
        crowd = max((node.scorers(place) for place in places), default=0) if spread else 0
        return crowd, node.node.sandbox > 0, sum(node.accelerators), node.cpus

    return min(found, key=room)


def after(nodes: Sequence[Node], slots: Sequence[Slot]) -> list[FreeNode]:
    """What is left beside these slots, each on the fullest accelerator with room for it."""
    free = free_nodes(nodes)
    for slot in slots:
        node = free[slot.index]
        demand = Demand(cpus=slot.cpus, gpus=slot.gpus)
        node.take(demand, node.find(demand) or ())
    return free


def fits(free: list[FreeNode], demand: Demand, count: int) -> int:
    """How many of `count` equal actors find a place; what they take is gone from `free`."""
    for placed in range(count):
        try:
            node, places = _choose(free, "", placed, demand)
        except Misfit:
            return placed
        node.take(demand, places)
    return count
