"""Intervals by hand, against scipy, and against closed forms."""

import math

import numpy as np
import pytest
from scipy import stats

from pipeline.evaluation.intervals import mean_interval, paired_difference, share_interval, spread

DRAW = np.random.default_rng(1)


def test_one_seed_has_the_interval_of_a_t_test() -> None:
    values = DRAW.normal(3, 2, size=40)
    found = mean_interval(values, np.ones(40))
    expected = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))


def test_seeds_that_are_taken_as_they_are_average_within_problems() -> None:
    """Two seeds: the interval of the problems' means, as a paired t test of both methods has it."""
    one, other = DRAW.normal(size=(2, 2, 60))
    found = mean_interval(one - other, np.ones((2, 60)))
    expected = stats.ttest_rel(one.mean(axis=0), other.mean(axis=0)).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))


def test_three_seeds_add_what_they_differ_by() -> None:
    """By the two-way table of Snedecor & Cochran: mean squares 3.25 (problems), 4 (seeds), 1 (cells), S = 3, P = 4."""
    seeds, problems = np.array([-1.0, 0.0, 1.0]), np.array([-1.5, -0.5, 0.5, 1.5])
    cells = np.array([[1.0, -1.0, -1.0, 1.0], [-1.0, 1.0, 1.0, -1.0], [0.0, 0.0, 0.0, 0.0]])
    scale = math.sqrt(6 / (cells**2).sum())  # mean square 1 with 6 degrees of freedom
    found = spread(seeds[:, None] + problems[None] + scale * cells)
    of_problems, of_seeds, of_cells = (
        3 * problems.var(ddof=1) / 12,
        4 * seeds.var(ddof=1) / 12,
        1 / 12,
    )
    assert found.variance == pytest.approx(of_problems + of_seeds - of_cells)
    freedom = found.variance**2 / (of_problems**2 / 3 + of_seeds**2 / 2 + of_cells**2 / 6)
    assert found.freedom == pytest.approx(freedom)


def test_seeds_that_agree_narrow_the_interval_and_those_that_disagree_widen_it() -> None:
    right = np.array([1.0, 0.0] * 50)
    agreed = mean_interval(np.tile(right, (3, 1)), np.ones((3, 100)))
    alone = mean_interval(right, np.ones(100))
    assert agreed.high - agreed.low == pytest.approx(alone.high - alone.low)
    apart = mean_interval([[1.0] * 50, [0.5] * 50, [0.0] * 50], np.ones((3, 50)))
    assert apart.high - apart.low == pytest.approx(2 * stats.t.ppf(0.975, 2) * 0.5 / math.sqrt(3))


def test_a_share_has_wilsons_interval() -> None:
    """Of independent problems; n is larger by n / (n - 1), since the variance is the sample's; t replaces z."""
    found = share_interval([1.0] * 300 + [0.0] * 700, np.ones(1000))
    expected = stats.binomtest(300, 1000).proportion_ci(method="wilson")
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=1e-4)
    none = share_interval(np.zeros(30), np.ones(30))
    assert (none.value, none.low) == (0.0, 0.0) and none.high == pytest.approx(0.122, abs=1e-3)
    every = share_interval(np.ones((3, 30)), np.ones((3, 30)))
    assert (every.value, every.high) == (1.0, 1.0) and every.low == pytest.approx(0.878, abs=1e-3)


def test_problems_count_by_what_is_known_of_them() -> None:
    """(1 + 3) / (1 + 4): the second problem has four samples, the third none."""
    assert mean_interval([1.0, 3.0, 0.0], [1.0, 4.0, 0.0]).value == 0.8
    for interval in (mean_interval, share_interval):
        nothing = interval([0.0, 0.0], [0.0, 0.0])
        assert all(map(math.isnan, (nothing.value, nothing.low, nothing.high)))
        single = interval([1.0], [1.0])
        assert single.value == 1.0 and math.isnan(single.low) and math.isnan(single.high)


def test_a_ratio_is_as_exact_as_its_linear_form() -> None:
    """Counts that vary: the interval against the spread of many new samples of the same kind."""
    values, widths = [], []
    for _ in range(400):
        counts = DRAW.integers(1, 6, size=200).astype(float)
        totals = DRAW.binomial(counts.astype(int), 0.4).astype(float)
        found = mean_interval(totals, counts)
        values.append(found.value)
        widths.append((found.high - found.low) / 2)
    assert np.mean(widths) == pytest.approx(stats.t.ppf(0.975, 199) * np.std(values), rel=0.12)


def test_a_paired_difference_cancels_what_both_share() -> None:
    """Half of the problems are hard for both; the first solves four more of 200: the difference is 0.02.

    Its variance is that of a mean of 200 values, 4 ones and 196 zeros, and that of one more problem, 1/200².
    Unpaired the standard deviation would be five times as much: sqrt(2 · 0.25 / 200) = 0.05.
    """
    other = np.array([1.0] * 100 + [0.0] * 100)
    one = other.copy()
    one[100:104] = 1.0
    known = np.ones(200)
    found = paired_difference(one, known, other, known)
    assert found.value == pytest.approx(0.02)
    deviation = math.sqrt(0.02 * 0.98 / 199 + 1 / 200**2)
    assert found.high - found.low == pytest.approx(2 * stats.t.ppf(0.975, 199) * deviation)
    same = paired_difference(one, known, one, known)
    assert same.value == 0.0 and same.high == -same.low == pytest.approx(0.00986, abs=1e-4)


def test_a_paired_difference_leaves_out_what_one_of_them_lacks() -> None:
    """Problem 3 is masked for the second: 1/2 - 0/2 remains of 2/3 - 0/2."""
    found = paired_difference([1, 0, 1], [1, 1, 1], [0, 0, 0], [1, 1, 0])
    assert found.value == 0.5
    with pytest.raises(ValueError, match="one shape"):
        paired_difference([1, 0], [1, 1], [1], [1])
    assert math.isnan(paired_difference([1, 0], [1, 1], [1, 0], [0, 0]).value)
