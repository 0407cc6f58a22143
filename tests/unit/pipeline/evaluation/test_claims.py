"""Comparisons and claims: the interval decides, what is not there is not tested."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from pipeline.evaluation.claims import Claim, Comparison, claim_line, paired_comparison
from pipeline.evaluation.statistics import Array, Estimate


@dataclass
class ByHand:
    totals: Array
    counts: Array


def solved(*problems: float) -> ByHand:
    """One seed; nan: not known."""
    values = np.array([problems], float)
    known = ~np.isnan(values)
    return ByHand(np.where(known, values, 0.0), known.astype(float))


def compared(low: float, high: float, kind: Any = "above", **changes: Any) -> Comparison:
    return Comparison(left="a", right="b", kind=kind, estimate=Estimate((low + high) / 2, low, high), **changes)


NOTHING = Comparison(left="a", right="b", kind="above", estimate=None, missing="b is not evaluated")


@pytest.mark.parametrize(
    ("kind", "low", "high", "verdict"),
    [
        ("above", 0.001, 0.2, "holds"),
        ("above", -0.001, 0.2, "undecided"),
        ("above", -0.2, 0.001, "undecided"),
        ("above", -0.2, -0.001, "does not hold"),
        ("at least", -0.019, 0.1, "holds"),
        ("at least", -0.021, 0.1, "undecided"),
        ("at least", -0.2, -0.021, "does not hold"),
    ],
)
def test_the_interval_decides(kind: Any, low: float, high: float, verdict: str) -> None:
    assert compared(low, high, kind).verdict == verdict


def test_a_difference_that_is_too_small_to_matter_does_not_hold() -> None:
    assert compared(0.04, 0.06, least=0.1).verdict == "does not hold"
    assert compared(0.04, 0.18, least=0.1).verdict == "holds"
    assert compared(-0.04, 0.26, least=0.1).verdict == "undecided"


@pytest.mark.parametrize(
    ("comparisons", "verdict"),
    [
        ((compared(0.1, 0.2), compared(0.1, 0.3)), "holds"),
        ((compared(0.1, 0.2), compared(-0.1, 0.3)), "undecided"),
        ((compared(0.1, 0.2), NOTHING), "undecided"),
        ((compared(-0.1, 0.2), compared(-0.3, -0.1)), "does not hold"),
        ((NOTHING,), None),
    ],
)
def test_a_claim_holds_if_all_of_it_does(comparisons: tuple[Comparison, ...], verdict: str | None) -> None:
    assert Claim(name="c", text="a is above b", comparisons=comparisons).verdict == verdict


def test_problems_that_one_side_lacks_are_left_out_of_both() -> None:
    """Known to both: four problems; left solves three of them, right one, which left solves too."""
    left, right = solved(1, 1, 1, 0, 1, np.nan), solved(1, 0, 0, 0, np.nan, 1)
    found = paired_comparison("left", "right", "above", left, right)
    assert (found.left_value, found.right_value, found.problems, found.seeds) == (0.75, 0.25, 4, 1)
    assert found.estimate is not None and found.estimate.value == pytest.approx(0.5)


def test_pairing_is_sharper_than_two_intervals() -> None:
    """Left solves what right solves and a tenth more: each resample shares its hard problems."""
    right = np.arange(200) % 2 == 0
    left = right | (np.arange(200) % 20 == 1)
    one, other = solved(*left), solved(*right)
    found = paired_comparison("left", "right", "above", one, other).estimate
    assert found is not None and found.value == pytest.approx(0.05)
    assert 0 < found.low < found.high < 0.09


def test_a_line_says_what_was_measured() -> None:
    found = compared(0.277, 0.389, left_value=0.66, right_value=0.327, seeds=1, problems=300)
    claim = Claim(name="training", text="µCode is above the base model", comparisons=(found,))
    assert claim_line(claim) == (
        "✓ 66.0 % vs 32.7 %: +33.3 points (95 % CI +27.7 to +38.9, paired over 300 problems): "
        "µCode is above the base model"
    )
    unknown = Claim(name="training", text="a is above b", comparisons=(NOTHING,))
    assert claim_line(unknown) == "… not known, b is not evaluated: a is above b"
    pairs = compared(0.1, 0.3, left_value=0.7, right_value=0.5, problems=40, unit="pairs")
    assert "(95 % CI +10.0 to +30.0, over 40 pairs)" in claim_line(Claim(name="v", text="t", comparisons=(pairs,)))
