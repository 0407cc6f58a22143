"""Estimators and intervals, each with its formula and its source. Plain arrays in, numbers out.

A *table* is seeds × problems: `totals[s, p]` sums a quantity over what was sampled of problem p under seed s, and
`counts[s, p]` says over how much; 0 if nothing is known. The estimate is Σ totals / Σ counts.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

RESAMPLES = 2000
LEVEL = 0.95
MARGIN = 0.02
"""Non-inferiority margin of accuracies, fixed before anything was measured: 2 points."""
Verdict = Literal["holds", "does not hold", "undecided"]
Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value and the 95 % interval [low, high] around it."""

    value: float
    low: float
    high: float


# ---- intervals ------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=8)
def resamples(seeds: int, problems: int, seed: int, draws: int = RESAMPLES) -> tuple[Array, Array]:
    """How often each seed (draws × seeds) and each problem (draws × problems) is drawn, with replacement.

    Two-level bootstrap of a crossed design: seeds are drawn, then problems, and every drawn seed meets every drawn
    problem, since all seeds share their problems: the pigeonhole bootstrap (Owen, Annals of Applied Statistics 2007),
    which counts what only a cell varies by more than once and so errs on the wide side; the seeds' own share is a
    factor of 1 - 1/seeds too small, as in every bootstrap. With one seed it is the ordinary bootstrap over problems,
    and says nothing about seeds. Drawn once per shape and seed: treat them as constants.
    """
    draw = np.random.default_rng(seed)
    shapes = ((draws, seeds), (draws, problems))
    picked = (draw.multinomial(size, np.full(size, 1 / size), rows) for rows, size in shapes)
    seed_weights, problem_weights = (np.asarray(weights, float) for weights in picked)
    for weights in (seed_weights, problem_weights):
        weights.setflags(write=False)
    return seed_weights, problem_weights


def interval(totals: ArrayLike, counts: ArrayLike, seed: int) -> Estimate:
    """Σ totals / Σ counts with its 95 % percentile interval (Efron & Tibshirani 1993, chapter 13).

    `totals` and `counts` are tables, or vectors over problems for a single seed.
    """
    tables = _table(totals), _table(counts)
    if not tables[1].any():
        return Estimate(math.nan, math.nan, math.nan)
    weights = resamples(tables[0].shape[0], tables[0].shape[1], seed)
    return _estimate(_mean(*tables), _resampled(*tables, *weights))


def paired_difference(
    totals: ArrayLike, counts: ArrayLike, other_totals: ArrayLike, other_counts: ArrayLike, seed: int
) -> Estimate:
    """Σ/Σ of the first table minus that of the second, over the same problems and seeds.

    Cells that one of them lacks are left out of both. Each resample draws the same seeds and problems for both, so
    what they share (hard problems, lucky seeds) cancels.
    """
    tables = [_table(table) for table in (totals, counts, other_totals, other_counts)]
    if len({table.shape for table in tables}) > 1:
        raise ValueError(f"paired tables must have one shape, found {[table.shape for table in tables]}")
    both = (tables[1] > 0) & (tables[3] > 0)
    one, n_one, two, n_two = (np.where(both, table, 0.0) for table in tables)
    weights = resamples(both.shape[0], both.shape[1], seed)
    means = _resampled(one, n_one, *weights) - _resampled(two, n_two, *weights)
    return _estimate(_mean(one, n_one) - _mean(two, n_two), means)


def _table(values: ArrayLike) -> Array:
    return np.atleast_2d(np.asarray(values, float))


def _mean(totals: Array, counts: Array) -> float:
    return float(totals.sum() / counts.sum()) if counts.sum() else math.nan


def _resampled(totals: Array, counts: Array, seed_weights: Array, problem_weights: Array) -> Array:
    """Σ/Σ of every resample; nan if one drew nothing that is known."""
    sums = [np.einsum("ds,sp,dp->d", seed_weights, table, problem_weights, optimize=True) for table in (totals, counts)]
    return np.divide(sums[0], sums[1], out=np.full(len(sums[0]), np.nan), where=sums[1] > 0)


