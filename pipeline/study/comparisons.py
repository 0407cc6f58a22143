"""Paired comparisons of a study's searches: what its hypotheses are made of."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from actors.search.selectors import selector_label
from pipeline.config.losses import BRADLEY_TERRY, LOSSES
from pipeline.evaluation.best_of_n import best_of_n_values
from pipeline.evaluation.claims import BOOTSTRAP_SEED, Comparison, Kind, paired_comparison
from pipeline.evaluation.statistics import bootstrap_interval
from pipeline.methods.strategies import BASE_STRATEGY, strategy_label
from pipeline.study.outcomes import OutcomeMatrix, SearchSlice
from pipeline.study.reader import StudyReader


class StudyComparer:
    """Compares searches after the last turn, if no turn is said, with verifiers of the study's first loss or of bt."""

    def __init__(self, reader: StudyReader) -> None:
        self.reader = reader
        losses = [run.loss for run in reader.view("main")]
        self.loss = BRADLEY_TERRY if BRADLEY_TERRY in losses or not losses else losses[0]

    def searches(self, strategy: str, selector: str, turn: int | None = None) -> SearchSlice:
        return SearchSlice(strategy=strategy, selector=selector, turn=turn or self.reader.turns, loss=self.loss)

    def compare(
        self, left: SearchSlice, right: SearchSlice, kind: Kind, notes: tuple[str, str] = ("", "")
    ) -> Comparison:
        """`notes` follow the names of both sides."""
        return self._compare_named(left, right, kind, (search_name(left, notes[0]), search_name(right, notes[1])))

    def compare_strategies(self, left: str, right: str, kind: Kind) -> Iterator[Comparison]:
        """Greedy, and best-of-N with PT+LV."""
        for selector in ("greedy", "pt_lv"):
            yield self.compare(self.searches(left, selector), self.searches(right, selector), kind)

    def compare_selectors(self, left: str, right: str, kind: Kind, turn: int | None = None) -> Iterator[Comparison]:
        """For the base model, RFT and µCode, if the study has them."""
        note = f"after turn {turn}" if turn else ""
        for strategy in (BASE_STRATEGY, "rft", "mucode"):
            if any(run.strategy == strategy for run in self.reader.runs):
                one, other = self.searches(strategy, left, turn), self.searches(strategy, right, turn)
                yield self.compare(one, other, kind, (note, note))

    def compare_losses(self, part: SearchSlice, left: str, right: str) -> Comparison:
        """The same searches with verifiers of two losses."""
        one, other = replace(part, loss=left), replace(part, loss=right)
        first, second = (search_name(part, f"turn {part.turn}, {LOSSES[loss].label}") for loss in (left, right))
        return self._compare_named(one, other, "above", (first, second))

    def compare_halves(self, strategy: str) -> Comparison:
        """The gain from the first half of the curve over N less that from its second half: (m - f) - (l - m)."""
        run = next(run for run in self.reader.view("best_of") if run.strategy == strategy)
        widths = best_of_n_values(run.config)
        middle = widths[(len(widths) - 1) // 2]
        left = f"{strategy_label(strategy)}, gain from N = {widths[0]} to {middle}"
        right = f"gain from N = {middle} to {widths[-1]}"
        part = replace(self.searches(strategy, "pt_lv"), view="best_of")
        points = [self.reader.outcomes.matrix(replace(part, width=width)) for width in (widths[0], middle, widths[-1])]
        known = [point for point in points if point is not None]
        if len(widths) < 3 or len(known) < 3 or len({point.totals.shape for point in known}) > 1:
            return Comparison(left=left, right=right, kind="above", estimate=None)
        return _bent(left, right, known)

    def _compare_named(self, left: SearchSlice, right: SearchSlice, kind: Kind, names: tuple[str, str]) -> Comparison:
        found = self.reader.outcomes.pair(left, right)
        if found is None:
            return Comparison(left=names[0], right=names[1], kind=kind, estimate=None)
        return paired_comparison(*names, kind, *found)


def search_name(part: SearchSlice, note: str = "") -> str:
    """ "µCode, PT+LV, after turn 3"."""
    return ", ".join(filter(None, (strategy_label(part.strategy), selector_label(part.selector), note)))


def _bent(left: str, right: str, points: Sequence[OutcomeMatrix]) -> Comparison:
    first, middle, last = (point.totals for point in points)
    counts = np.prod([point.counts for point in points], axis=0)
    gains = bootstrap_interval((2 * middle - first - last) * counts, counts, seed=BOOTSTRAP_SEED)
    seeds, problems = counts.shape
    return Comparison(left=left, right=right, kind="above", estimate=gains, seeds=seeds, problems=problems)
