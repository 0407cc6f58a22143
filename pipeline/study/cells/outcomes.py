"""Which problems each search of a study solved, and at what cost: matrices of seeds × problems, from its cells."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.config.losses import BRADLEY_TERRY
from pipeline.config.schema import EvalSection
from pipeline.evaluation.best_of_n import best_of_n_values
from pipeline.evaluation.statistics import Array
from pipeline.study.cells.rows import GREEDY, Quantity, StudyCells
from pipeline.study.runs import StudyRun
from pipeline.study.spec import StudyView

SearchKey = tuple[str, int, str, int]
"""Cell, iteration, selector and width."""
ProblemSums = dict[str, tuple[float, float]]
"""By problem the sum over its searches, and how many of them are known."""
_KEY_COLUMNS = ("cell", "iteration", "selector", "width")


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchSlice:
    """What is looked at: the final answers after `turn` (1-based) of one method's searches with one selector.

    `width`: answers per turn; None takes the N of the run's config. `seeds`: None takes all.
    `iteration`: None takes the one that the run selected.
    """

    method: str
    selector: str
    turn: int
    loss: str = BRADLEY_TERRY
    view: StudyView = "main"
    width: int | None = None
    seeds: tuple[int, ...] | None = None
    iteration: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeMatrix:
    """Seeds × problems, as evaluation.statistics takes them: sums over the searches of a problem that are known, and
    how many these are; none if its episodes are masked. `problems`: their ids."""

    seeds: tuple[int, ...]
    totals: Array
    counts: Array
    problems: tuple[str, ...] = ()

    @property
    def shares(self) -> Array:
        """Means over the searches of each problem; 0 where none is known."""
        return np.divide(self.totals, self.counts, out=np.zeros_like(self.totals), where=self.counts > 0)


class StudyOutcomes:
    """The finished searches of a study's runs."""

    def __init__(self, cells: StudyCells) -> None:
        self.cells, self.runs = cells, list(cells.runs)

    def seeds(self, part: SearchSlice) -> tuple[int, ...]:
        """Seeds for which the searches are finished."""
        return tuple(run.seed for run in self.runs_with(part) if self._key(run, part) in self._searches)

    def matrix(self, part: SearchSlice, quantity: Quantity = "solved") -> OutcomeMatrix | None:
        """None if no seed has it, or the seeds share no problem.

        Problems are those that every seed has, in the order of their ids. Of what is spent: until the end of the turn.
        """
        keys = {run.seed: self._key(run, part) for run in self.runs_with(part)}
        found = {seed: self._sums(key, part.turn, quantity) for seed, key in keys.items() if key in self._searches}
        if not found:
            return None
        problems = sorted(set.intersection(*(set(sums) for sums in found.values())))
        if not problems:
            return None
        both = np.array([[sums[problem] for problem in problems] for sums in found.values()])
        return OutcomeMatrix(seeds=tuple(found), totals=both[:, :, 0], counts=both[:, :, 1], problems=tuple(problems))

    def pair(self, left: SearchSlice, right: SearchSlice) -> tuple[OutcomeMatrix, OutcomeMatrix] | None:
        """Both over the seeds that both have; None if there is none."""
        shared = tuple(seed for seed in self.seeds(left) if seed in self.seeds(right))
        one, other = (self.matrix(replace(part, seeds=shared)) for part in (left, right))
        return (one, other) if shared and one and other else None

    def pair_accuracy(self, run: StudyRun) -> dict[str, float]:
        """The last iteration's shares of held-out pairs that the verifier ranks right, by series."""
        return self.cells.facts[run.name].pair_accuracy if run.name in self.cells.facts else {}

    @cached_property
    def _searches(self) -> dict[SearchKey, pa.Table]:
        """Rows of each search; they lie behind each other."""
        table = self.cells.table
        if not len(table):
            return {}
        codes = [np.asarray(pc.rank(table[name], tiebreaker="dense")) for name in _KEY_COLUMNS]
        changes = np.flatnonzero(np.any([np.diff(code) != 0 for code in codes], axis=0)) + 1
        starts = [0, *changes.tolist(), len(table)]
        parts = [table.slice(start, end - start) for start, end in pairwise(starts)]
        return {_search_key(part): part for part in parts}

    def _sums(self, key: SearchKey, turn: int, quantity: Quantity) -> ProblemSums:
        """Masked searches count for nothing."""
        rows = self._searches[key]
        solved = quantity == "solved"
        rows = rows.filter(pc.equal(rows["turn"], turn) if solved else pc.less_equal(rows["turn"], turn))
        rows = rows.set_column(rows.column_names.index(quantity), quantity, pc.cast(rows[quantity], pa.float64()))
        known = pc.and_(pc.is_valid(rows["solved"]), pc.is_valid(rows[quantity]))
        values = pc.if_else(known, rows[quantity], 0.0)
        counts = pc.cast(pc.and_(known, pc.equal(rows["turn"], turn)), pa.float64())
        sums = pa.table({"problem": rows["problem_id"], "total": values, "count": counts}).group_by("problem")
        found = sums.aggregate([("total", "sum"), ("count", "sum")]).to_pydict()
        return dict(zip(found["problem"], zip(found["total_sum"], found["count_sum"], strict=True), strict=True))

    def _key(self, run: StudyRun, part: SearchSlice) -> SearchKey:
        facts = self.cells.facts.get(run.name)
        returned = facts.iteration if facts else run.config.run.iterations
        iteration = returned if part.iteration is None else part.iteration
        return (run.name, iteration, *search_key(part, run.config.eval))

    def runs_with(self, part: SearchSlice) -> Iterator[StudyRun]:
        """Runs whose searches include these, once they are finished."""
        for run in self.runs:
            mine = (run.method, run.loss, run.view) == (part.method, part.loss, part.view)
            if mine and (part.seeds is None or run.seed in part.seeds) and _has(run, part):
                yield run


def search_key(part: SearchSlice, settings: EvalSection) -> tuple[str, int]:
    """Selector and width in the cells; best of 1 has nothing to choose and is searched as random."""
    width = part.width or settings.best_of
    if part.selector == GREEDY:
        return GREEDY, 1
    return (part.selector, width) if width > 1 else ("random", 1)


def _has(run: StudyRun, part: SearchSlice) -> bool:
    """Whether the run's searches include these, once they are finished."""
    settings = run.config.eval
    if part.selector == GREEDY:
        return True
    return part.selector in settings.selectors and (part.width or settings.best_of) in best_of_n_values(run.config)


def _search_key(rows: pa.Table) -> SearchKey:
    cell, iteration, selector, width = (rows[name][0].as_py() for name in _KEY_COLUMNS)
    return cell, iteration, selector, width
