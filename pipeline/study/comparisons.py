"""Paired comparisons of a study's searches: what its hypotheses are made of."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from actors.search.selectors import selector_label
from pipeline.config.losses import BRADLEY_TERRY, LOSSES
from pipeline.evaluation.best_of_n import best_of_n_values
from pipeline.evaluation.claims import Comparison, Kind, paired_comparison
from pipeline.evaluation.intervals import mean_interval
from pipeline.evaluation.statistics import Array
from pipeline.methods.strategies import BASE_STRATEGY
from pipeline.study.cells.outcomes import OutcomeMatrix, SearchSlice
from pipeline.study.cells.reader import StudyReader
from pipeline.study.runs import method_label


class StudyComparer:
    """Compares searches after the last turn, if no turn is said, with verifiers of the study's first loss or of bt."""

    def __init__(self, reader: StudyReader) -> None:
        self.reader = reader
        losses = [run.loss for run in reader.view("main")]
        self.loss = BRADLEY_TERRY if BRADLEY_TERRY in losses or not losses else losses[0]

    def searches(self, method: str, selector: str, turn: int | None = None) -> SearchSlice:
        return SearchSlice(method=method, selector=selector, turn=turn or self.reader.turns, loss=self.loss)

    def compare(
        self, left: SearchSlice, right: SearchSlice, kind: Kind, notes: tuple[str, str] = ("", "")
    ) -> Comparison:
        """`notes` follow the names of both sides."""
        return self.compare_named(left, right, kind, (search_name(left, notes[0]), search_name(right, notes[1])))

    def compare_methods(self, left: str, right: str, kind: Kind) -> Iterator[Comparison]:
        """Greedy, and best-of-N with PT+LV."""
        for selector in ("greedy", "pt_lv"):
            yield self.compare(self.searches(left, selector), self.searches(right, selector), kind)

    def compare_selectors(self, left: str, right: str, kind: Kind, turn: int | None = None) -> Iterator[Comparison]:
        """For the base model, RFT and µCode, if the study has them.

        After the first turn by searches of one turn, which know more, if as many runs have these.
        """
        note = f"after turn {turn}" if turn else ""
        for method in (BASE_STRATEGY, "rft", "mucode"):
            if any(run.method == method for run in self.reader.runs):
                pair = self.searches(method, left, turn), self.searches(method, right, turn)
                one, other = self._of_one_turn(*pair) if turn == 1 else pair
                yield self.compare(one, other, kind, (note, note))

    def _of_one_turn(self, *parts: SearchSlice) -> Iterator[SearchSlice]:
        once = [replace(part, view="one_turn", width=self.reader.width) for part in parts]
        most, known = (min(self._number_of_runs(part) for part in some) for some in (parts, once))
        yield from once if known >= most else parts

    def _number_of_runs(self, part: SearchSlice) -> int:
        """How many runs have these searches, once they are finished."""
        return len(list(self.reader.outcomes.runs_with(part)))

    def compare_losses(self, part: SearchSlice, left: str, right: str) -> Comparison:
        """The same searches with verifiers of two losses."""
        one, other = replace(part, loss=left), replace(part, loss=right)
        first, second = (search_name(part, f"turn {part.turn}, {LOSSES[loss].label}") for loss in (left, right))
        return self.compare_named(one, other, "above", (first, second))

    def compare_slopes(self, method: str) -> Comparison:
        """The gain per e-fold of N up to the middle of the curve less that beyond it: the second difference in ln N.

        A curve that is a straight line in ln N has 0 here. The middle is the N nearest to it on that axis.
        """
        run = next(run for run in self.reader.view("best_of") if run.method == method)
        widths = best_of_n_values(run.config)
        first, last = widths[0], widths[-1]
        middle = min(widths, key=lambda width: abs(math.log(width**2 / (first * last))))
        left = f"{method_label(method)}, gain per e-fold from N = {first} to {middle}"
        right = f"from N = {middle} to {last}"
        part = replace(self.searches(method, "pt_lv"), view="best_of")
        points = [self.reader.outcomes.matrix(replace(part, width=width)) for width in (first, middle, last)]
        known = [point for point in points if point is not None]
        if not first < middle < last or len(known) < 3 or len({point.totals.shape for point in known}) > 1:
            return Comparison(left=left, right=right, kind="above", estimate=None)
        return _bent(left, right, (first, middle, last), known)

    def compare_named(self, left: SearchSlice, right: SearchSlice, kind: Kind, names: tuple[str, str]) -> Comparison:
        """`names` stand for both sides."""
        found = self.reader.outcomes.pair(left, right)
        if found is None:
            return Comparison(left=names[0], right=names[1], kind=kind, estimate=None)
        return paired_comparison(*names, kind, *found)


def search_name(part: SearchSlice, note: str = "") -> str:
    """ "µCode, PT+LV, after turn 3"."""
    return ", ".join(filter(None, (method_label(part.method), selector_label(part.selector), note)))


def _bent(left: str, right: str, widths: tuple[int, int, int], points: Sequence[OutcomeMatrix]) -> Comparison:
    """Of problems and seeds whose three searches are all known."""
    early, late = math.log(widths[1] / widths[0]), math.log(widths[2] / widths[1])
    first, middle, last = (point.shares for point in points)
    known: Array = np.all([point.counts > 0 for point in points], axis=0).astype(float)
    bend = mean_interval(((middle - first) / early - (last - middle) / late) * known, known)
    seeds, problems = known.shape
    return Comparison(left=left, right=right, kind="above", estimate=bend, seeds=seeds, problems=problems)
