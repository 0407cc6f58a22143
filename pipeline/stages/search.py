"""Evaluating a policy: greedy search, best-of-N search, and which iteration is the best on validation."""

from collections.abc import Sequence
from functools import partial

from actors.search.plan import SearchPlan
from actors.search.selectors import SELECTORS
from actors.storage.checkpoint import Checkpoint
from pipeline.config.schema import Config
from pipeline.evaluation.best_of_n import answers_per_problem, best_of_n_plans
from pipeline.stages.sampling import SAMPLING_FIELDS, roll_out
from pipeline.state.manifest import Manifest
from pipeline.state.stage import Rate, SplitSize, Stage, StageContext, StageOutput

_SEARCH_FIELDS = (*SAMPLING_FIELDS, "rollouts.max_tokens", "rollouts.shard_episodes")
_GREEDY_FIELDS = (*_SEARCH_FIELDS, "eval.turns", "eval.greedy_alone", "protocol.stop")
_TEST_FIELDS = ("problems.test", "problems.limit_test")
SEARCH_RATE = Rate(name="search", seconds=3e-3, kind="searching")


def search_greedily(context: StageContext, *, policy: Checkpoint, split: str = "test") -> StageOutput:
    """One greedy answer per turn."""
    config = context.config
    plan = SearchPlan(
        turns=config.eval.turns,
        width=1,
        selector="first",
        temperature=0.0,
        top_p=1.0,
        max_tokens=config.rollouts.max_tokens,
        seed=config.run.seed + 1,  # never the training rollouts' seeds
        no_repeat=False,
        alone=config.eval.greedy_alone,
        stop=config.protocol.stop,
        **config.dialogue.model_dump(),
    )
    return roll_out(context, context.problems(split), 1, plan, policy)


def search_best_of_n(context: StageContext, *, policy: Checkpoint, verifier: Checkpoint | None = None) -> StageOutput:
    """Every selector at every N over one set of samples.

    Without a `verifier`, selectors that need scores are left out; a scorer starts only if a selector asks for scores.
    """
    plans = best_of_n_plans(context.config, scored=verifier is not None)
    scorer = verifier if any(SELECTORS[plan.selector].needs_scores for plan in plans) else None
    return roll_out(context, context.problems("test"), context.config.eval.searches, plans, policy, scorer)


def choose_iteration(context: StageContext, *, searches: list[Manifest]) -> StageOutput:
    """Which iteration's policy is the best on validation, by greedy accuracy."""
    accuracies = {f"accuracy_{number}": search_accuracy(search) for number, search in enumerate(searches)}
    return StageOutput(facts={"iteration": searches.index(most_accurate(searches)), **accuracies})


def most_accurate(searches: Sequence[Manifest]) -> Manifest:
    """The first of equals."""
    return max(searches, key=search_accuracy)


def search_accuracy(search: Manifest) -> float:
    """Share of the episodes with a label that are solved."""
    judged = search.count("episodes") - search.count("ended_infrastructure") - search.counts.get("ended_unjudged", 0)
    return search.count("solved") / judged if judged else 0.0


def _greedy_answers(config: Config, size: SplitSize, iteration: int, split: str = "test") -> float:
    return size(split) * config.eval.turns


def _best_of_n_answers(config: Config, size: SplitSize, iteration: int) -> float:
    return size("test") * answers_per_problem(config)


SEARCH_GREEDY = Stage(
    name="search_greedy",
    title="greedy search",
    config_fields=(*_GREEDY_FIELDS, *_TEST_FIELDS),
    function=search_greedily,
    rate=SEARCH_RATE,
    work=_greedy_answers,
)
SEARCH_CONTROL = Stage(
    name="search_control",
    title="greedy search of the control",
    config_fields=(*_GREEDY_FIELDS, *_TEST_FIELDS),
    function=search_greedily,
    rate=SEARCH_RATE,
    work=_greedy_answers,
)
SEARCH_VALIDATION = Stage(
    name="search_validation",
    title="greedy search on validation",
    config_fields=(*_GREEDY_FIELDS, "problems.validation", "problems.limit_validation"),
    function=partial(search_greedily, split="validation"),
    rate=SEARCH_RATE,
    work=partial(_greedy_answers, split="validation"),
)
BEST_ITERATION = Stage(
    name="returned",
    title="choice of the iteration that the run returns",
    config_fields=(),
    function=choose_iteration,
    recomputed=True,
)
SEARCH_BEST_OF_N = Stage(
    name="search_sweep",
    title="best-of-N search",
    config_fields=(*_SEARCH_FIELDS, *_TEST_FIELDS, "eval", "verifier.max_tokens", "verifier.scorer"),
    function=search_best_of_n,
    rate=SEARCH_RATE,
    work=_best_of_n_answers,
)
GREEDY_SEARCHES = {"greedy": SEARCH_GREEDY, "control": SEARCH_CONTROL, "validation": SEARCH_VALIDATION}
"""By the name of their series in tables and metrics."""
