"""Intervals of means over problems and trainings, from variance components. Plain arrays in, an Estimate out.

A *table* is seeds × problems: `totals[s, p]` sums a quantity over what was sampled of problem p under seed s, and
`counts[s, p]` says over how much; 0 if nothing is known. The estimate is Σ totals / Σ counts.

All seeds share their problems, a crossed design with one cell for each pair: z[s, p] = µ + a[s] + b[p] + e[s, p], whose
three variances are estimated by the mean squares of its two-way analysis (Searle, Casella & McCulloch, Variance
Components, 1992, chapter 4). Fewer than LEAST_SEEDS seeds say next to nothing about a[s]: then the seeds are taken as
they are, and the estimate is about these trainings, over problems.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from pipeline.evaluation.statistics import LEAST_SEEDS, LEVEL, Array, Estimate

NOTHING = Estimate(math.nan, math.nan, math.nan)


@dataclass(frozen=True, slots=True)
class Spread:
    """Variance of an estimate, and the degrees of freedom with which it is known."""

    variance: float
    freedom: float

    @property
    def half_width(self) -> float:
        """Of the 95 % interval, by Student's t."""
        return self.quantile * math.sqrt(self.variance)

    @property
    def quantile(self) -> float:
        from scipy.stats import t

        return float(t.ppf((1 + LEVEL) / 2, self.freedom))


def mean_interval(totals: ArrayLike, counts: ArrayLike) -> Estimate:
    """Σ totals / Σ counts with its 95 % interval, value ± t · sd. Of any quantity; shares have `share_interval`.

    `totals` and `counts` have shape (seeds, problems), or (problems,) for one seed. All nan if nothing is known; the
    interval is nan if a single problem is.
    """
    tables = _table(totals), _table(counts)
    if not tables[1].any():
        return NOTHING
    value = _mean(*tables)
    reach = spread(_deviations(*tables)).half_width
    return Estimate(value, value - reach, value + reach)


def share_interval(totals: ArrayLike, counts: ArrayLike) -> Estimate:
    """`mean_interval` of a quantity between 0 and 1, whose interval stays there and is wide enough near its ends.

    Wilson's interval for as many independent problems n = p (1 - p) / variance as would know p equally well; if all
    are 0, or all 1, for the problems themselves (Korn & Graubard, Survey Methodology 1998; Wilson, JASA 1927).
    """
    tables = _table(totals), _table(counts)
    if not tables[1].any():
        return NOTHING
    value, found = _mean(*tables), spread(_deviations(*tables))
    noise = value * (1 - value)
    problems = float(np.any(tables[1] > 0, axis=0).sum())
    size = noise / found.variance if noise > 0 and found.variance > 0 else problems
    return _wilson(value, size, found.quantile) if problems > 1 else Estimate(value, math.nan, math.nan)


def paired_difference(
    totals: ArrayLike, counts: ArrayLike, other_totals: ArrayLike, other_counts: ArrayLike
) -> Estimate:
    """Σ/Σ of the first table minus that of the second, over the same problems and seeds, of quantities from 0 to 1.

    All four tables have one shape, (seeds, problems) or (problems,). Raises ValueError if not. Cells that one method
    lacks are left out of both. What the methods share (hard problems, lucky seeds) cancels. One more problem is
    imagined, half of which each side wins alone, so that methods which agree everywhere are not known to be equal
    (Agresti & Min, Statistics in Medicine 2005, add as much).
    """
    tables = [_table(table) for table in (totals, counts, other_totals, other_counts)]
    if len({table.shape for table in tables}) > 1:
        raise ValueError(f"paired tables must have one shape, found {[table.shape for table in tables]}")
    both = (tables[1] > 0) & (tables[3] > 0)
    if not both.any():
        return NOTHING
    one, n_one, two, n_two = (np.where(both, table, 0.0) for table in tables)
    value = _mean(one, n_one) - _mean(two, n_two)
    found = spread(_deviations(one, n_one) - _deviations(two, n_two))
    imagined = 1 / float(np.any(both, axis=0).sum()) ** 2
    reach = Spread(found.variance + imagined, found.freedom).half_width
    return Estimate(value, value - reach, value + reach)


def spread(deviations: Array) -> Spread:
    """Variance of the mean of a crossed table (seeds, problems), and its degrees of freedom.

    From LEAST_SEEDS seeds on (MS_problems + MS_seeds - MS_cells) / (S·P), in which the noise of a cell counts once, and
    Satterthwaite's degrees of freedom (Biometrics Bulletin 1946); below, and if seeds differ by no more than the noise
    of their cells makes them, MS_problems / (S·P) with P - 1.
    """
    seeds, problems = deviations.shape
    if problems < 2:
        return Spread(math.nan, 1.0)
    size = seeds * problems
    of_problems = seeds * float(deviations.mean(axis=0).var(ddof=1)) / size
    if seeds < LEAST_SEEDS:
        return Spread(of_problems, problems - 1)
    rows, columns = deviations.mean(axis=1), deviations.mean(axis=0)
    residuals = deviations - rows[:, None] - columns[None, :] + deviations.mean()
    of_seeds = problems * float(rows.var(ddof=1)) / size
    of_cells = float((residuals**2).sum()) / ((seeds - 1) * (problems - 1)) / size
    if of_seeds <= of_cells:
        return Spread(of_problems, problems - 1)
    variance = of_problems + of_seeds - of_cells
    parts = ((of_problems, problems - 1), (of_seeds, seeds - 1), (of_cells, (seeds - 1) * (problems - 1)))
    return Spread(variance, variance**2 / sum(part**2 / freedom for part, freedom in parts))


def _deviations(totals: Array, counts: Array) -> Array:
    """What each cell adds to Σ totals / Σ counts, times the number of cells: the ratio estimate made linear."""
    return (totals - _mean(totals, counts) * counts) * (counts.size / counts.sum())


def _wilson(value: float, size: float, quantile: float) -> Estimate:
    square = quantile**2 / size
    middle = (value + square / 2) / (1 + square)
    reach = math.sqrt(square * (value * (1 - value) + square / 4)) / (1 + square)
    return Estimate(value, max(0.0, middle - reach), min(1.0, middle + reach))


def _table(values: ArrayLike) -> Array:
    return np.atleast_2d(np.asarray(values, float))


def _mean(totals: Array, counts: Array) -> float:
    return float(totals.sum() / counts.sum()) if counts.sum() else math.nan
