"""How well a verifier tells right answers from wrong ones, and whether its confidence can be believed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pipeline.config.losses import LOSSES
from pipeline.evaluation.intervals import share_interval
from pipeline.evaluation.metric_rows import CalibrationBin, MetricRow
from pipeline.evaluation.search_records import per_problem
from pipeline.evaluation.statistics import Array, Estimate
from pipeline.evaluation.verifier_statistics import (
    auc_interval,
    bootstrap_weights,
    calibration_error,
    pair_confidence,
    percentile_interval,
    reliability_table,
    roc_auc,
    sigmoid,
)

Pair = Mapping[str, Any]
"""A row of a pairs stage: problem_id, and episode and turn of the chosen and of the rejected answer."""
SIDES = ("chosen", "rejected")
ALL_HELD_OUT, OWN_HELD_OUT, BASE_HELD_OUT = "held_out_pairs", "own_pairs", "base_pairs"
RANKED = {
    ALL_HELD_OUT: "all held-out answers",
    OWN_HELD_OUT: "this policy's own answers",
    BASE_HELD_OUT: "the base model's answers",
}
"""Series of held-out answers that a run's verifiers are measured on, in words."""
MEASURES = {
    "pair_accuracy": "pairs right",
    "auc": "AUC",
    "auc_within": "AUC within",
    "brier": "Brier",
    "calibration_error": "cal. error",
}
"""Metrics of a verifier, in words; docs/evaluation.md defines them. All are shares; of the last two less is better."""
LEAST_CONFIDENCE = {"pairs": 0.5, "answers": 0.0}
"""Where the bins of a calibration begin, by what the verifier's loss makes a probability."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredAnswer:
    """One judged answer and the verifier's logit of it."""

    episode_id: str
    turn: int
    problem_id: str
    label: bool
    score: float


@dataclass(frozen=True, slots=True)
class Predictions:
    """What a verifier predicted and what came true: three vectors of one length, `problems` the unit of resampling."""

    predicted: Array
    observed: Array
    problems: list[str]


def verifier_rows(
    pairs: Sequence[Pair],
    scored: Sequence[ScoredAnswer],
    answers: Sequence[ScoredAnswer],
    series: str,
    loss: str,
    seed: int,
) -> list[MetricRow]:
    """Rows of one series of held-out pairs and answers. `scored` holds every score that `pairs` may ask for.

    Probabilities are σ(score) of answers under binary cross-entropy, σ(difference) of pairs under Bradley-Terry,
    whose single scores have no zero.
    """
    rows = []
    known = ranked_pairs(pairs, scored)
    if known.problems:
        found = _per_problem(known.observed, known.problems)
        rows.append(_row("pair_accuracy", series, found, len(known.problems), len(pairs) - len(known.problems)))
        rows += _calibration_rows(known, series, loss, seed) if calibrated_on(loss) == "pairs" else []
    if answers:
        rows += _auc_rows(answers, series, seed)
        if calibrated_on(loss) == "answers":
            rows += _calibration_rows(predicted_answers(answers), series, loss, seed)
    return rows


def calibration_bins(
    pairs: Sequence[Pair], scored: Sequence[ScoredAnswer], answers: Sequence[ScoredAnswer], series: str, loss: str
) -> list[CalibrationBin]:
    """The table behind a calibration error, of the bins that are not empty; arguments as `verifier_rows`."""
    kind = calibrated_on(loss)
    if kind is None:
        return []
    found = ranked_pairs(pairs, scored) if kind == "pairs" else predicted_answers(answers)
    if not found.problems:
        return []
    return [
        CalibrationBin(
            series=series,
            number=number,
            low=one.low,
            high=one.high,
            count=one.count,
            predicted=one.predicted,
            observed=one.observed,
        )
        for number, one in enumerate(reliability_table(found.predicted, found.observed, LEAST_CONFIDENCE[kind]))
    ]


