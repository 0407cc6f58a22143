"""The numbers of an iteration, out of its searches, its held-out pairs and their scores."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from pipeline.evaluation import metrics
from pipeline.evaluation.metric_rows import METRIC_PARTS
from pipeline.evaluation.metrics import Files, MetricSources, PolicyAnswers
from pipeline.evaluation.verifier_metrics import BASE_HELD_OUT, OWN_HELD_OUT
from pipeline.stages.sampling import HELD_OUT
from pipeline.stages.search import GREEDY_SEARCHES, SEARCH_BEST_OF_N
from pipeline.stages.verifier import HELD_OUT_PAIRS, OWN_PAIRS, SCORES
from pipeline.state.manifest import Manifest
from pipeline.state.stage import Stage, StageContext, StageOutput

if TYPE_CHECKING:
    from pipeline.state.run import Run

MEASURED = (HELD_OUT, HELD_OUT_PAIRS, OWN_PAIRS, SCORES, SEARCH_BEST_OF_N, *GREEDY_SEARCHES.values())
OF_THE_BASE = (HELD_OUT, OWN_PAIRS)


def compute_metrics(context: StageContext, *, found: list[Manifest], base: Sequence[Manifest] = ()) -> StageOutput:
    """`base`: held-out answers of the base model and their pairs, unless the iteration's own are these."""
    context.actor_groups.release_for("data")
    settings = metrics.metric_settings(context.config)
    sources = metric_sources(found, base)
    facts = metrics.summarise_iteration(sources, context.directory, context.iteration, settings)
    return StageOutput(facts=facts, expected_parts=len(METRIC_PARTS))


def metric_sources(found: Sequence[Manifest], base: Sequence[Manifest]) -> MetricSources:
    """The files of finished stages, by what the metrics make of them."""
    files = {manifest.stage: manifest.files() for manifest in found}
    of_base = {manifest.stage: manifest.files() for manifest in base}
    policies = {OWN_HELD_OUT: _policy_answers(files), BASE_HELD_OUT: _policy_answers(of_base)}
    return MetricSources(
        best_of_n=files.get(SEARCH_BEST_OF_N.name, {}),
        greedy={series: files[step.name] for series, step in GREEDY_SEARCHES.items() if step.name in files},
        scores=files.get(SCORES.name, {}),
        held_out_pairs=files.get(HELD_OUT_PAIRS.name),
        policies={series: answers for series, answers in policies.items() if answers is not None},
    )


def _policy_answers(files: Mapping[str, Files]) -> PolicyAnswers | None:
    if HELD_OUT.name not in files or OWN_PAIRS.name not in files:
        return None
    return PolicyAnswers(episodes=files[HELD_OUT.name], pairs=files[OWN_PAIRS.name])


def measured_stages(run: "Run", iteration: int) -> list[Manifest]:
    """What the metrics of an iteration are made from, as far as it is finished."""
    found = (run.lookup(iteration, step) for step in MEASURED)
    return [manifest for manifest in found if manifest is not None]


def base_answers(run: "Run", iteration: int) -> list[Manifest]:
    """Held-out answers of the base model and their pairs: what a later verifier is also measured by."""
    return [run.finished(0, step) for step in OF_THE_BASE] if iteration > 0 else []


METRICS = Stage(
    name="metrics",
    title="metrics",
    config_fields=("eval.turns", "eval.widths", "eval.passes", "verifier.loss", "run.seed"),
    function=compute_metrics,
    version=5,
    recomputed=True,
)
