"""The verifier: pairs of right and wrong answers, training on them, and scores of answers."""

from collections.abc import Sequence
from typing import Any

from actors.storage.checkpoint import Checkpoint
from pipeline.config.losses import LOSSES
from pipeline.config.schema import Config
from pipeline.config.training_sections import VerifierSection
from pipeline.errors import StoreError
from pipeline.methods.pairs import PairKind, PairRecipe
from pipeline.methods.strategies import STRATEGIES, Strategy
from pipeline.stages.sampling import HELD_OUT
from pipeline.stages.shards import count_shards, map_shards, missing_shards
from pipeline.stages.shortage import counts_of, describe_shortage
from pipeline.stages.tasks import PairTask, ScoreTask
from pipeline.stages.trainings import counts_text, run_training, training_job
from pipeline.state.identity import digest_of
from pipeline.state.manifest import Manifest
from pipeline.state.models import resolve_model
from pipeline.state.stage import FunnelCounts, Rate, SplitSize, Stage, StageContext, StageOutput
from pipeline.trackers.console import say
from pipeline.training.train_verifier import train_verifier

_RECIPE_FIELDS = tuple(
    f"verifier.{name}" for name in ("pairs_per_problem", "pairs_per", "pairs_replaced", "pairs", "margin", "loss")
)
_TRAINING_FIELDS = tuple(f"verifier.{name}" for name in VerifierSection.model_fields if name != "scorer")
_MEASURE_FIELDS = ("verifier.pairs_per_problem", "run.seed")
READ_BY = "read_by"
"""Among the facts of scores: the strategy whose relabelling reads them, if they are of those answers alone."""


def make_training_pairs(context: StageContext, *, episodes: list[Manifest]) -> StageOutput:
    """Pairs to train on; their kind depends on the loss."""
    settings = context.config.verifier
    kind: PairKind = "dense" if settings.pairs == "dense" else LOSSES[settings.loss].pairs
    recipe = PairRecipe(
        per_problem=settings.pairs_per_problem,
        kind=kind,
        margin=settings.margin,
        per_iteration=settings.pairs_per == "iteration",
        replaced=settings.pairs_replaced,
    )
    return _make_pairs(context, episodes, recipe)


def make_measuring_pairs(context: StageContext, *, episodes: Manifest | list[Manifest]) -> StageOutput:
    """Pairs to measure by, which are the same whatever the verifier learns from."""
    manifests = [episodes] if isinstance(episodes, Manifest) else episodes
    return _make_pairs(context, manifests, PairRecipe(per_problem=context.config.verifier.pairs_per_problem))


def _make_pairs(context: StageContext, episodes: list[Manifest], recipe: PairRecipe) -> StageOutput:
    context.actor_groups.release_for("data")
    config, rows = context.config, missing_shards(context.directory, episodes=episodes)
    map_shards(rows, PairTask(recipe, config.run.seed), config.data.stall_s)
    return StageOutput(expected_parts=count_shards(episodes))


def can_train_verifier(config: Config, pairs: Manifest, episodes: Sequence[Manifest]) -> bool:
    """Whether there are pairs. Raises StoreError if there are none and the next fine-tuning asks a verifier."""
    if pairs.rows or not pairs.parts:  # on paper there are no parts
        return True
    reason = f"no problem has both a right and a wrong answer ({counts_text(pairs.counts)})"
    name = config.run.strategy
    if pairs.iteration >= config.run.iterations or not _asks_verifier(config):
        say(f"  {reason}: no verifier is trained, and what is left of {name} goes on without")
        return False
    raise StoreError(
        f"{reason}, so there are no pairs to train a verifier on, which {name} needs. "
        f"{describe_shortage(counts_of(episodes))}"
    )


def _asks_verifier(config: Config) -> bool:
    strategy = _completed(config)
    return strategy.trains and strategy.needs_scores


def _completed(config: Config) -> Strategy:
    return STRATEGIES[config.run.strategy].completed(config.protocol, config.fine_tune.trajectories_per_problem)


