"""Every estimator against numbers derived by hand, the bootstrap against its exact variance."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.evaluation.statistics import (
    Estimate,
    auc,
    auc_interval,
    best_of_n,
    calibration_error,
    interval,
    non_inferior,
    pair_confidence,
    paired_difference,
    pass_at_k,
    reliability,
    resamples,
    sigmoid,
    superior,
)

# ---- intervals ------------------------------------------------------------------------------------------------------


def test_one_seed_of_bernoulli_problems_has_the_normal_interval() -> None:
    """300 of 1000: 1.96 · sqrt(0.3 · 0.7 / 1000) = 0.0284 on either side."""
    found = interval([1.0] * 300 + [0.0] * 700, [1.0] * 1000, seed=0)
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
    seed_weights, problem_weights = resamples(seeds, problems, seed=3, draws=40_000)
    means = np.einsum("ds,sp,dp->d", seed_weights, table, problem_weights) / (seeds * problems)
    assert means.std() == pytest.approx(exact, rel=0.02)  # the standard error of a standard deviation: 0.35 %
    assert means.mean() == pytest.approx(table.mean(), abs=4 * exact / math.sqrt(40_000))


def test_seeds_that_disagree_widen_the_interval() -> None:
    """Two seeds, all right and all wrong, of any number of problems: a resample is 0, ½ or 1 with ¼, ½, ¼."""
    found = interval([[1.0] * 50, [0.0] * 50], np.ones((2, 50)), seed=0)
    assert (found.value, found.low, found.high) == (0.5, 0.0, 1.0)
    agreed = interval([[1.0, 0.0] * 25, [1.0, 0.0] * 25], np.ones((2, 50)), seed=0)
    assert agreed.value == 0.5 and 0.3 < agreed.low < agreed.high < 0.7


def test_problems_count_by_what_is_known_of_them() -> None:
    """(1 + 3) / (1 + 4): the second problem has four samples, the third none."""
    assert interval([1.0, 3.0, 0.0], [1.0, 4.0, 0.0], seed=0).value == 0.8
    nothing = interval([0.0, 0.0], [0.0, 0.0], seed=0)
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
    assert (non_inferior(difference), superior(difference)) == (at_least, above)


# ---- best of n ------------------------------------------------------------------------------------------------------


def test_pass_at_k_by_hand() -> None:
    """n = 5, c = 2: pass@1 = 2/5; pass@2 = 1 - C(3,2)/C(5,2) = 7/10; pass@4 = 1, as only three are wrong."""
    assert [pass_at_k(5, 2, k) for k in (1, 2, 4)] == pytest.approx([0.4, 0.7, 1.0])
    assert pass_at_k(5, 0, 5) == 0.0 and pass_at_k(1, 1, 1) == 1.0
    with pytest.raises(ValueError, match="pass@3 needs at least 3 samples, found 2"):
        pass_at_k(2, 1, 3)


def test_best_of_n_by_hand() -> None:
    """Four answers a > b = c > d, of which b and d are right; n = 2 draws one of six pairs.

    ab, ac, ad choose a: wrong. bc: half right. bd: b, right. cd: c, wrong. So (½ + 1) / 6 = ¼.
    """
    ranks, labels = [3, 2, 2, 1], [False, True, False, True]
    assert best_of_n(ranks, labels, 2) == pytest.approx(0.25)
    assert best_of_n(ranks, labels, 1) == pytest.approx(0.5)
    assert best_of_n(ranks, labels, 4) == 0.0
    with pytest.raises(ValueError, match="best of 5 needs at least 5 answers, found 4"):
        best_of_n(ranks, labels, 5)


ANSWERS = st.lists(st.tuples(st.integers(0, 3), st.booleans()), min_size=1, max_size=7)


@settings(deadline=None)  # a loaded machine is no failure
@given(ANSWERS, st.data())
def test_best_of_n_is_the_mean_over_all_choices(answers: list[tuple[int, bool]], data: st.DataObject) -> None:
    n = data.draw(st.integers(1, len(answers)))
    ranks, labels = zip(*answers, strict=True)

    def of(subset: tuple[int, ...]) -> float:
        best = [i for i in subset if ranks[i] == max(ranks[j] for j in subset)]
        return sum(labels[i] for i in best) / len(best)

    every = list(itertools.combinations(range(len(answers)), n))
    assert best_of_n(ranks, labels, n) == pytest.approx(sum(map(of, every)) / len(every))
    assert best_of_n(labels, labels, n) == pytest.approx(pass_at_k(len(labels), sum(labels), n))


# ---- verifiers ------------------------------------------------------------------------------------------------------


def test_auc_by_hand() -> None:
    """Right 3, 1; wrong 2, 1: of four pairs 3>2, 3>1 count one, 1=1 a half, 1<2 none: 2.5 / 4."""
    scores, labels = [3.0, 1.0, 2.0, 1.0], [True, True, False, False]
    assert auc(scores, labels) == 0.625
    # The first right answer twice, the last wrong one not at all: 3>2 twice, 1<2 once: 2 / 3.
    assert auc(scores, labels, [2, 1, 1, 0]) == pytest.approx(2 / 3)
    assert math.isnan(auc([1.0, 2.0], [True, True]))


def test_the_interval_of_auc_is_over_problems() -> None:
    draw = np.random.default_rng(0)
    labels = draw.random(400) < 0.5
    scores = draw.normal(size=400) + labels  # two normals one standard deviation apart: Φ(1/√2) = 0.760
    apart = auc_interval(scores, labels, [str(n) for n in range(400)], seed=0)
    assert apart.low < 0.760 < apart.high
    clustered = auc_interval(scores, labels, [str(n // 40) for n in range(400)], seed=0)
    assert clustered.value == apart.value
    noise = auc_interval(draw.normal(size=400), labels, [str(n) for n in range(400)], seed=0)
    assert noise.low < 0.5 < noise.high


def test_calibration_by_hand() -> None:
    """Predictions 0.1, 0.1, 0.9, 0.7; right: no, yes, yes, no.

    Bins: [0, 0.5] mean 0.1, half right; (0.5, 1] mean 0.8, half right. ECE = ½·0.4 + ½·0.3 = 0.35.
    """
    predicted, truth = [0.1, 0.1, 0.9, 0.7], [0, 1, 1, 0]
    table = reliability(predicted, truth, bins=2)
    assert [(one.low, one.high, one.count, one.observed) for one in table] == [(0.0, 0.5, 2, 0.5), (0.5, 1.0, 2, 0.5)]
    assert [one.predicted for one in table] == pytest.approx([0.1, 0.8])
    assert calibration_error(table) == pytest.approx(0.35)
    edge = reliability([1.0, 0.0], [1, 0], bins=10)
    assert [(one.low, one.count) for one in edge] == [(0.0, 1), (0.9, 1)]


def test_a_preference_is_calibrated_by_what_it_prefers() -> None:
    """Gaps ln 3, -ln 3, 0: σ(ln 3) = ¾ in either direction, right and wrong; a tie is ½, half right."""
    confidence, right = pair_confidence([math.log(3), 0.0, 1.0], [0.0, math.log(3), 1.0])
    assert confidence.tolist() == pytest.approx([0.75, 0.75, 0.5])
    assert right.tolist() == [1.0, 0.0, 0.5]


def test_sigmoid_overflows_nowhere() -> None:
    assert sigmoid([-1000.0, 0.0, 1000.0]).tolist() == [0.0, 0.5, 1.0]
