"""Intervals by hand, and the bootstrap against its exact variance."""

import math

import numpy as np
import pytest

from pipeline.evaluation.statistics import (
    Estimate,
    bootstrap_interval,
    bootstrap_weights,
    is_superior,
    non_inferior,
    paired_difference,
)


def test_one_seed_of_bernoulli_problems_has_the_normal_interval() -> None:
    """300 of 1000: 1.96 · sqrt(0.3 · 0.7 / 1000) = 0.0284 on either side."""
    found = bootstrap_interval([1.0] * 300 + [0.0] * 700, [1.0] * 1000, seed=0)
    assert found.value == 0.3
    assert found.low == pytest.approx(0.3 - 0.0284, abs=0.003)
    assert found.high == pytest.approx(0.3 + 0.0284, abs=0.003)


def test_the_bootstrap_has_the_variance_of_a_crossed_design() -> None:
    """Exact. Weights W of S seeds are multinomial with E[W_s W_t] = (1 - 1/S) + [s = t]; likewise V of P problems.

    So E[(Σ W_s V_p x_sp)²] = a·b·T² + b·Σ_s R_s² + a·Σ_p C_p² + Σ x² with a = 1 - 1/S, b = 1 - 1/P, total T, and the
    sums R of rows and C of columns; divided by (S·P)², less the squared mean, that is the variance.
    """
    draw = np.random.default_rng(1)
    seeds, problems = 5, 40
    table = (
        0.3 * draw.normal(size=(seeds, 1)) + draw.normal(size=(1, problems)) + 0.5 * draw.normal(size=(seeds, problems))
    )
    a, b = 1 - 1 / seeds, 1 - 1 / problems
    rows, columns = table.sum(1), table.sum(0)
    second = a * b * table.sum() ** 2 + b * (rows**2).sum() + a * (columns**2).sum() + (table**2).sum()
    exact = math.sqrt(second / (seeds * problems) ** 2 - table.mean() ** 2)
    seed_weights, problem_weights = bootstrap_weights(seeds, problems, seed=3, draws=40_000)
    means = np.einsum("ds,sp,dp->d", seed_weights, table, problem_weights) / (seeds * problems)
    assert means.std() == pytest.approx(exact, rel=0.02)  # the standard error of a standard deviation: 0.35 %
    assert means.mean() == pytest.approx(table.mean(), abs=4 * exact / math.sqrt(40_000))


def test_seeds_that_disagree_widen_the_interval() -> None:
    """Two seeds, all right and all wrong, of any number of problems: a resample is 0, ½ or 1 with ¼, ½, ¼."""
    found = bootstrap_interval([[1.0] * 50, [0.0] * 50], np.ones((2, 50)), seed=0)
    assert (found.value, found.low, found.high) == (0.5, 0.0, 1.0)
    agreed = bootstrap_interval([[1.0, 0.0] * 25, [1.0, 0.0] * 25], np.ones((2, 50)), seed=0)
    assert agreed.value == 0.5 and 0.3 < agreed.low < agreed.high < 0.7


def test_problems_count_by_what_is_known_of_them() -> None:
    """(1 + 3) / (1 + 4): the second problem has four samples, the third none."""
    assert bootstrap_interval([1.0, 3.0, 0.0], [1.0, 4.0, 0.0], seed=0).value == 0.8
    nothing = bootstrap_interval([0.0, 0.0], [0.0, 0.0], seed=0)
    assert all(map(math.isnan, (nothing.value, nothing.low, nothing.high)))


def test_a_paired_difference_cancels_what_both_share() -> None:
    """Half of the problems are hard for both; the first solves four more of 200: the difference is 0.02.

    Its standard deviation is that of a mean of 200 values, 4 ones and 196 zeros: sqrt(0.02 · 0.98 / 200) = 0.0099.
    Unpaired it would be five times as much: sqrt(2 · 0.25 / 200) = 0.05.
    """
    other = np.array([1.0] * 100 + [0.0] * 100)
    one = other.copy()
    one[100:104] = 1.0
    known = np.ones(200)
    found = paired_difference(one, known, other, known, seed=0)
    assert found.value == pytest.approx(0.02)
    assert found.high - found.low == pytest.approx(2 * 1.96 * 0.0099, rel=0.15)
    same = paired_difference(one, known, one, known, seed=0)
    assert (same.value, same.low, same.high) == (0.0, 0.0, 0.0)


def test_a_paired_difference_leaves_out_what_one_of_them_lacks() -> None:
    """Problem 3 is masked for the second: 1/2 - 0/2 remains of 2/3 - 0/2."""
    found = paired_difference([1, 0, 1], [1, 1, 1], [0, 0, 0], [1, 1, 0], seed=0)
    assert found.value == 0.5
    with pytest.raises(ValueError, match="one shape"):
        paired_difference([1, 0], [1, 1], [1], [1], seed=0)


@pytest.mark.parametrize(
    ("low", "high", "at_least", "above"),
    [
        (0.01, 0.05, "holds", "holds"),
        (-0.01, 0.05, "holds", "undecided"),
        (-0.019, -0.001, "holds", "does not hold"),
        (-0.021, 0.05, "undecided", "undecided"),
        (-0.05, -0.021, "does not hold", "does not hold"),
    ],
)
def test_at_least_as_good_has_a_margin_of_two_points_and_may_be_undecided(
    low: float, high: float, at_least: str, above: str
) -> None:
    difference = Estimate((low + high) / 2, low, high)
    assert (non_inferior(difference), is_superior(difference)) == (at_least, above)
