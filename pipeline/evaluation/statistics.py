"""Estimates and verdicts, each with its source.

`pipeline.evaluation.intervals` makes the estimates of shares and means, `verifier_statistics` those of rankings.
"""

from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

LEVEL = 0.95
MARGIN = 0.02
"""Non-inferiority margin of accuracies, fixed before anything was measured: 2 points."""
LEAST_SEEDS = 3
"""Trainings from which on an estimate is about the method, and not about these trainings alone."""
Verdict = Literal["holds", "does not hold", "undecided"]
Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value and the 95 % interval [low, high] around it."""

    value: float
    low: float
    high: float


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
