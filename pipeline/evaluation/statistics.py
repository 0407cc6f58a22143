"""Intervals and verdicts, each with its formula and its source. Plain arrays in, numbers out.

A *table* is seeds × problems: `totals[s, p]` sums a quantity over what was sampled of problem p under seed s, and
`counts[s, p]` says over how much; 0 if nothing is known. The estimate is Σ totals / Σ counts.
"""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, Protocol

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
def bootstrap_weights(seeds: int, problems: int, seed: int, draws: int = RESAMPLES) -> tuple[Array, Array]:
    """How often each seed and each problem is drawn, with replacement: shapes (draws, seeds) and (draws, problems).

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


def bootstrap_interval(totals: ArrayLike, counts: ArrayLike, seed: int) -> Estimate:
    """Σ totals / Σ counts with its 95 % percentile interval (Efron & Tibshirani 1993, chapter 13).

    `totals` and `counts` have shape (seeds, problems), or (problems,) for a single seed. All nan if nothing is known.
    """
    tables = _table(totals), _table(counts)
    if not tables[1].any():
        return Estimate(math.nan, math.nan, math.nan)
    weights = bootstrap_weights(tables[0].shape[0], tables[0].shape[1], seed)
    return estimate_from_resamples(_mean(*tables), _resampled(*tables, *weights))


def paired_difference(
    totals: ArrayLike, counts: ArrayLike, other_totals: ArrayLike, other_counts: ArrayLike, seed: int
) -> Estimate:
    """Σ/Σ of the first table minus that of the second, over the same problems and seeds.

    All four tables have one shape, (seeds, problems) or (problems,). Raises ValueError if not. Cells that one method
    lacks are left out of both. Each resample draws the same seeds and problems for both, so
    what they share (hard problems, lucky seeds) cancels.
    """
    tables = [_table(table) for table in (totals, counts, other_totals, other_counts)]
    if len({table.shape for table in tables}) > 1:
        raise ValueError(f"paired tables must have one shape, found {[table.shape for table in tables]}")
    both = (tables[1] > 0) & (tables[3] > 0)
    one, n_one, two, n_two = (np.where(both, table, 0.0) for table in tables)
    weights = bootstrap_weights(both.shape[0], both.shape[1], seed)
    means = _resampled(one, n_one, *weights) - _resampled(two, n_two, *weights)
    return estimate_from_resamples(_mean(one, n_one) - _mean(two, n_two), means)


def _table(values: ArrayLike) -> Array:
    return np.atleast_2d(np.asarray(values, float))


def _mean(totals: Array, counts: Array) -> float:
    return float(totals.sum() / counts.sum()) if counts.sum() else math.nan


def _resampled(totals: Array, counts: Array, seed_weights: Array, problem_weights: Array) -> Array:
    """Σ/Σ of every resample, shape (draws,); nan if a resample drew nothing that is known."""
    sums = [np.einsum("ds,sp,dp->d", seed_weights, table, problem_weights, optimize=True) for table in (totals, counts)]
    return np.divide(sums[0], sums[1], out=np.full(len(sums[0]), np.nan), where=sums[1] > 0)


def estimate_from_resamples(value: float, means: Array) -> Estimate:
    """`value` with the 95 % percentile interval of `means`, shape (resamples,); those that are nan are left out."""
    known = means[~np.isnan(means)]
    if not len(known):
        return Estimate(value, math.nan, math.nan)
    low, high = np.quantile(known, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Estimate(value, float(low), float(high))


def is_superior(difference: Estimate) -> Verdict:
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


class HasInterval(Protocol):
    """What has a value and the interval [low, high] around it."""

    @property
    def value(self) -> float: ...
    @property
    def low(self) -> float: ...
    @property
    def high(self) -> float: ...


def percent_with_interval(share: HasInterval) -> str:
    """A share and its interval as text, in percent: "66.0 [60.7, 71.3]"."""
    value, low, high = (
        f"{100 * number:.1f}".replace("100.0", "100") for number in (share.value, share.low, share.high)
    )
    return f"{value} [{low}, {high}]"
