"""Checking that every phase of a run fits before any of them starts, accelerator by accelerator.

Phases take turns. Sampling holds generators, executors and, if the selectors of its searches ask for scores, a
verifier; scoring holds verifiers; training makes Ray Train's own placement group, one bundle per worker. What fits
side by side stays; else the actors of one phase exit before the next one starts. Training workers that wait between
trainings are beside all others and reserve nothing, since only memory must hold them.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from actors.search.selectors import SELECTORS
from pipeline.config.schema import Config
from pipeline.placement.nodes import Node, ResourceError
from pipeline.placement.packing import ROUNDING, Demand, FreeNode, Misfit, Slot, after, fits, free_nodes, pack

DATA_CPUS = 0.5
DATA = Demand(cpus=DATA_CPUS)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourcePlan:
    """Where generators and verifiers go, and before which phases they must exit."""

    generator: Demand
    scorer: Demand
    trainer: Demand
    sampling: tuple[Slot, ...]
    """While generators sample: they, and verifiers beside them."""
    scoring: tuple[Slot, ...]
    """While every answer is scored; the same object if all verifiers fit beside the generators."""
    generators_exit_for: frozenset[str]
    """Of `data` and `training`; where `scoring` is another layout, all exit at its start and its end."""
    scorers_exit_for: frozenset[str]

    def layout(self, phase: str) -> tuple[Slot, ...]:
        return self.scoring if phase == "scoring" else self.sampling


def plan_resources(config: Config, nodes: Sequence[Node], *, trainers_wait: bool = False) -> ResourcePlan:
    """Places for all phases on `nodes`, there or possible. Raises ResourceError if one finds none.

    `trainers_wait`: training workers stay between trainings; there must be room for a training still.
    """
    generator, scorer, trainer = demands(config, nodes)
    _require_executors(config, nodes)
    _require_trainers(config, nodes, trainer)
    if trainers_wait:
        trainer = Demand(cpus=0.0)
    generators, scorers = config.generator.replicas, config.verifier.replicas
    searched = any(SELECTORS[name].needs_scores for name in config.eval.selectors)
    try:
        sampling = pack(nodes, generator, generators, scorer, scorers)
    except Misfit:
        phase = "search" if searched else "sampling"
        sampling = _pack_or_refuse(phase, nodes, generator, generators, scorer, int(searched))
    beside = sum(len(slot.scorers) for slot in sampling) == scorers and fits(after(nodes, sampling), DATA, 1)
    scoring = sampling if beside else _pack_or_refuse("scoring", nodes, generator, 0, scorer, scorers)
    if not fits(after(nodes, scoring), DATA, 1):
        raise refusal("scoring", Misfit("data task", 0, DATA, after(nodes, scoring)))
    exits = {
        "data": _exits(nodes, sampling, DATA, 1),
        "training": _exits_for_training(config, nodes, sampling, trainer),
    }
    return ResourcePlan(
        generator=generator,
        scorer=scorer,
        trainer=trainer,
        sampling=sampling,
        scoring=scoring,
        generators_exit_for=frozenset(phase for phase, roles in exits.items() if "generators" in roles),
        scorers_exit_for=frozenset(phase for phase, roles in exits.items() if "scorers" in roles),
    )


def demands(config: Config, nodes: Sequence[Node]) -> tuple[Demand, Demand, Demand]:
    """What a generator, a verifier and a training worker reserve."""
    default = float(any(node.accelerators for node in nodes))
    generator, verifier, training = config.generator, config.verifier, config.training
    rank = default if generator.gpus is None else generator.gpus
    if generator.tensor_parallel > 1 and 0 < rank < 1:
        raise ResourceError(
            f"generator.gpus = {rank:g} with generator.tensor_parallel = {generator.tensor_parallel}: Ray gives out "
            "several accelerators only whole; set generator.gpus = 1"
        )
    ranks = Demand(cpus=generator.cpus, gpus=_whole("generator.gpus", rank * generator.tensor_parallel))
    trainer = Demand(
        cpus=training.cpus, gpus=_whole("training.gpus", default if training.gpus is None else training.gpus)
    )
    if training.workers > 1 and 0 < trainer.gpus <= 0.5:
        raise ResourceError(
            f"training.gpus = {trainer.gpus:g} with training.workers = {training.workers}: two workers could share an "
            "accelerator, which NCCL refuses; set training.gpus above 0.5, or training.workers = 1"
        )
    return ranks, Demand(cpus=verifier.cpus, gpus=_whole("verifier.gpus", verifier.gpus)), trainer


def _whole(setting: str, gpus: float) -> float:
    if gpus > 1 and gpus != int(gpus):
        raise ResourceError(
            f"{setting}: one actor would take {gpus:g} accelerators, and Ray gives out more than one only whole"
        )
    return gpus


def _require_executors(config: Config, nodes: Sequence[Node]) -> None:
    """Each executor needs its boxes on one node; the driver's serves only where it may, and none declares `sandbox`."""
    boxes, replicas = config.executor.boxes, config.executor.replicas
    most = max((node.sandbox for node in nodes), default=0)
    if not most and config.executor.on_driver:
        return
    if not most:
        raise ResourceError(
            "phase sampling: no node declares the resource `sandbox`, so programs that the model writes would run "
            f"beside the driver. Start the nodes that may run them with --resources '{{\"sandbox\": {boxes}}}', or "
            "allow it with executor.on_driver = true"
        )
    room = sum(math.floor((node.sandbox + ROUNDING) / boxes) for node in nodes)
    if room < replicas:
        has = ", ".join(f"{node.name} has {node.sandbox:g}" for node in nodes if node.sandbox)
        raise ResourceError(
            f"phase sampling: executors need {boxes} sandbox on one node each, {replicas} times, and there is room for "
            f"{room} ({has}); lower executor.boxes or executor.replicas, or add nodes"
        )


