"""The numbers of an iteration, out of its searches, its held-out pairs and their scores."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pipeline.evaluation import metrics
from pipeline.evaluation.metric_rows import METRIC_PARTS
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
    facts = metrics.summarise_iteration(found, base, context.directory, context.iteration, settings)
    return StageOutput(facts=facts, expected_parts=len(METRIC_PARTS))


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
    version=3,
    recomputed=True,
)
