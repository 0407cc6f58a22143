"""The stages of an iteration: what each reads, and how it is carried out.

stage            reads                          writes              carried out by
examples         episodes before i, scores      training targets    Ray Data
policy           examples                       checkpoint          Ray Train + DeepSpeed
episodes         train problems, policy         episodes            generator and executor actors
held_out         validation problems, policy    episodes            generator and executor actors
pairs            episodes through i             verifier pairs      Ray Data
held_out_pairs   held_out through i             verifier pairs      Ray Data
own_pairs        held_out of i alone            verifier pairs      Ray Data
verifier         pairs                          checkpoint          Ray Train + DeepSpeed
scores           episodes, held_out, verifier   logits              Ray Data, actor pool
search_greedy    test problems, policy          episodes            generator and executor actors
search_sweep     the same, and a verifier       episodes            the same: all selectors and N, one set of samples
returned         search_validation of all       which iteration     the driver, from counts
metrics          search_*, scores, both pairs   evaluated numbers   a Ray task
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from actors.prompting.dialogue import build_dialogue
from actors.search.plan import SearchPlan
from actors.search.selectors import SELECTORS
from actors.storage.checkpoint import Checkpoint
from pipeline.errors import StoreError
from pipeline.evaluation import metrics
from pipeline.evaluation.best_of_n import sweep_plans, sweep_widths
from pipeline.methods.pairs import PairKind, PairRecipe
from pipeline.methods.strategies import CONTROL_STRATEGY, STRATEGIES, Strategy
from pipeline.stages import tasks
from pipeline.stages.shards import bucket_rows, map_buckets
from pipeline.state.manifest import Manifest
from pipeline.state.models import resolve
from pipeline.state.problems import HELD_OUT_FIRST
from pipeline.state.stage import Stage, StageOutput, stage
from pipeline.trackers.console import follow_training
from pipeline.training.fine_tune import fine_tune
from pipeline.training.train_verifier import train_verifier
from pipeline.training.types import TrainingReport

MODEL = ("model.generator", "model.dtype", "model.max_tokens")
SAMPLING = (*MODEL, "dialogue", "run.seed")


def roll_out(*arguments: Any, **options: Any) -> StageOutput:
    """As pipeline.stages.rollouts.roll_out; Ray is imported by whoever plays, not by whoever plans."""
    from pipeline.stages import rollouts

    return rollouts.roll_out(*arguments, **options)


def _rows(manifests: Manifest | Sequence[Manifest]) -> list[Manifest]:
    return [manifests] if isinstance(manifests, Manifest) else list(manifests)


def _buckets_expected(*inputs: Sequence[Manifest]) -> int:
    return len({number for manifests in inputs for manifest in manifests for number in manifest.files()})


# ---- sampling -------------------------------------------------------------------------------------------------


def _roll_out(split: str, first_bucket: int) -> Callable[..., StageOutput]:
    def function(run: Any, iteration: int, directory: str, *, policy: Checkpoint) -> StageOutput:
        rollouts = run.config.rollouts
        plan = SearchPlan(
            turns=rollouts.turns,
            width=1,
            selector="first",
            temperature=rollouts.temperature,
            top_p=rollouts.top_p,
            max_tokens=rollouts.max_tokens,
            seed=run.config.run.seed,
            every_test=rollouts.every_test,
            **run.config.dialogue.model_dump(),
            stop=run.config.protocol.stop,
        )
        return roll_out(
            run.actor_groups,
            directory,
            iteration,
            run.problems(split),
            rollouts.samples,
            plan,
            policy,
            first_bucket=first_bucket,
        )

    return function


_ROLLOUTS = (*SAMPLING, "rollouts", "protocol.stop")
EPISODES = stage("episodes", reads=(*_ROLLOUTS, "problems.train", "problems.limit_train", "protocol.train_tests"))(
    _roll_out("train", 0)
)
HELD_OUT = stage("held_out", reads=(*_ROLLOUTS, "problems.validation", "problems.limit_validation"))(
    _roll_out("validation", HELD_OUT_FIRST)
)


GREEDY = ("greedy", "control", "validation")


def _greedy(split: str) -> Callable[..., StageOutput]:
    def function(run: Any, iteration: int, directory: str, *, policy: Checkpoint) -> StageOutput:
        plan = SearchPlan(
            turns=run.config.eval.turns,
            width=1,
            selector="first",
            temperature=0.0,
            top_p=1.0,
            max_tokens=run.config.rollouts.max_tokens,
            seed=run.config.run.seed + 1,  # never the training rollouts' seeds
            no_repeat=False,
            alone=run.config.eval.greedy_alone,
            stop=run.config.protocol.stop,
            **run.config.dialogue.model_dump(),
        )
        return roll_out(run.actor_groups, directory, iteration, run.problems(split), 1, plan, policy)

    return function


_PLAYED = (*SAMPLING, "rollouts.max_tokens", "rollouts.shard_episodes")
_TEST = ("problems.test", "problems.limit_test")
_GREEDY = (*_PLAYED, "eval.turns", "eval.greedy_alone", "protocol.stop")
SEARCHES: dict[str, Stage] = {
    **{name: stage(f"search_{name}", reads=(*_GREEDY, *_TEST))(_greedy("test")) for name in ("greedy", "control")},
    "validation": stage("search_validation", reads=(*_GREEDY, "problems.validation", "problems.limit_validation"))(
        _greedy("validation")
    ),
}


@stage("returned", derived=True)
def RETURNED(run: Any, iteration: int, directory: str, *, searches: list[Manifest]) -> StageOutput:
    """Which iteration's policy is the best on validation, by greedy accuracy; the first of equals."""
    accuracies = {f"accuracy_{number}": _accuracy(search) for number, search in enumerate(searches)}
    best = max(range(len(searches)), key=lambda number: accuracies[f"accuracy_{number}"])
    return StageOutput(facts={"iteration": best, **accuracies})


