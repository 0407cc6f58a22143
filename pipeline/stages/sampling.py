"""Sampling episodes: of the training problems to learn from, of the validation problems to measure verifiers by."""

import math
from collections.abc import Sequence
from functools import partial

from actors.search.episode_counts import ENDINGS
from actors.search.plan import SearchPlan
from actors.storage.checkpoint import Checkpoint
from pipeline.config.schema import Config
from pipeline.stages.trainings import expect_training
from pipeline.state.problems import first_held_out
from pipeline.state.stage import FunnelCounts, Rate, SplitSize, Stage, StageContext, StageOutput
from sandbox.problem import Problem

MODEL_FIELDS = ("model.generator", "model.dtype", "model.max_tokens")
SAMPLING_FIELDS = (*MODEL_FIELDS, "dialogue", "run.seed", "sandbox")
_ROLLOUT_FIELDS = (*SAMPLING_FIELDS, "rollouts", "protocol.stop", "executor.second_seed")


def roll_out(
    context: StageContext,
    problems: Sequence[Problem],
    samples: int,
    plan: SearchPlan | Sequence[SearchPlan],
    policy: Checkpoint,
    verifier: Checkpoint | None = None,
    first_shard: int = 0,
) -> StageOutput:
    """As `rollouts.roll_out`; Ray is imported by whoever samples, not by whoever plans."""
    from pipeline.stages import rollouts

    return rollouts.roll_out(context, problems, samples, plan, policy, verifier, first_shard)


def sample_episodes(context: StageContext, *, policy: Checkpoint, split: str) -> StageOutput:
    """`rollouts.samples` episodes of every problem of a split."""
    config, rollouts = context.config, context.config.rollouts
    plan = SearchPlan(
        turns=rollouts.turns,
        width=1,
        selector="first",
        temperature=rollouts.temperature,
        top_p=rollouts.top_p,
        max_tokens=rollouts.max_tokens,
        seed=config.run.seed,
        every_test=rollouts.every_test,
        **config.dialogue.model_dump(),
        stop=config.protocol.stop,
    )
    first_shard = 0
    if split != "train":
        per_shard = max(1, rollouts.shard_episodes // rollouts.samples)
        first_shard = first_held_out(math.ceil(len(context.problems("train")) / per_shard))
    expect_training(context)
    return roll_out(context, context.problems(split), rollouts.samples, plan, policy, first_shard=first_shard)


def _answers_at_most(config: Config, size: SplitSize, iteration: int, split: str) -> float:
    return size(split) * config.rollouts.samples * config.rollouts.turns


EPISODES = Stage(
    name="episodes",
    title="episodes of the training problems",
    config_fields=(*_ROLLOUT_FIELDS, "problems.train", "problems.limit_train", "protocol.train_tests"),
    function=partial(sample_episodes, split="train"),
    rate=Rate(name="episodes", seconds=3e-3, kind="sampling"),
    work=partial(_answers_at_most, split="train"),
    funnel=(
        FunnelCounts("Episodes, by why sampling ended", "episodes", ENDINGS, ("turns", "tokens")),
        FunnelCounts(
            "Answers sampled",
            "answers",
            ("answers_judged", "answers_unjudged", "answers_unjudgeable", "answers_infrastructure"),
            ("no_program", "cut_short"),
        ),
    ),
)
HELD_OUT = Stage(
    name="held_out",
    title="episodes of the validation problems",
    config_fields=(*_ROLLOUT_FIELDS, "problems.validation", "problems.limit_validation"),
    function=partial(sample_episodes, split="validation"),
    rate=Rate(name="held_out", seconds=3e-3, kind="sampling"),
    work=partial(_answers_at_most, split="validation"),
)