def fit_verifier(context: StageContext, *, pairs: Manifest) -> StageOutput:
    config = context.config
    base = resolve_model(config.model.verifier).path
    name = VERIFIER.name
    job = training_job(context, name, data=pairs.directory, base=base, max_tokens=config.verifier_tokens)
    context.actor_groups.expect_scoring(base)
    return run_training(context, train_verifier, config.verifier, job, name)


def score_episodes(context: StageContext, *, episodes: list[Manifest], verifier: Checkpoint) -> StageOutput:
    """The verifier's logit of every judged held-out answer, and of the training answers that relabelling reads.

    A stage that other runs share holds every answer, since their strategies may read others.
    """
    config, actor_groups = context.config, context.actor_groups
    strategy = None if config.run.stages else _completed(config)
    held_out = [one for one in episodes if one.stage == HELD_OUT.name]
    trained_on = [one for one in episodes if one.stage != HELD_OUT.name]
    read = trained_on
    if strategy is not None and config.protocol.old_labels == "kept":
        read = [one for one in trained_on if one.iteration == context.iteration]
    rows = missing_shards(context.directory, episodes=read, held_out=held_out)
    if rows:
        actor_groups.release_for("scoring")
        task = ScoreTask(actor_groups.scorers(verifier), verifier.policy_id, strategy)
        map_shards(rows, task, config.data.stall_s, actor_groups.watch_services)
        actor_groups.release_for("sampling")
    facts = {} if strategy is None else {READ_BY: reader_of(config)}
    return StageOutput(expected_parts=count_shards(read, held_out), facts=facts)


def reader_of(config: Config) -> str:
    """What names a strategy as a reader of scores."""
    return f"{config.run.strategy} {digest_of(_completed(config).method_fields())[:8]}"


def _has_scores_for(config: Config, facts: dict[str, Any]) -> bool:
    """Scores may be of those answers alone that one strategy reads."""
    return facts.get(READ_BY) in (None, reader_of(config))


def _training_rows(config: Config, size: SplitSize, iteration: int) -> float:
    """Two to a pair; with epochs at most, as if every problem had all of its pairs."""
    settings = config.verifier
    if settings.epochs is None:
        return (settings.steps or 1) * settings.batch_pairs * 2
    times = iteration + 1 if settings.pairs_per == "iteration" else 1
    return settings.epochs * size("train") * settings.pairs_per_problem * times * 2


def _answers_so_far(config: Config, size: SplitSize, iteration: int) -> float:
    problems = size("train") + size("validation")
    return (iteration + 1) * problems * config.rollouts.samples * config.rollouts.turns


PAIR_PARTS = (
    "problems_with_pairs",
    "problems_without_right_answer",
    "problems_without_wrong_answer",
    "problems_without_margin",
)
PAIRS = Stage(
    name="pairs",
    title="pairs to train the verifier on",
    config_fields=(*_RECIPE_FIELDS, "run.seed"),
    function=make_training_pairs,
    funnel=(FunnelCounts("Problems to verifier pairs", "problems", PAIR_PARTS, ("pairs",)),),
)
HELD_OUT_PAIRS = Stage(
    name="held_out_pairs",
    title="pairs of all held-out answers",
    config_fields=_MEASURE_FIELDS,
    function=make_measuring_pairs,
)
OWN_PAIRS = Stage(
    name="own_pairs",
    title="pairs of this policy's held-out answers",
    config_fields=_MEASURE_FIELDS,
    function=make_measuring_pairs,
)
VERIFIER = Stage(
    name="verifier",
    title="training of the verifier",
    config_fields=(*_TRAINING_FIELDS, "model.verifier", "model.dtype", "model.max_tokens", "run.seed"),
    function=fit_verifier,
    rate=Rate(name="verifier", seconds=1.1e-3, kind="training of the verifier"),
    work=_training_rows,
)
SCORES = Stage(
    name="scores",
    title="scores of answers",
    config_fields=("model.dtype", "model.max_tokens", "verifier.max_tokens", "verifier.scorer"),
    function=score_episodes,
    rate=Rate(name="scores", seconds=2.5e-4, kind="scoring"),
    work=_answers_so_far,
    serves=_has_scores_for,
)
