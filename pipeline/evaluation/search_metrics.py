"""Metric rows of searches: accuracy, public passes and costs per turn; pass@k and best of N from first-turn samples.

Intervals are over problems, the unit that varies within a run; those of a study are over seeds as well
(pipeline.evaluation.intervals).
"""

from collections.abc import Iterable, Sequence
from functools import partial
from itertools import groupby
from typing import Any

from actors.search.selector import Candidate, Selector, SelectorError
from actors.search.selectors import SELECTORS
from pipeline.evaluation.answer_rates import ANSWERS, answer_values
from pipeline.evaluation.estimators import best_of_n_accuracy, best_of_n_by_choice, pass_at_k
from pipeline.evaluation.intervals import mean_interval, share_interval
from pipeline.evaluation.metric_rows import MetricRow
from pipeline.evaluation.search_records import FirstTurnSample, ProblemSums, SearchRecord, per_problem
from pipeline.evaluation.verifier_metrics import ScoredAnswer

SPENT = ("tokens", "executions")
PER_PROBLEM = {ANSWERS, *(f"accuracy_{what}" for what in SPENT)}
"""Metrics that are numbers per problem; every other one is a share."""


def search_rows(records: Sequence[SearchRecord], series: str, turns: int) -> list[MetricRow]:
    """One search of every problem: accuracy, public passes and costs after each turn, and what is said of its answers.

    Masked episodes are counted.
    """
    rows = []
    for turn in range(1, turns + 1):
        labels = [(record.problem_id, record.label(turn)) for record in records]
        public = [(record.problem_id, record.passes_public(turn)) for record in records]
        failed = [
            (problem, None if label is None or not passes else not label)
            for (problem, label), (_, passes) in zip(labels, public, strict=True)
        ]
        found: dict[str, Sequence[tuple[str, float | None]]] = {
            "accuracy": labels,
            "accuracy_public": public,
            "accuracy_false_pass": failed,
        }
        found |= {
            f"accuracy_{what}": [(one.problem_id, None if one.masked else one.spent(what, turn)) for one in records]
            for what in SPENT
        }
        found |= answer_values(records, turn)
        rows += [_row(name, series, per_problem(values), records, turn) for name, values in found.items()]
    return [row for row in rows if row.n]


def best_of_n_search_rows(records: Sequence[SearchRecord], turns: int) -> list[MetricRow]:
    """Rows of several searches over one set of samples: each selector at each N and beam."""

    def plan(record: SearchRecord) -> tuple[str, int, int]:
        return record.selector, record.width, record.beam

    rows = []
    for (selector, _, _), found in groupby(sorted(records, key=plan), plan):
        rows += search_rows(list(found), selector, turns)
    return rows


def first_turn_rows(
    records: Sequence[SearchRecord],
    n_values: Iterable[int],
    k_values: Iterable[int],
    selectors: Iterable[str] = tuple(SELECTORS),
) -> list[MetricRow]:
    """pass@k, and best of N of each of the `selectors` that has a rank key, from first turns' answers; unbiased.

    Each is an expectation over all choices of N (or k) of the answers that were sampled, so all come from one set.
    Selectors that compare behaviours have no key; they are averaged over choices, if behaviours were recorded.
    """
    judged = [record for record in records if record.first_turn_samples]
    no_room = [(one.problem_id, 0.0) for one in records if not one.labels and not one.masked]
    rows = [_pass_at_k(judged, no_room, k) for k in k_values]
    for name in selectors:
        usable = with_first_answers_for(SELECTORS[name], judged)
        rows += [_best_of_n(usable, no_room, name, n) for n in n_values]
    return [row for row in rows if row.n]


def with_first_answers_for(selector: Selector, records: Iterable[SearchRecord]) -> list[SearchRecord]:
    """Those whose first turn's answers were all judged, and recorded with what the selector looks at."""
    judged = [record for record in records if record.first_turn_samples]
    if selector.rank_key is not None:
        return [one for one in judged if not selector.needs_scores or _all_scored(one)]
    return judged if selector.needs_behaviour and not selector.needs_scores and _observed(judged) else []


def _pass_at_k(judged: Sequence[SearchRecord], no_room: list[tuple[str, float]], k: int) -> MetricRow:
    usable = [one for one in judged if len(one.first_turn_samples) >= k]
    values = []
    for one in usable:
        samples = one.first_turn_samples
        values.append((one.problem_id, pass_at_k(len(samples), sum(sample.label for sample in samples), k)))
    values += no_room if usable else []
    return _row("pass_at_k", f"pass@{k}", per_problem(values), usable, 1, width=k)


