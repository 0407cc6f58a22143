"""What each stage of a run computes, and how long that takes.

Each parameter costs two operations for a token that is sampled or read, and six for one that is trained on (arXiv
2001.08361, section 2.1). A stage takes at least what it takes with the built-in model, whose computing is little: that
is the rate in its row.
"""

from dataclasses import dataclass

from pipeline.config.schema import Config
from pipeline.durations.speeds import Speeds
from pipeline.sizing.choices import TOKENS_PER_TURN
from pipeline.state.run_progress import PlannedStage
from pipeline.state.stage import StageKind

ANSWER_SHARE = 0.5
"""Of rollouts.max_tokens, what an answer is taken to have."""
PASS, TRAINING = 2.0, 6.0
"""Operations for each parameter and token."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSizes:
    """Parameters of both models; 0 if unknown."""

    generator: float
    verifier: float


def stage_seconds(config: Config, sizes: RunSizes, speeds: Speeds, planned: PlannedStage) -> float:
    """At most: every episode is taken to have all turns."""
    rate, kind = planned.stage.rate, planned.stage.rate.kind
    if kind == "the rest":
        return planned.units * rate.seconds
    workers = max(_workers(config, kind, speeds), 1)
    least = rate.seconds / (workers if speeds.accelerated else 1)  # of the row: on two cores
    return planned.units * max(least, _computing(config, sizes, speeds, kind) / workers)


def _workers(config: Config, kind: StageKind, speeds: Speeds) -> int:
    """Devices that work at a kind of stage. On CPU all cores do."""
    if not speeds.accelerated:
        return speeds.devices
    wanted = {
        "scoring": config.verifier.replicas,
        "training of the verifier": max(config.training.workers, 1),
        "fine-tuning": max(config.training.workers, 1),
    }
    return min(wanted.get(kind, config.generator.replicas * config.generator.tensor_parallel), speeds.devices)


def _told_tokens(config: Config) -> float:
    """The task, or feedback: as a usual one, or what the context leaves beside the answers."""
    turns, context = config.rollouts.turns, config.model.max_tokens
    left = context / turns - config.rollouts.max_tokens if context else TOKENS_PER_TURN
    return min(TOKENS_PER_TURN, max(left, 0.0))


def _computing(config: Config, sizes: RunSizes, speeds: Speeds, kind: StageKind) -> float:
    """Seconds of one device for one answer, or one row of a training."""
    answer, told = ANSWER_SHARE * config.rollouts.max_tokens, _told_tokens(config)
    first, turns = told + answer, config.rollouts.turns
    sampled = PASS * sizes.generator * (answer / speeds.each["sampling"] + told / speeds.each["reading"])
    read = PASS * sizes.verifier * first / speeds.each["reading"]
    trained = TRAINING * sizes.verifier * first / speeds.each["training"]
    costs: dict[StageKind, float] = {
        "sampling": sampled,
        "searching": sampled,
        "scoring": read,
        "training of the verifier": read if config.verifier.freeze else trained,
        "fine-tuning": TRAINING * sizes.generator * first * (turns + 1) / 2 / speeds.each["training"],
    }
    return costs.get(kind, 0.0)