def _require_trainers(config: Config, nodes: Sequence[Node], trainer: Demand) -> None:
    ranks, free = max(config.training.workers, 1), free_nodes(nodes)
    placed = fits(free, trainer, ranks)
    if placed < ranks:
        raise refusal("training", Misfit("training worker", placed, trainer, free))


def _pack_or_refuse(
    phase: str, nodes: Sequence[Node], generator: Demand, generators: int, scorer: Demand, scorers: int
) -> tuple[Slot, ...]:
    try:
        return pack(nodes, generator, generators, scorer, scorers)
    except Misfit as misfit:
        raise refusal("sampling" if misfit.role == "generator" else phase, misfit) from None


REMEDIES = {
    "generator": "generator.replicas, generator.tensor_parallel, generator.gpus or generator.cpus",
    "verifier": "verifier.replicas, verifier.gpus or verifier.cpus, or generator.gpus and generator.cpus",
    "training worker": "training.workers, training.gpus or training.cpus",
    "data task": "verifier.replicas or verifier.cpus",
}


def refusal(phase: str, misfit: Misfit) -> ResourceError:
    """What was asked for, against what each node has left."""
    left = "; ".join(f"{name}: {room}" for name, room in _rooms(misfit.free))
    return ResourceError(
        f"phase {phase}: {misfit.role} {misfit.index + 1} needs {_size(misfit.demand)} on one node, and none has that "
        f"left ({left}). Lower {REMEDIES[misfit.role]}, or add nodes; a study's workers divide a cluster"
    )


def _rooms(free: list[FreeNode]) -> list[tuple[str, str]]:
    """What nodes have left, equal ones together."""
    names: dict[str, list[str]] = {}
    for one in free:
        shares = " ".join(f"{share:.2g}" for share in one.accelerators)
        room = f"{one.cpus:g} of {one.node.cpus:g} CPU, " + (f"GPU {shares}" if shares else "no GPU")
        names.setdefault(room, []).append(one.node.name)
    return [(" and ".join(same[:2]) if len(same) < 3 else f"{len(same)} nodes", room) for room, same in names.items()]


def _size(demand: Demand) -> str:
    return f"{demand.cpus:g} CPU" + (f" and {demand.gpus:g} GPU" if demand.gpus else "")


def _exits(nodes: Sequence[Node], sampling: Sequence[Slot], demand: Demand, count: int) -> set[str]:
    """Who must go so that `count` actors of another phase find places: nobody, verifiers, or all."""
    generating = [slot for slot in sampling if slot.generators]
    for roles, slots in ((set[str](), sampling), ({"scorers"}, generating)):
        if fits(after(nodes, slots), demand, count) == count:
            return roles
    return {"generators", "scorers"}


def _exits_for_training(config: Config, nodes: Sequence[Node], sampling: Sequence[Slot], trainer: Demand) -> set[str]:
    if config.training.workers:
        return _exits(nodes, sampling, trainer, config.training.workers)
    if trainer.gpus:  # this process takes the first accelerator, whoever has it
        return {"generators", "scorers"}
    generating = [slot for slot in sampling if slot.generators]
    return set() if fits(after(nodes, generating), trainer, 1) else {"generators"}


def describe_placement(plan: ResourcePlan) -> str:
    """The slots of sampling with accelerators in one line: "devices: 4 × [generator 0.7, verifier 0.3]"; "" if none."""
    kinds = Counter(_slot_text(plan, slot) for slot in plan.sampling if slot.gpus)
    return "devices: " + ", ".join(f"{count} × [{text}]" for text, count in kinds.items()) if kinds else ""


def _slot_text(plan: ResourcePlan, slot: Slot) -> str:
    actors = [("generator", plan.generator)] * len(slot.generators) + [("verifier", plan.scorer)] * len(slot.scorers)
    return ", ".join(f"{role} {demand.gpus:g}" for role, demand in actors)


def describe_free(free: dict[str, float]) -> str:
    """What Ray has available, by name."""
    return f"{free.get('CPU', 0):g} CPU, {free.get('GPU', 0):g} GPU, {free.get('sandbox', 0):g} sandbox"