def _accuracy(search: Manifest) -> float:
    counts = search.counts
    judged = counts["episodes"] - counts["ended_infrastructure"]
    return counts["solved"] / judged if judged else 0.0


@stage("search_sweep", reads=(*_PLAYED, *_TEST, "eval", "verifier.max_tokens"))
def SWEEP(
    run: Any, iteration: int, directory: str, *, policy: Checkpoint, verifier: Checkpoint | None = None
) -> StageOutput:
    """A scorer is started only where a selector asks for scores, as the plan of resources says."""
    plans = sweep_plans(run.config, scored=verifier is not None)
    scorer = verifier if any(SELECTORS[plan.selector].needs_scores for plan in plans) else None
    samples = run.config.eval.searches
    return roll_out(run.actor_groups, directory, iteration, run.problems("test"), samples, plans, policy, scorer)


# ---- training -------------------------------------------------------------------------------------------------


def _training(run: Any, iteration: int, name: str, max_tokens: int) -> dict[str, Any]:
    """What both trainings are told. The name is unique per iteration and stage, stable across resumes."""
    run.actor_groups.release_for("training")
    return {
        "training": run.config.training,
        "dtype": run.config.model.dtype,
        "max_tokens": max_tokens,
        "seed": run.config.run.seed,
        "run_name": f"{run.config.run.name}-iter_{iteration:04d}-{name}",
        "storage": f"{run.store.root}/ray_train",
    }


def _trained(report: TrainingReport) -> StageOutput:
    return StageOutput(checkpoint=report.checkpoint, facts=report.facts)


# ---- the verifier ---------------------------------------------------------------------------------------------


def _pairs(
    run: Any, iteration: int, directory: str, *, episodes: Manifest | list[Manifest], training: bool = False
) -> StageOutput:
    """Pairs to train on, or pairs to measure by, which are the same whatever the verifier learns from."""
    settings, manifests = run.config.verifier, _rows(episodes)
    recipe = PairRecipe(per_problem=settings.pairs_per_problem)
    if training:
        kinds: dict[str, PairKind] = {"bt": "product", "bce": "matching"}
        kind = "dense" if settings.pairs == "dense" else kinds[settings.loss]
        recipe = PairRecipe(per_problem=settings.pairs_per_problem, kind=kind, margin=settings.margin)
    run.actor_groups.release_for("data")
    map_buckets(bucket_rows(directory, episodes=manifests), tasks.PairTask(recipe, run.config.run.seed))
    return StageOutput(expected_parts=_buckets_expected(manifests))


_RECIPE = tuple(f"verifier.{name}" for name in ("pairs_per_problem", "pairs", "margin", "loss"))
PAIRS = stage("pairs", reads=(*_RECIPE, "run.seed"))(partial(_pairs, training=True))
HELD_OUT_PAIRS = stage("held_out_pairs", reads=("verifier.pairs_per_problem", "run.seed"))(_pairs)
OWN_PAIRS = stage("own_pairs", reads=("verifier.pairs_per_problem", "run.seed"))(_pairs)


