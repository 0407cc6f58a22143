"""Reaching Ray, and checking that every phase of a run fits before any of them starts.

Phases take turns. Sampling holds generators and executors; training makes its own placement group; scoring
is an actor pool. A live generator holds its resources, so if sampling and training do not fit side by
side the generators exit before training and start again after it. Each replica takes `tensor_parallel`
accelerators of one node; training takes one per worker.
"""

import math
import os
from dataclasses import dataclass

from actors.search.selectors import SELECTORS
from pipeline.config.schema import Config
from sandbox.errors import UserError

DATA_CPUS = 0.5


class ResourceError(UserError, RuntimeError):
    """A phase asks for more than the cluster has; nothing was started."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourcePlan:
    """What each phase takes, and before which phases generators, or scorers, must exit."""

    phases: dict[str, dict[str, float]]
    generators_exit_for: frozenset[str]
    scorers_exit_for: frozenset[str]
    gpus_per_rank: float


def share_of_worker(total: dict[str, float], workers: int) -> dict[str, float]:
    """What one of a study's `workers` may count on: a cluster is divided; on this machine each has a Ray of its own.

    Raises ResourceError if each of these would take the same accelerators.
    """
    if os.environ.get("RAY_ADDRESS"):
        return {name: amount / workers for name, amount in total.items()}
    if workers > 1 and total.get("GPU", 0):
        raise ResourceError(
            f"lanes = {workers} would each use all {total['GPU']:g} accelerators of this machine; "
            "use lanes = 1, or `ray start --head` and RAY_ADDRESS, so that the workers divide them"
        )
    return total


def plan_resources(config: Config, total: dict[str, float]) -> ResourcePlan:
    """Sizes of all phases against `total` (Ray's cluster resources). Raises ResourceError if one cannot fit."""
    rank_gpus = _gpus(config.generator.gpus, total)
    phases = _phase_needs(config, total, rank_gpus)
    for phase, needs in phases.items():
        _require(phase, needs, total)
    sampling, others = phases["sampling"], ("data", "scoring", "training")
    scorers = {name: need * config.verifier.replicas for name, need in _one_scorer(config).items()}
    beside = _sum(sampling, scorers)
    training = phases["training"] if config.training.workers else {}
    claims = {"sampling": {}, "data": phases["data"], "training": training}
    return ResourcePlan(
        phases=phases,
        generators_exit_for=frozenset(name for name in others if _short(_sum(sampling, phases[name]), total)),
        scorers_exit_for=frozenset(name for name, needs in claims.items() if _short(_sum(beside, needs), total)),
        gpus_per_rank=rank_gpus,
    )


def _phase_needs(config: Config, total: dict[str, float], rank_gpus: float) -> dict[str, dict[str, float]]:
    """Resources by phase and name. `rank_gpus`: of one rank of a generator."""
    generator, training, verifier = config.generator, config.training, config.verifier
    sampling = {
        "CPU": generator.replicas * generator.cpus,
        "GPU": generator.replicas * generator.tensor_parallel * rank_gpus,
    }
    if total.get("sandbox", 0):
        sampling["sandbox"] = float(config.executor.replicas * config.executor.boxes)
    ranks = max(training.workers, 1)
    phases = {
        "sampling": sampling,
        "data": {"CPU": DATA_CPUS},
        "training": {"CPU": ranks * training.cpus, "GPU": ranks * _gpus(training.gpus, total)},
        "scoring": {
            "CPU": verifier.replicas * verifier.cpus + DATA_CPUS,
            "GPU": verifier.replicas * verifier.gpus,
        },
    }
    if any(SELECTORS[name].needs_scores for name in config.eval.selectors):
        phases["search"] = _sum(sampling, _one_scorer(config))  # generators ask the verifier while they search
    return phases


def _gpus(asked: float | None, total: dict[str, float]) -> float:
    """What the config says; else one if the cluster has accelerators."""
    return asked if asked is not None else float(total.get("GPU", 0) > 0)


def _one_scorer(config: Config) -> dict[str, float]:
    return {"CPU": config.verifier.cpus, "GPU": config.verifier.gpus}


def _sum(one: dict[str, float], other: dict[str, float]) -> dict[str, float]:
    return {name: one.get(name, 0) + other.get(name, 0) for name in {*one, *other}}


def _short(needs: dict[str, float], total: dict[str, float]) -> dict[str, float]:
    return {name: need for name, need in needs.items() if need > total.get(name, 0) + 1e-9}


def _require(phase: str, needs: dict[str, float], total: dict[str, float]) -> None:
    short = _short(needs, total)
    if short:
        text = ", ".join(f"{need:g} {name} (the cluster has {total.get(name, 0):g})" for name, need in short.items())
        raise ResourceError(
            f"phase {phase} needs {text}; a study's workers divide a cluster. Lower generator.replicas, "
            "generator.tensor_parallel, training.workers, executor.replicas or executor.boxes, or add nodes"
        )


def describe_resources(total: dict[str, float]) -> str:
    return f"{math.floor(total.get('CPU', 0))} CPU, {total.get('GPU', 0):g} GPU, {total.get('sandbox', 0):g} sandbox"
