"""Sentences that could be false: each a few paired comparisons with 95 % intervals, and a verdict.

`paired_comparison` is the one place where a difference is estimated, for runs and for studies.
"""

from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np

from pipeline.evaluation.intervals import paired_difference
from pipeline.evaluation.statistics import Array, Estimate, Verdict, is_superior, non_inferior

Kind = Literal["above", "at least"]
MARKS: dict[Verdict | None, str] = {"holds": "✓", "does not hold": "✗", "undecided": "?", None: "…"}


class OutcomeTable(Protocol):
    """Seeds × problems, as pipeline.evaluation.statistics takes them: a count of 0 says that nothing is known."""

    @property
    def totals(self) -> Array: ...
    @property
    def counts(self) -> Array: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """`left` - `right` on the problems and seeds that both have.

    `estimate`: the difference of shares; None if one of them is not there (`missing` may say which). `left_value` and
    `right_value`: the shares themselves. `unit`: what `problems` counts. A value below `least` does not hold.
    """

    left: str
    right: str
    kind: Kind
    estimate: Estimate | None
    left_value: float | None = None
    right_value: float | None = None
    seeds: int = 0
    problems: int = 0
    unit: str = "problems"
    least: float | None = None
    missing: str = ""

    @property
    def verdict(self) -> Verdict | None:
        """None if there is nothing to compare."""
        if self.estimate is None:
            return None
        if self.kind == "at least":
            return non_inferior(self.estimate)
        too_small = self.least is not None and self.estimate.value < self.least
        return "does not hold" if too_small else is_superior(self.estimate)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Holds if all of its comparisons hold; does not if one does not; None if none could be tested."""

    name: str
    text: str
    comparisons: tuple[Comparison, ...]

    @property
    def verdict(self) -> Verdict | None:
        found = [one.verdict for one in self.comparisons if one.verdict is not None]
        if not found:
            return None
        if "does not hold" in found:
            return "does not hold"
        return "holds" if set(found) == {"holds"} and len(found) == len(self.comparisons) else "undecided"


def paired_comparison(left: str, right: str, kind: Kind, first: OutcomeTable, second: OutcomeTable) -> Comparison:
    """Compare two tables of one shape over the same seeds and problems."""
    both = (first.counts > 0) & (second.counts > 0)
    shares = [float(table.totals[both].sum() / table.counts[both].sum()) for table in (first, second) if both.any()]
    return Comparison(
        left=left,
        right=right,
        kind=kind,
        estimate=paired_difference(first.totals, first.counts, second.totals, second.counts),
        left_value=shares[0] if shares else None,
        right_value=shares[1] if shares else None,
        seeds=first.counts.shape[0],
        problems=int(np.any(both, axis=0).sum()),
    )


def claim_line(claim: Claim) -> str:
    """The verdict's mark, what was measured, and the sentence; for claims of one comparison."""
    (one,) = claim.comparisons
    if one.estimate is None or one.left_value is None or one.right_value is None:
        return f"{MARKS[None]} not known, {one.missing or 'nothing to compare'}: {claim.text}"
    value, low, high = (f"{100 * number:+.1f}" for number in (one.estimate.value, one.estimate.low, one.estimate.high))
    basis = f"paired over {one.problems} {one.unit}" if one.unit == "problems" else f"over {one.problems} {one.unit}"
    return (
        f"{MARKS[claim.verdict]} {100 * one.left_value:.1f} % vs {100 * one.right_value:.1f} %: {value} points "
        f"(95 % CI {low} to {high}, {basis}): {claim.text}"
    )