@stage("verifier", reads=("verifier", "model.verifier", "model.dtype", "model.max_tokens", "run.seed"))
def VERIFIER(run: Any, iteration: int, directory: str, *, pairs: Manifest) -> StageOutput:
    if not pairs.rows:
        raise StoreError(
            f"no problem has both a right and a wrong answer, so there are no pairs to train a verifier on "
            f"({pairs.counts}); sample more (rollouts.samples, rollouts.turns) or choose easier problems"
        )
    base = resolve(run.config.model.verifier)
    with follow_training(directory, "verifier"):
        report = train_verifier(
            pairs.directory,
            base.path,
            f"{directory}/checkpoint",
            config=run.config.verifier,
            **_training(run, iteration, "verifier", run.config.verifier_tokens),
        )
    return _trained(report)


@stage("scores", reads=("model.dtype", "model.max_tokens", "verifier.max_tokens"))
def SCORES(run: Any, iteration: int, directory: str, *, episodes: list[Manifest], verifier: Checkpoint) -> StageOutput:
    rows = bucket_rows(directory, episodes=episodes)
    if rows:
        run.actor_groups.release_for("scoring")
        map_buckets(rows, tasks.ScoreAnswers(run.actor_groups.scorers(verifier), verifier.policy_id))
        run.actor_groups.release_for("sampling")
    return StageOutput(expected_parts=_buckets_expected(episodes))


# ---- the generator --------------------------------------------------------------------------------------------


def _examples(
    run: Any,
    iteration: int,
    directory: str,
    *,
    episodes: list[Manifest],
    scores: Manifest | None = None,
    earlier: Manifest | None = None,
) -> StageOutput:
    config = run.config
    name = config.run.strategy if scores is not None else CONTROL_STRATEGY
    strategy = STRATEGIES[name].completed(config.protocol, config.fine_tune.trajectories_per_problem)
    task = tasks.RelabelTask(strategy, name, _references(run, strategy))
    named = {"scores": scores, "earlier": earlier}
    inputs = {"episodes": episodes, **{key: [manifest] for key, manifest in named.items() if manifest}}
    run.actor_groups.release_for("data")
    map_buckets(bucket_rows(directory, **inputs), task)
    return StageOutput(expected_parts=_buckets_expected(*inputs.values()))


def _references(run: Any, strategy: Strategy) -> dict[str, str]:
    """Reference solutions as answers, by problem, for a strategy that trains on them."""
    if strategy.unsolved != "reference":
        return {}
    written = build_dialogue(**run.config.dialogue.model_dump())
    answers = {problem.problem_id: written.reference_answer(problem) for problem in run.problems("train")}
    return {problem_id: answer for problem_id, answer in answers.items() if answer is not None}


_RELABELLING = (
    "fine_tune.trajectories_per_problem",
    "dialogue.style",
    "problems.train",
    "problems.limit_train",
    *(f"protocol.{name}" for name in ("candidates", "ranking", "oracle_weight", "verifier_weight")),
    *(f"protocol.{name}" for name in ("unsolved", "positives", "own_target", "old_labels")),
)
EXAMPLES = stage("examples", reads=("run.strategy", *_RELABELLING))(_examples)
CONTROL_EXAMPLES = stage("control_examples", reads=("control", *_RELABELLING))(_examples)


def _policy(run: Any, iteration: int, directory: str, *, examples: Manifest, name: str = "policy") -> StageOutput:
    if not examples.rows:
        raise StoreError(
            f"relabelling left no training example ({examples.counts}): no sampled answer passed its tests. "
            "Sample more (rollouts.samples, rollouts.turns), or start from a stronger model"
        )
    with follow_training(directory, name):
        report = fine_tune(
            examples.directory,
            run.base.path,
            f"{directory}/checkpoint",
            config=run.config.fine_tune,
            **_training(run, iteration, name, run.config.model.max_tokens),
        )
    return _trained(report)


POLICY = stage("policy", reads=("fine_tune", *MODEL, "run.seed"))(_policy)
CONTROL_POLICY = stage("control_policy", reads=("fine_tune", *MODEL, "run.seed"))(
    partial(_policy, name="control_policy")
)


@stage(
    "metrics", reads=("eval.turns", "eval.widths", "eval.passes", "verifier.loss", "run.seed"), version=3, derived=True
)
def METRICS(
    run: Any, iteration: int, directory: str, *, found: list[Manifest], base: Sequence[Manifest] = ()
) -> StageOutput:
    run.actor_groups.release_for("data")
    config = run.config
    settings = {
        "turns": config.eval.turns,
        "widths": sweep_widths(config),
        "ks": config.eval.passes,
        "loss": config.verifier.loss,
        "seed": config.run.seed,
    }
    facts = metrics.summarise(found, base, directory, iteration, settings)
    return StageOutput(facts=facts, expected_parts=1)
