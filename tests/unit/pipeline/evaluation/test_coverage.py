"""How often intervals hold the truth that they claim to hold, by simulation of whole studies.

A problem's difficulty, what a method does to it, and what a training seed does to a method are normal; an answer is
right with the probability of their sum under the normal distribution function, whose mean is known in closed form.
"""

import math

import numpy as np
import pytest
from scipy.stats import norm

from pipeline.evaluation.intervals import paired_difference, share_interval
from pipeline.evaluation.statistics import LEAST_SEEDS, Estimate

STUDIES = 1000
HARDNESS, EFFECT, METHOD = 1.5, 0.5, 0.1
"""Deviation of problems' difficulty, of what a method does to one problem, and what it does to all."""
POINT = 0.022
"""A shift by this changes the share solved by about one point."""


def interval_and_truth(
    draw: np.random.Generator, seeds: int, problems: int, points: float
) -> list[tuple[Estimate, float]]:
    """Of one study: the difference of two methods, and the share that the first one solves."""
    hardness, effect = draw.normal(size=(2, problems)) * [[HARDNESS], [EFFECT]]
    training = draw.normal(size=(2, seeds, 1)) * points * POINT
    latent = np.stack([METHOD + hardness + effect / 2 + training[0], hardness - effect / 2 + training[1]])
    solved = (draw.normal(size=latent.shape) < latent).astype(float)
    known = np.ones((seeds, problems))
    spread = 1 + HARDNESS**2 + EFFECT**2 / 4
    if seeds < LEAST_SEEDS:  # these trainings
        shares = norm.cdf((np.array([METHOD, 0.0])[:, None] + training[..., 0]) / math.sqrt(spread)).mean(axis=1)
    else:  # the method
        shares = norm.cdf(np.array([METHOD, 0.0]) / math.sqrt(spread + (points * POINT) ** 2))
    difference = paired_difference(solved[0], known, solved[1], known)
    return [(difference, shares[0] - shares[1]), (share_interval(solved[0], known), shares[0])]


@pytest.mark.parametrize(
    "points", [pytest.param(0, marks=pytest.mark.slow), 2, pytest.param(5, marks=pytest.mark.slow)]
)
@pytest.mark.parametrize(
    ("seeds", "problems"), [(1, 100), (2, 100), (3, 100), (5, 100), (1, 500), (3, 500), (5, 500), (3, 1000)]
)
def test_intervals_hold_the_truth_in_93_to_98_of_100_studies(seeds: int, problems: int, points: float) -> None:
    """The bounds leave room for two standard errors of the simulation itself, 0.7 points each."""
    draw = np.random.default_rng([seeds, problems, points])
    held = np.zeros(2)
    for _ in range(STUDIES):
        found = interval_and_truth(draw, seeds, problems, points)
        held += [estimate.low <= truth <= estimate.high for estimate, truth in found]
    assert ((held / STUDIES > 0.93 - 0.014) & (held / STUDIES < 0.98 + 0.014)).all(), held / STUDIES
