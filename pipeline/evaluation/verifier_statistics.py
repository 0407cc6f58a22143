"""How well scores rank and how far probabilities can be believed: ROC AUC, reliability, calibration error."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from pipeline.evaluation.statistics import LEVEL, Array, Estimate

RESAMPLES = 2000


def roc_auc(scores: ArrayLike, labels: ArrayLike, weights: ArrayLike | None = None) -> float:
    """Chance that a right answer scores above a wrong one, ties counting half; nan if one kind is missing.

    The area under the ROC curve, by ranks (Hanley & McNeil 1982; the Mann-Whitney statistic). `scores`, `labels` and
    `weights` have shape (answers,); `weights` says how often each answer counts.
    """
    score, right = np.asarray(scores, float), np.asarray(labels, bool)
    weight = np.ones(len(score)) if weights is None else np.asarray(weights, float)
    _, place = np.unique(score, return_inverse=True)
    positive, negative = (np.bincount(place, weight * mask) for mask in (right, ~right))
    pairs = positive.sum() * negative.sum()
    below = np.cumsum(negative) - negative
    return float((positive * (below + negative / 2)).sum() / pairs) if pairs else math.nan


def auc_interval(scores: ArrayLike, labels: ArrayLike, problems: Sequence[str], seed: int) -> Estimate:
    """`roc_auc` over all answers with a 95 % interval from a bootstrap over problems.

    `scores`, `labels` and `problems`, the problem of each, have shape (answers,).
    """
    names, place = np.unique(np.asarray(problems), return_inverse=True)
    areas = [roc_auc(scores, labels, drawn[place]) for drawn in bootstrap_weights(len(names), seed)]
    return percentile_interval(roc_auc(scores, labels), np.asarray(areas))


def bootstrap_weights(problems: int, seed: int, draws: int = RESAMPLES) -> Array:
    """How often each problem is drawn with replacement in each resample, shape (draws, problems)."""
    drawn = np.random.default_rng(seed).multinomial(problems, np.full(problems, 1 / problems), draws)
    return np.asarray(drawn, float)


def percentile_interval(value: float, resampled: Array) -> Estimate:
    """`value` with the 95 % percentile interval of `resampled`, shape (resamples,), without those that are nan
    (Efron & Tibshirani 1993, chapter 13)."""
    known = resampled[~np.isnan(resampled)]
    if not len(known):
        return Estimate(value, math.nan, math.nan)
    low, high = np.quantile(known, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Estimate(value, float(low), float(high))


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """Predictions between `low` and `high`: how many, their mean, and the share that came true."""

    low: float
    high: float
    count: int
    predicted: float
    observed: float


def sigmoid(logits: ArrayLike) -> Array:
    """1 / (1 + exp(-logit)), of any shape, without overflow."""
    values = np.asarray(logits, float)
    return np.asarray(np.exp(-np.logaddexp(0.0, -values)), float)


def reliability_table(
    predicted: ArrayLike, observed: ArrayLike, low: float = 0.0, bins: int = 10
) -> list[ReliabilityBin]:
    """Predictions in equal bins of [low, 1], those that are not empty; the last one includes 1.

    `predicted` (probabilities) and `observed` (0, ½ or 1) have shape (predictions,). DeGroot & Fienberg 1983.
    """
    chance, truth = np.asarray(predicted, float), np.asarray(observed, float)
    edges = np.linspace(low, 1.0, bins + 1)
    place = np.clip(np.searchsorted(edges, chance, side="right") - 1, 0, bins - 1)
    return [
        ReliabilityBin(
            float(edges[b]), float(edges[b + 1]), int(mask.sum()), float(chance[mask].mean()), float(truth[mask].mean())
        )
        for b in range(bins)
        if (mask := place == b).any()
    ]


def calibration_error(table: Sequence[ReliabilityBin]) -> float:
    """Expected calibration error Σ_b n_b / n · |observed_b - predicted_b| (Naeini et al. 2015; Guo et al. 2017)."""
    total = sum(one.count for one in table)
    return sum(one.count * abs(one.observed - one.predicted) for one in table) / total if total else math.nan


def pair_confidence(chosen: ArrayLike, rejected: ArrayLike) -> tuple[Array, Array]:
    """What a Bradley-Terry verifier claims of pairs: its confidence in the answer it prefers, and whether it is right.

    `chosen` and `rejected` are logits of shape (pairs,); both results have that shape.

    P(chosen beats rejected) = σ(r⁺ - r⁻) (Bradley & Terry 1952). A single score means nothing by itself, so
    calibration is that of the preferred answer: confidence max(p, 1 - p) in [½, 1]. A tie is right by half.
    """
    gap = np.asarray(chosen, float) - np.asarray(rejected, float)
    return sigmoid(np.abs(gap)), np.where(gap == 0, 0.5, (gap > 0).astype(float))