def calibrated_on(loss: str) -> str | None:
    """What a loss makes a probability, "pairs" or "answers"; None for a loss that has no row."""
    return LOSSES[loss].calibrated_on if loss in LOSSES else None


def ranked_pairs(pairs: Sequence[Pair], scored: Sequence[ScoredAnswer]) -> Predictions:
    """Of each pair whose answers both have a score: the confidence in the preferred one, and whether it is right."""
    scores = {(one.episode_id, one.turn): one.score for one in scored}
    known = [pair for pair in pairs if all(_place(pair, side) in scores for side in SIDES)]
    chosen, rejected = (np.array([scores[_place(pair, side)] for pair in known], float) for side in SIDES)
    return Predictions(*pair_confidence(chosen, rejected), [str(pair["problem_id"]) for pair in known])


def predicted_answers(answers: Sequence[ScoredAnswer]) -> Predictions:
    """Of each answer the claimed probability that it is right, and whether it is."""
    chances = sigmoid(np.array([one.score for one in answers], float))
    labels = np.array([one.label for one in answers], float)
    return Predictions(chances, labels, [one.problem_id for one in answers])


def _place(pair: Pair, side: str) -> tuple[str, int]:
    return pair[f"{side}_episode"], pair[f"{side}_turn"]


def _per_problem(values: Array, problems: Sequence[str]) -> Estimate:
    found = per_problem(zip(problems, values.tolist(), strict=True)).values()
    return share_interval([total for total, _ in found], [count for _, count in found])


def _auc_rows(answers: Sequence[ScoredAnswer], series: str, seed: int) -> list[MetricRow]:
    """Over all answers, if both kinds are there, and within problems."""
    logits, labels = np.array([one.score for one in answers]), np.array([one.label for one in answers])
    rows = []
    if 0 < labels.sum() < len(labels):
        found = auc_interval(logits, labels, [one.problem_id for one in answers], seed)
        rows.append(_row("auc", series, found, len(answers)))
    return rows + _auc_within(answers, series)


def _auc_within(answers: Sequence[ScoredAnswer], series: str) -> list[MetricRow]:
    """The mean over problems of each one's own AUC: what Bradley-Terry learns, and what a selector uses."""
    by_problem: dict[str, list[ScoredAnswer]] = {}
    for one in answers:
        by_problem.setdefault(one.problem_id, []).append(one)
    values = [roc_auc([one.score for one in found], [one.label for one in found]) for found in by_problem.values()]
    both = [value for value in values if value == value]
    if not both:
        return []
    found = share_interval(both, np.ones(len(both)))
    return [_row("auc_within", series, found, len(both), len(values) - len(both))]


def _calibration_rows(found: Predictions, series: str, loss: str, seed: int) -> list[MetricRow]:
    """Brier score (mean squared difference; Brier 1950), and expected calibration error."""
    low = LEAST_CONFIDENCE[LOSSES[loss].calibrated_on]
    names, place = np.unique(np.asarray(found.problems), return_inverse=True)
    weights = bootstrap_weights(len(names), seed, draws=200)  # each needs a table of its own
    errors = []
    for times in weights[:, place].astype(int):
        drawn = reliability_table(np.repeat(found.predicted, times), np.repeat(found.observed, times), low)
        errors.append(calibration_error(drawn))
    error = calibration_error(reliability_table(found.predicted, found.observed, low))
    squares = (found.predicted - found.observed) ** 2
    return [
        _row("brier", series, _per_problem(squares, found.problems), len(squares)),
        _row("calibration_error", series, percentile_interval(error, np.asarray(errors)), len(squares)),
    ]


def _row(metric: str, series: str, estimate: Estimate, n: int, masked: int = 0) -> MetricRow:
    return MetricRow(
        metric=metric,
        series=series,
        value=estimate.value,
        low=estimate.low,
        high=estimate.high,
        n=n,
        masked=masked,
    )
