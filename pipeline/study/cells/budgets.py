"""Several turns against one at equal cost: how well one turn does if it may spend what several turns spend.

One turn with N answers is searched at a few N (`curves.one_turn`). Between two of them the cost that is asked for is
met by choosing the larger N for a share of the problems, at random: a search that could be carried out, whose accuracy
is the mean of the two with that weight.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pipeline.evaluation.best_of_n import best_of_n_values
from pipeline.evaluation.claims import Comparison, paired_comparison
from pipeline.study.cells.outcomes import OutcomeMatrix, SearchSlice, StudyOutcomes
from pipeline.study.cells.reader import StudyReader
from pipeline.study.cells.rows import Quantity

EQUAL_COSTS: tuple[Quantity, ...] = ("tokens", "executions")
"""What the two are compared at: sampled tokens, and runs of programs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EqualCost:
    """One turn at the cost of several. `width`: the mean N; the matrices are over the same seeds and problems."""

    cost: float
    width: float
    several: OutcomeMatrix
    one: OutcomeMatrix


@dataclass(frozen=True, slots=True)
class _OneTurn:
    width: int
    cost: float
    solved: OutcomeMatrix


def one_turn_at_equal_cost(reader: StudyReader, several: SearchSlice, cost: Quantity) -> EqualCost | str:
    """`several` is a main search; `cost` is in its cells. A text if it cannot be said, why."""
    outcomes, widths = reader.outcomes, _widths(reader, several)
    slices = [replace(several, view="one_turn", turn=1, width=width) for width in widths]
    if not slices:
        return "no searches of one turn (curves.one_turn)"
    seeds = reader.shared_seeds(several, *slices)
    parts = [replace(part, seeds=seeds) for part in (several, *slices)]
    found = [(outcomes.matrix(part), outcomes.matrix(part, cost)) for part in parts]
    known = [(solved, spent) for solved, spent in found if solved is not None and spent is not None]
    if not seeds or len(known) < len(parts) or len({solved.totals.shape for solved, _ in known}) > 1:
        return "searches of one turn are not finished"
    both = np.all([(solved.counts > 0) & (spent.counts > 0) for solved, spent in known], axis=0)
    if not both.any():
        return f"{cost} of these searches are not known"
    budget, *costs = (float(spent.shares[both].mean()) for _, spent in known)
    points = [_OneTurn(*point) for point in zip(widths, costs, (solved for solved, _ in known[1:]), strict=True)]
    return _blended(budget, known[0][0], points, both)


def compare_at_equal_cost(reader: StudyReader, several: SearchSlice, cost: Quantity, name: str) -> Comparison:
    """Whether several turns solve more than one turn that costs as much. `name`: of the search of several turns."""
    found = one_turn_at_equal_cost(reader, several, cost)
    left, right = f"{name}, {several.turn} turns", f"one turn at equal {cost.replace('_', ' ')}"
    if isinstance(found, str):
        return Comparison(left=left, right=right, kind="above", estimate=None, missing=found)
    return paired_comparison(left, f"{right}, N = {found.width:.1f}", "above", found.several, found.one)


def mean_cost(outcomes: StudyOutcomes, part: SearchSlice, cost: Quantity) -> float | None:
    """Per problem; None if it is not known."""
    found = outcomes.matrix(part, cost)
    return float(found.totals.sum() / found.counts.sum()) if found is not None and found.counts.any() else None


def _widths(reader: StudyReader, part: SearchSlice) -> list[int]:
    run = next((one for one in reader.view("one_turn") if (one.method, one.loss) == (part.method, part.loss)), None)
    return best_of_n_values(run.config) if run and part.selector in run.config.eval.selectors else []


def _blended(
    budget: float, several: OutcomeMatrix, points: Sequence[_OneTurn], both: NDArray[np.bool_]
) -> EqualCost | str:
    below = [point for point in points if point.cost <= budget]
    above = [point for point in points if point.cost >= budget]
    if not below or not above:
        costs = ", ".join(f"{point.cost:.1f} with N = {point.width}" for point in points)
        return f"one turn costs {costs}; {budget:.1f} is not among them"
    low, high = max(below, key=lambda point: point.cost), min(above, key=lambda point: point.cost)
    weight = (budget - low.cost) / (high.cost - low.cost) if high.cost > low.cost else 0.0
    counts = both.astype(float)
    mixed = ((1 - weight) * low.solved.shares + weight * high.solved.shares) * counts
    return EqualCost(
        cost=budget,
        width=(1 - weight) * low.width + weight * high.width,
        several=OutcomeMatrix(seeds=several.seeds, totals=several.shares * counts, counts=counts),
        one=OutcomeMatrix(seeds=several.seeds, totals=mixed, counts=counts),
    )
