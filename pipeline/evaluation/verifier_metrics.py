"""How well a verifier tells right answers from wrong ones, and whether its confidence can be believed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pipeline.evaluation.search_records import cells
from pipeline.evaluation.statistics import (
    Array,
    Estimate,
    auc,
    auc_interval,
    calibration_error,
    interval,
    pair_confidence,
    reliability,
    resamples,
    sigmoid,
)

Row = dict[str, Any]
Pair = Mapping[str, Any]
SIDES = ("chosen", "rejected")
RANKED = {
    "held_out_pairs": "all held-out answers",
    "own_pairs": "this policy's own answers",
    "base_pairs": "the base model's answers",
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """One judged answer and the verifier's logit of it."""

    episode_id: str
    turn: int
    problem_id: str
    label: bool
    score: float


def verifier_rows(
    pairs: Sequence[Pair], scored: Sequence[Scored], answers: Sequence[Scored], series: str, loss: str, seed: int
) -> list[Row]:
    """Rows of one series of held-out pairs and answers. `scored` holds every score that `pairs` may ask for.

    Probabilities are σ(score) of answers under binary cross-entropy, σ(difference) of pairs under Bradley-Terry,
    whose single scores have no zero.
    """
    scores = {(one.episode_id, one.turn): one.score for one in scored}
    known = [pair for pair in pairs if all(_place(pair, side) in scores for side in SIDES)]
    chosen, rejected = (np.array([scores[_place(pair, side)] for pair in known], float) for side in SIDES)
    rows = []
    if known:
        confidence, right = pair_confidence(chosen, rejected)
        of = [str(pair["problem_id"]) for pair in known]
        masked = len(pairs) - len(known)
        rows.append(_row("pair_accuracy", series, _per_problem(right, of, seed), len(known), masked))
        if loss == "bt":
            rows += _calibration_rows(confidence, right, of, series, seed, low=0.5)
    if answers:
        of = [one.problem_id for one in answers]
        logits, labels = np.array([one.score for one in answers]), np.array([one.label for one in answers])
        if 0 < labels.sum() < len(labels):
            rows.append(_row("auc", series, auc_interval(logits, labels, of, seed), len(answers)))
        rows += _auc_within(answers, series, seed)
        if loss == "bce":
            rows += _calibration_rows(sigmoid(logits), labels.astype(float), of, series, seed, low=0.0)
    return rows


def _place(pair: Pair, side: str) -> tuple[str, int]:
    return pair[f"{side}_episode"], pair[f"{side}_turn"]


def _per_problem(values: Array, problems: Sequence[str], seed: int) -> Estimate:
    found = cells(zip(problems, values.tolist(), strict=True)).values()
    return interval([total for total, _ in found], [count for _, count in found], seed)


def _auc_within(answers: Sequence[Scored], series: str, seed: int) -> list[Row]:
    """The mean over problems of each one's own AUC: what Bradley-Terry learns, and what a selector uses."""
    by_problem: dict[str, list[Scored]] = {}
    for one in answers:
        by_problem.setdefault(one.problem_id, []).append(one)
    values = [auc([one.score for one in found], [one.label for one in found]) for found in by_problem.values()]
    both = [value for value in values if value == value]
    if not both:
        return []
    return [_row("auc_within", series, interval(both, np.ones(len(both)), seed), len(both), len(values) - len(both))]


def _calibration_rows(
    predicted: Array, observed: Array, problems: Sequence[str], series: str, seed: int, low: float
) -> list[Row]:
    """Brier score (mean squared difference; Brier 1950), expected calibration error, and the table behind it.

    The table has two rows per bin, numbered in `turn`; their low and high are the bin's edges.
    """
    table = reliability(predicted, observed, low)
    names, place = np.unique(np.asarray(problems), return_inverse=True)
    _, weights = resamples(1, len(names), seed, draws=200)  # each needs a table of its own
    errors = []
    for drawn in weights[:, place].astype(int):
        errors.append(calibration_error(reliability(np.repeat(predicted, drawn), np.repeat(observed, drawn), low)))
    bounds = np.quantile(errors, [0.025, 0.975]).tolist()
    squares = (predicted - observed) ** 2
    rows = [
        _row("brier", series, _per_problem(squares, problems, seed), len(predicted)),
        _row("calibration_error", series, Estimate(calibration_error(table), *bounds), len(predicted)),
    ]
    for number, one in enumerate(table):
        for metric, value in (("reliability_predicted", one.predicted), ("reliability_observed", one.observed)):
            rows.append(_row(metric, series, Estimate(value, one.low, one.high), one.count) | {"turn": number})
    return rows


def _row(metric: str, series: str, estimate: Estimate, n: int, masked: int = 0) -> Row:
    return {
        "metric": metric,
        "series": series,
        "turn": 0,
        "width": 0,
        "policy_id": "",
        "verifier_id": "",
        "value": estimate.value,
        "low": estimate.low,
        "high": estimate.high,
        "n": n,
        "masked": masked,
    }