def _best_of_n(usable: Sequence[SearchRecord], no_room: list[tuple[str, float]], name: str, n: int) -> MetricRow:
    wide = [one for one in usable if len(one.first_turn_samples) >= n]
    values = [(one.problem_id, best_of_first_answers(one, name, n)) for one in wide]
    values += no_room if wide else []
    return _row("best_of_n", name, per_problem(values), wide, 1, width=n)


def best_of_first_answers(record: SearchRecord, name: str, n: int) -> float:
    """How often best of `n` with a selector is right, over all choices of `n` of the first turn's answers.

    Raises ValueError if fewer were drawn; the record is one of `with_first_answers_for`.
    """
    selector, samples = SELECTORS[name], record.first_turn_samples
    labels = [sample.label for sample in samples]
    if selector.rank_key is not None:
        return best_of_n_accuracy(_rank_keys(selector, samples), labels, n)
    return best_of_n_by_choice(partial(_choice, selector, samples), labels, n)


def _all_scored(record: SearchRecord) -> bool:
    return all(sample.score is not None for sample in record.first_turn_samples)


def scored_samples(records: Iterable[SearchRecord]) -> list[ScoredAnswer]:
    """The answers of first turns that a verifier scored."""
    return [
        ScoredAnswer(episode_id="", turn=0, problem_id=one.problem_id, label=sample.label, score=sample.score)
        for one in records
        for sample in one.first_turn_samples
        if sample.score is not None and sample.score == sample.score
    ]


def unscored_rows(records: Sequence[SearchRecord]) -> list[MetricRow]:
    """The share of first answers that were too long for the verifier; no row if there are none."""
    found = [
        (one.problem_id, float(sample.score != sample.score))
        for one in records
        for sample in one.first_turn_samples
        if sample.score is not None
    ]
    row = _row("unscored", "drawn", per_problem(found), records, 1)
    return [row] if row.n and row.value else []


def _observed(records: Iterable[SearchRecord]) -> bool:
    """Whether answers were run on extra inputs; of most problems too few programs pass to tell."""
    return any(sample.behaviour is not None for one in records for sample in one.first_turn_samples)


def _choice(selector: Selector, samples: Sequence[FirstTurnSample], places: Sequence[int]) -> int:
    """The place that the selector takes of some."""
    best: int = selector.ranked([_view(selector, place, samples[place]) for place in places], seed=0)[0].index
    return best


def _view(selector: Selector, place: int, one: FirstTurnSample) -> Candidate:
    return selector.view(
        place, passes_public=one.passes_public, score=one.score, behaviour=one.behaviour, label=one.label
    )


def _rank_keys(selector: Selector, samples: Sequence[FirstTurnSample]) -> list[Any]:
    """The selector's key of each answer, from what the selector may see of it."""
    assert selector.rank_key is not None
    keys = [selector.rank_key(_view(selector, place, one)) for place, one in enumerate(samples)]
    if not _can_be_ordered(keys):
        raise SelectorError(
            f"rank_key of selector {selector.label!r} returned values without an order: {keys!r:.120}; "
            "expected values that compare with each other, and no NaN"
        )
    return keys


def _can_be_ordered(keys: Sequence[Any]) -> bool:
    """NaN compares false with everything, so that the order would depend on the order before."""
    try:
        sorted(keys)
    except TypeError:
        return False
    return all(part == part for key in keys for part in (key if isinstance(key, tuple) else (key,)))


def _row(
    metric: str,
    series: str,
    sums: ProblemSums,
    records: Sequence[SearchRecord],
    turn: int,
    width: int | None = None,
) -> MetricRow:
    totals, counts = [total for total, _ in sums.values()], [count for _, count in sums.values()]
    interval = mean_interval if metric in PER_PROBLEM else share_interval
    estimate = interval(totals, counts)
    one = records[0] if records else None
    return MetricRow(
        metric=metric,
        series=series,
        turn=turn,
        width=width if width is not None else one.width if one else 0,
        beam=one.beam if one else 1,
        policy_id=one.policy_id if one else "",
        verifier_id=one.verifier_id if one else "",
        value=estimate.value,
        low=estimate.low,
        high=estimate.high,
        n=int(sum(counts)),
        masked=sum(record.masked is not None for record in records),
    )