def _estimate(value: float, means: Array) -> Estimate:
    known = means[~np.isnan(means)]
    if not len(known):
        return Estimate(value, math.nan, math.nan)
    low, high = np.quantile(known, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Estimate(value, float(low), float(high))


def superior(difference: Estimate) -> Verdict:
    """Is the first above the second? By the interval of the difference against 0."""
    return non_inferior(difference, margin=0.0)


def non_inferior(difference: Estimate, margin: float = MARGIN) -> Verdict:
    """Is the first at least as good as the second, up to `margin`?

    Holds if the whole interval is above -margin, does not hold if it is wholly below, undecided otherwise
    (CONSORT extension for non-inferiority, Piaggio et al. 2012; one-sided level 2.5 %).
    """
    if difference.low > -margin:
        return "holds"
    return "does not hold" if difference.high < -margin else "undecided"


# ---- best of n ------------------------------------------------------------------------------------------------------


def pass_at_k(samples: int, correct: int, k: int) -> float:
    """1 - C(n - c, k) / C(n, k): the chance that k of n samples, drawn without replacement, hold a correct one.

    Unbiased for n >= k (Chen et al. 2021, arXiv 2107.03374, section 2.1). Raises ValueError for n < k.
    """
    if samples < k:
        raise ValueError(f"pass@{k} needs at least {k} samples, found {samples}")
    return 1.0 - math.comb(samples - correct, k) / math.comb(samples, k)


def best_of_n(ranks: Sequence[Any], labels: Sequence[bool], n: int) -> float:
    """Chance that the highest-ranked of n answers drawn without replacement is correct; ties are broken at random.

    For m answers in groups g of equal rank, best first, with s_g answers, c_g of them correct and h_g ranked above:
    Σ_g [C(m - h_g, n) - C(m - h_g - s_g, n)] / C(m, n) · c_g / s_g. It is pass@k if the rank is the label, and the
    mean if all ranks are equal. Unbiased for m >= n, as pass@k, by the same argument.
    """
    total, above, value = len(ranks), 0, 0.0
    if total < n:
        raise ValueError(f"best of {n} needs at least {n} answers, found {total}")
    groups: dict[Any, list[bool]] = {}
    for rank, label in zip(ranks, labels, strict=True):
        groups.setdefault(rank, []).append(label)
    for rank in sorted(groups, reverse=True):
        size = len(groups[rank])
        chance = math.comb(total - above, n) - math.comb(total - above - size, n)
        value += chance / math.comb(total, n) * sum(groups[rank]) / size
        above += size
    return value


# ---- verifiers ------------------------------------------------------------------------------------------------------


def auc(scores: ArrayLike, labels: ArrayLike, weights: ArrayLike | None = None) -> float:
    """Chance that a right answer scores above a wrong one, ties counting half; nan if one kind is missing.

    The area under the ROC curve, by ranks (Hanley & McNeil 1982; the Mann-Whitney statistic). `weights`: how often
    each answer counts.
    """
    score, right = np.asarray(scores, float), np.asarray(labels, bool)
    weight = np.ones(len(score)) if weights is None else np.asarray(weights, float)
    _, place = np.unique(score, return_inverse=True)
    positive, negative = (np.bincount(place, weight * mask) for mask in (right, ~right))
    pairs = positive.sum() * negative.sum()
    below = np.cumsum(negative) - negative
    return float((positive * (below + negative / 2)).sum() / pairs) if pairs else math.nan


def auc_interval(scores: ArrayLike, labels: ArrayLike, problems: Sequence[str], seed: int) -> Estimate:
    """`auc` over all answers with a 95 % interval from a bootstrap over problems."""
    names, place = np.unique(np.asarray(problems), return_inverse=True)
    _, weights = resamples(1, len(names), seed)
    means = np.asarray([auc(scores, labels, drawn[place]) for drawn in weights])
    return _estimate(auc(scores, labels), means)


@dataclass(frozen=True, slots=True)
class Bin:
    """Predictions between `low` and `high`: how many, their mean, and the share that came true."""

    low: float
    high: float
    count: int
    predicted: float
    observed: float


def sigmoid(logits: ArrayLike) -> Array:
    values = np.asarray(logits, float)
    return np.asarray(np.exp(-np.logaddexp(0.0, -values)), float)


def reliability(predicted: ArrayLike, observed: ArrayLike, low: float = 0.0, bins: int = 10) -> list[Bin]:
    """Predictions in equal bins of [low, 1] that are not empty; the last one holds 1 (DeGroot & Fienberg 1983)."""
    chance, truth = np.asarray(predicted, float), np.asarray(observed, float)
    edges = np.linspace(low, 1.0, bins + 1)
    place = np.clip(np.searchsorted(edges, chance, side="right") - 1, 0, bins - 1)
    return [
        Bin(
            float(edges[b]), float(edges[b + 1]), int(mask.sum()), float(chance[mask].mean()), float(truth[mask].mean())
        )
        for b in range(bins)
        if (mask := place == b).any()
    ]


def calibration_error(table: Sequence[Bin]) -> float:
    """Expected calibration error Σ_b n_b / n · |observed_b - predicted_b| (Naeini et al. 2015; Guo et al. 2017)."""
    total = sum(one.count for one in table)
    return sum(one.count * abs(one.observed - one.predicted) for one in table) / total if total else math.nan


def pair_confidence(chosen: ArrayLike, rejected: ArrayLike) -> tuple[Array, Array]:
    """What a Bradley-Terry verifier claims of pairs: its confidence in the answer it prefers, and whether it is right.

    P(chosen beats rejected) = σ(r⁺ - r⁻) (Bradley & Terry 1952). A single score means nothing by itself, so
    calibration is that of the preferred answer: confidence max(p, 1 - p) in [½, 1]. A tie is right by half.
    """
    gap = np.asarray(chosen, float) - np.asarray(rejected, float)
    return sigmoid(np.abs(gap)), np.where(gap == 0, 0.5, (gap > 0).astype(float))


class HasInterval(Protocol):
    """What has a value and the interval [low, high] around it."""

    @property
    def value(self) -> float: ...
    @property
    def low(self) -> float: ...
    @property
    def high(self) -> float: ...


def percent(share: HasInterval) -> str:
    """A share and its interval as text, in percent: "66.0 [60.7, 71.3]"."""
    value, low, high = (
        f"{100 * number:.1f}".replace("100.0", "100") for number in (share.value, share.low, share.high)
    )
    return f"{value} [{low}, {high}]"
