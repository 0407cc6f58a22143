"""The numbers of a run, one Series per (iteration, metric, series, width): what tables, pictures and claims read."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from actors.search.selectors import in_table_order
from pipeline.evaluation.answer_rates import ANSWER_MEASURES, ANSWERS, AnswerRates
from pipeline.evaluation.best_of_n import is_selector_series
from pipeline.evaluation.metric_rows import MetricRow, read_metric_rows
from pipeline.evaluation.verifier_metrics import MEASURES
from pipeline.methods.strategies import strategy_label
from pipeline.report.labels import series_label, series_order
from pipeline.stages.metrics import METRICS
from pipeline.stages.search import BEST_ITERATION
from pipeline.state.manifest import Manifest
from pipeline.state.plugins import read_plugin_labels
from pipeline.state.shown_files import stored_settings
from pipeline.state.store import Store

HEADLINES = ("accuracy", "pair_accuracy")


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesPoint:
    """A share with its 95 % interval, after a turn; `turn` is 0 for a verifier's metric."""

    turn: int
    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One metric of one search, or of one verifier on one set of held-out answers, by turn.

    `policy`: the iteration whose policy was searched; `returned`: whether this iteration is the one that the run
    returns. The other fields are those of its MetricRows.
    """

    iteration: int
    metric: str
    series: str
    width: int
    beam: int
    policy_id: str
    verifier_id: str
    n: int
    masked: int
    label: str
    points: tuple[SeriesPoint, ...]
    policy: int
    returned: bool

    @property
    def by_selector(self) -> bool:
        """Whether this is the accuracy of best-of-N searches, `series` their selector."""
        return is_selector_series(self.metric, self.series)

    @property
    def last(self) -> SeriesPoint:
        return self.points[-1]


def begun_iterations(store: Store) -> Iterator[int]:
    """Iterations that were begun, in order."""
    iteration = 0
    while store.exists(f"iter_{iteration:04d}"):
        yield iteration
        iteration += 1


def read_series(store: Store) -> list[Series]:
    """Accuracies of searches and rates of their answers (evaluation.answer_rates), then what is known of each
    iteration's verifier (evaluation.verifier_metrics)."""
    read_plugin_labels(store)
    strategy = strategy_label(stored_settings(store).get("run", {}).get("strategy", "mucode"))
    best = returned_iteration(store)
    found: list[Series] = []
    for iteration in begun_iterations(store):
        manifest = store.find(iteration, METRICS.name)
        if manifest is not None:
            found += _of_iteration(manifest, strategy, _searched_policy(store, iteration), best)
    searched = {one.iteration for one in found if one.by_selector}
    return [_with_policy(one) if len(searched) > 1 or one.policy != one.iteration else one for one in found]


def read_answer_rates(table: Sequence[Series]) -> list[AnswerRates]:
    """Of each search of the table what is known of its answers, in the order of the table."""
    found: dict[tuple[int, str, int], list[Series]] = {}
    for one in table:
        if one.metric in ANSWER_MEASURES:
            found.setdefault((one.iteration, one.series, one.width), []).append(one)
    return [
        AnswerRates(label=rows[0].label, values={one.metric: _by_turn(one) for one in rows}) for rows in found.values()
    ]


def _by_turn(one: Series) -> dict[int, float]:
    scale = one.n if one.metric == ANSWERS else 1
    return {point.turn: point.value * scale for point in one.points}


def returned_iteration(store: Store) -> int | None:
    """The iteration whose policy and verifier the last searches used; None if no iteration is finished."""
    last = max((i for i in begun_iterations(store) if store.find(i, METRICS.name)), default=None)
    return None if last is None else _searched_policy(store, last)


def selectors_of(table: Sequence[Series]) -> list[str]:
    """The selectors that a table has searches of, each once: shipped ones first, then plug-ins."""
    return in_table_order(one.series for one in table if one.by_selector)


def find_series(table: Sequence[Series], iteration: int, series: str) -> Series | None:
    """The accuracy of a search or of a verifier on pairs; of several N the widest."""
    found = [one for one in table if (one.iteration, one.series) == (iteration, series) and one.metric in HEADLINES]
    return max(found, key=lambda one: one.width, default=None)


def series_record(one: Series) -> dict[str, Any]:
    """A line of metrics.jsonl: the fields of a Series, its points under "turns"."""
    names = ("iteration", "metric", "series", "width", "beam", "policy_id", "verifier_id", "n", "masked", "label")
    points = [{name: getattr(point, name) for name in SeriesPoint.__slots__} for point in one.points]
    return {**{name: getattr(one, name) for name in names}, "turns": points} | {
        "policy": one.policy,
        "returned": one.returned,
    }


def _searched_policy(store: Store, iteration: int) -> int:
    chosen = store.find(iteration, BEST_ITERATION.name)
    policy: int = chosen.chosen_iteration if chosen else iteration
    return policy


def _with_policy(one: Series) -> Series:
    """Says in its label whose searches these are."""
    return replace(one, label=f"{one.label}, it {one.policy}") if _of_selector(one.metric, one.series) else one


def _of_selector(metric: str, series: str) -> bool:
    """Whether anything that is known of a search is of a best-of-N search."""
    return metric not in MEASURES and is_selector_series("accuracy", series)


def _of_iteration(manifest: Manifest, strategy: str, policy: int, best: int | None) -> list[Series]:
    groups: dict[tuple[str, str, int], list[MetricRow]] = {}
    for row in read_metric_rows(manifest):
        if row.metric in ("accuracy", *ANSWER_MEASURES, *MEASURES):
            groups.setdefault((row.metric, row.series, row.width), []).append(row)
    found = []
    for rows in groups.values():
        first = rows[0]
        points = [SeriesPoint(turn=row.turn, value=row.value, low=row.low, high=row.high) for row in rows]
        found.append(
            Series(
                iteration=first.iteration,
                metric=first.metric,
                series=first.series,
                width=first.width,
                beam=first.beam,
                policy_id=first.policy_id,
                verifier_id=first.verifier_id,
                n=first.n,
                masked=first.masked,
                label=series_label(first.metric, first.series, first.iteration, first.width, strategy),
                points=tuple(sorted(points, key=lambda point: point.turn)),
                policy=policy if _of_selector(first.metric, first.series) else manifest.iteration,
                returned=manifest.iteration == best,
            )
        )
    order = series_order(one.series for one in found if one.by_selector)
    return sorted(found, key=lambda one: (order.index(one.series) if one.series in order else len(order), one.width))
