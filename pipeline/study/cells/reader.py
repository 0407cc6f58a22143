"""Estimates with intervals of what a study's searches solved, as its tables, curves and figures show them."""

from pipeline.evaluation.intervals import share_interval
from pipeline.evaluation.statistics import Estimate
from pipeline.study.cells.outcomes import SearchSlice, StudyOutcomes
from pipeline.study.runs import StudyRun, main_settings
from pipeline.study.spec import StudyView


class StudyReader:
    """`turns` and `width` are those of the main searches, `strategies` in the order of the study file."""

    def __init__(self, outcomes: StudyOutcomes) -> None:
        settings = main_settings(outcomes.runs)
        self.outcomes, self.runs = outcomes, outcomes.runs
        self.turns, self.width = settings.turns, settings.best_of
        self.strategies = list(dict.fromkeys(run.strategy for run in self.view("main")))

    def view(self, view: StudyView) -> list[StudyRun]:
        return [run for run in self.runs if run.view == view]

    def lines(self, view: StudyView) -> list[tuple[str, str, StudyRun]]:
        """(strategy, selector, one of its runs) of every line that a picture of these searches has."""
        first = {run.strategy: run for run in reversed(self.view(view))}
        greedy = ("greedy",) if view == "turns" else ()
        return [
            (strategy, selector, first[strategy])
            for strategy in dict.fromkeys(run.strategy for run in self.view(view))
            for selector in (*first[strategy].config.eval.selectors, *greedy)
        ]

    def accuracy(self, part: SearchSlice) -> Estimate | None:
        """Share of problems solved, with its 95 % interval; None if it is not there yet."""
        found = self.outcomes.matrix(part)
        return None if found is None else share_interval(found.totals, found.counts)

    def shared_seeds(self, *parts: SearchSlice) -> tuple[int, ...]:
        """Seeds for which all of these searches are finished, in the order of the first."""
        first, *others = (self.outcomes.seeds(part) for part in parts)
        return tuple(seed for seed in first if all(seed in seeds for seeds in others))
