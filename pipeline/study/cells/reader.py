"""Estimates with intervals of what a study's searches solved, as its tables, curves and figures show them."""

from pipeline.evaluation.intervals import paired_difference, share_interval
from pipeline.evaluation.statistics import Estimate
from pipeline.study.cells.outcomes import SearchSlice, StudyOutcomes
from pipeline.study.runs import StudyRun, main_settings
from pipeline.study.spec import StudyView


class StudyReader:
    """`turns` and `width` are those of the main searches, `methods` in the order of the study file."""

    def __init__(self, outcomes: StudyOutcomes) -> None:
        settings = main_settings(outcomes.runs)
        self.outcomes, self.runs = outcomes, outcomes.runs
        self.turns, self.width = settings.turns, settings.best_of
        self.methods = list(dict.fromkeys(run.method for run in self.view("main")))

    def view(self, view: StudyView) -> list[StudyRun]:
        return [run for run in self.runs if run.view == view]

    def lines(self, view: StudyView) -> list[tuple[str, str, StudyRun]]:
        """(method, selector, one of its runs) of every line that a picture of these searches has."""
        first = {run.method: run for run in reversed(self.view(view))}
        greedy = ("greedy",) if view == "turns" else ()
        return [
            (method, selector, first[method])
            for method in dict.fromkeys(run.method for run in self.view(view))
            for selector in (*first[method].config.eval.selectors, *greedy)
        ]

    def best_selector(self, method: str) -> str:
        """The selector of a method's searches that the paper's claims look at: PT+LV, or PT where no verifier is."""
        runs = [run for run in self.runs if run.method == method]
        scored = any("pt_lv" in run.config.eval.selectors for run in runs)
        return "pt_lv" if scored or not runs else "pt"

    def accuracy(self, part: SearchSlice) -> Estimate | None:
        """Share of problems solved, with its 95 % interval; None if it is not there yet."""
        found = self.outcomes.matrix(part)
        return None if found is None else share_interval(found.totals, found.counts)

    def difference(self, left: SearchSlice, right: SearchSlice) -> Estimate | None:
        """The first's share of problems solved less the second's, paired; None if one of them is not there."""
        found = self.outcomes.pair(left, right)
        if found is None:
            return None
        one, other = found
        return paired_difference(one.totals, one.counts, other.totals, other.counts)

    def shared_seeds(self, *parts: SearchSlice) -> tuple[int, ...]:
        """Seeds for which all of these searches are finished, in the order of the first."""
        first, *others = (self.outcomes.seeds(part) for part in parts)
        return tuple(seed for seed in first if all(seed in seeds for seeds in others))
