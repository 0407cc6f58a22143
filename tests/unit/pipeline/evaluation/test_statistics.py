"""Verdicts of differences."""

import pytest

from pipeline.evaluation.statistics import Estimate, is_superior, non_inferior


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
