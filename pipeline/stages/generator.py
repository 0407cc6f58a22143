"""The generator: training targets out of all episodes (relabelling), and fine-tuning on them."""

from collections.abc import Sequence
from functools import partial

from actors.prompting.dialogue import build_dialogue
from pipeline.config.schema import Config
from pipeline.errors import StoreError
from pipeline.methods.relabel import DROPPED
from pipeline.methods.strategies import CONTROL_STRATEGY, STRATEGIES, Strategy
from pipeline.stages.sampling import MODEL_FIELDS
from pipeline.stages.shards import count_shards, map_shards, missing_shards
from pipeline.stages.shortage import counts_of, describe_shortage
from pipeline.stages.tasks import RelabelTask
from pipeline.stages.trainings import counts_text, run_training, training_job
from pipeline.stages.verifier import READ_BY, reader_of
from pipeline.state.manifest import Manifest
from pipeline.state.stage import FunnelCounts, Rate, SplitSize, Stage, StageContext, StageOutput
from pipeline.training.fine_tune import fine_tune

_RELABEL_FIELDS = (
    "fine_tune.trajectories_per_problem",
    "dialogue.style",
    "problems.train",
    "problems.limit_train",
    *(f"protocol.{name}" for name in ("candidates", "ranking", "oracle_weight", "verifier_weight")),
    *(f"protocol.{name}" for name in ("unsolved", "positives", "own_target", "old_labels")),
)


def relabel_episodes(
    context: StageContext,
    *,
    episodes: list[Manifest],
    scores: Manifest | None = None,
    earlier: Manifest | None = None,
) -> StageOutput:
    """Training examples by the run's strategy; those of `earlier` stay as they are beside the new ones.

    `scores`: None if no verifier could be trained, and the strategy needs none.
    """
    if scores is not None:
        _require_read_by(context.config, scores)
    given = {"scores": scores, "earlier": earlier}
    inputs = {"episodes": episodes} | {name: [one] for name, one in given.items() if one is not None}
    return _relabel(context, context.config.run.strategy, inputs)


def _require_read_by(config: Config, scores: Manifest) -> None:
    """Scores may be of those answers alone that one strategy reads; a row that was edited since may read others."""
    there, now = scores.facts.get(READ_BY), reader_of(config)
    if there is not None and there != now:
        raise StoreError(
            f"{scores.directory} holds the scores that strategy {there} reads, and this is {now}: delete that folder "
            "and every later stage to compute them again"
        )


def relabel_unfiltered(context: StageContext, *, episodes: list[Manifest]) -> StageOutput:
    """Training examples of the control."""
    return _relabel(context, CONTROL_STRATEGY, {"episodes": episodes})


def _relabel(context: StageContext, name: str, inputs: dict[str, list[Manifest]]) -> StageOutput:
    config = context.config
    strategy = STRATEGIES[name].completed(config.protocol, config.fine_tune.trajectories_per_problem)
    context.actor_groups.release_for("data")
    task = RelabelTask(strategy, name, _references(context, strategy))
    map_shards(missing_shards(context.directory, **inputs), task, config.data.stall_s)
    return StageOutput(expected_parts=count_shards(*inputs.values()))


def _references(context: StageContext, strategy: Strategy) -> dict[str, str]:
    """Reference solutions as answers, by problem, for a strategy that trains on them."""
    if strategy.unsolved != "reference":
        return {}
    written = build_dialogue(**context.config.dialogue.model_dump())
    answers = {problem.problem_id: written.reference_answer(problem) for problem in context.problems("train")}
    return {problem_id: answer for problem_id, answer in answers.items() if answer is not None}


def require_examples(examples: Manifest, episodes: Sequence[Manifest]) -> Manifest:
    """`examples`. Raises StoreError if relabelling left none."""
    if examples.rows or not examples.parts:  # on paper there are no parts
        return examples
    raise StoreError(
        f"relabelling left no training example ({counts_text(examples.counts)}). "
        f"{describe_shortage(counts_of(episodes))}"
    )


def fit_policy(context: StageContext, *, examples: Manifest, stage: str) -> StageOutput:
    config = context.config
    data, base = examples.directory, context.base.path
    job = training_job(context, stage, data=data, base=base, max_tokens=config.context_tokens)
    return run_training(context, fine_tune, config.fine_tune, job, stage)


def _training_rows(config: Config, size: SplitSize, iteration: int) -> float:
    """At most: with epochs, of an example for each history that is lent."""
    settings, rollouts = config.fine_tune, config.rollouts
    if settings.epochs is None:
        return (settings.steps or 1) * settings.batch_examples
    per_problem = settings.trajectories_per_problem
    lent = rollouts.samples if per_problem == "all" else min(per_problem, rollouts.samples)
    return settings.epochs * size("train") * lent * rollouts.turns


def _funnel(suffix: str, extras: tuple[str, ...]) -> tuple[FunnelCounts, ...]:
    problems = ("problems_with_examples", "problems_unsolved", "problems_without_usable_trajectory")
    lent = ("episodes", "episodes_masked_infrastructure", "episodes_masked_unjudged", "examples_kept")
    return (
        FunnelCounts(f"Problems to training examples{suffix}", "problems", problems, lent),
        FunnelCounts(f"Histories to training examples{suffix}", "histories", ("examples", *DROPPED), extras),
    )


EXAMPLES = Stage(
    name="examples",
    title="training examples",
    config_fields=("run.strategy", *_RELABEL_FIELDS),
    function=relabel_episodes,
    funnel=_funnel("", ("examples_from_reference",)),
)
CONTROL_EXAMPLES = Stage(
    name="control_examples",
    title="training examples of the control",
    config_fields=(CONTROL_STRATEGY, *_RELABEL_FIELDS),
    function=relabel_unfiltered,
    funnel=_funnel(", control", ()),
)
_POLICY_FIELDS = ("fine_tune", *MODEL_FIELDS, "run.seed")
FINE_TUNING_RATE = Rate(name="policy", seconds=2e-3, kind="fine-tuning")
POLICY = Stage(
    name="policy",
    title="fine-tuning of the generator",
    config_fields=_POLICY_FIELDS,
    function=partial(fit_policy, stage="policy"),
    rate=FINE_TUNING_RATE,
    work=_training_rows,
)
CONTROL_POLICY = Stage(
    name="control_policy",
    title="fine-tuning of the control",
    config_fields=_POLICY_FIELDS,
    function=partial(fit_policy, stage="control_policy"),
    rate=FINE_TUNING_RATE,
    work=_training_rows,
)
