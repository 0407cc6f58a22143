"""Dials: at each position what the methods solve, and what the first is ahead of the others; tables, curves, claims."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from actors.search.selectors import selector_label
from pipeline.evaluation.claims import Claim, Comparison
from pipeline.evaluation.intervals import mean_interval
from pipeline.evaluation.statistics import Estimate
from pipeline.study.cells.outcomes import SearchSlice
from pipeline.study.cells.reader import StudyReader
from pipeline.study.cells.repair import added_interval, compare_repair
from pipeline.study.comparisons import StudyComparer
from pipeline.study.dials.spec import DialPoint, DialSection
from pipeline.study.runs import method_label
from pipeline.study.tables import CurvePoints, StudyCurve, StudyTable, TableRow

GREEDY = "greedy"


class DialReader:
    """One dial of a study. Searches are compared after the last turn, if no turn is said."""

    def __init__(self, dial: DialSection, reader: StudyReader) -> None:
        self.dial, self.reader, self.comparer = dial, reader, StudyComparer(reader)
        self.selectors = (GREEDY, *dial.selectors)
        self.first, *self.others = dial.methods

    def part(self, point: DialPoint, method: str, selector: str, turn: int | None = None) -> SearchSlice:
        found = self.dial.run_method(point, method)
        turn = turn or self.reader.turns
        return SearchSlice(method=found, selector=selector, turn=turn, loss=self.dial.loss, view="dials")

    def comparison(self, point: DialPoint, other: str, selector: str, turn: int | None = None) -> Comparison:
        """Of the first method with another one at a position."""
        left, right = (self.part(point, method, selector, turn) for method in (self.first, other))
        name, others = (f"{method_label(method)}, {selector_label(selector)}" for method in (self.first, other))
        names = (name, f"{others} ({self.dial.title}: {point.at})")
        return self.comparer.compare_named(left, right, "above", names)

    def claim(self) -> Claim:
        """At the last position."""
        last = self.dial.points[-1]
        found = [self.comparison(last, other, selector) for other in self.others for selector in self.selectors]
        return Claim(name=f"dial_{self.dial.name}", text=self.dial.claim, comparisons=tuple(found))

    def table(self) -> StudyTable:
        labels = [method_label(method) for method in self.dial.methods]
        return StudyTable(
            name=f"dial_{self.dial.name}",
            title=f"Dial: {self.dial.title}",
            note=f"Accuracy in %, and how far {labels[0]} is ahead, in points; {self.reader.turns} turns, N = "
            f"{self.reader.width}. Added: by the turns after the first.",
            columns=(*labels, *(f"{labels[0]} - {label}" for label in labels[1:])),
            rows=tuple(row for point in self.dial.points for row in self._rows(point)) + self._changes(),
        )

    def _rows(self, point: DialPoint) -> Iterator[TableRow]:
        turns = self.reader.turns
        shown = [(f"{GREEDY}, turn 1", GREEDY, 1), *((selector_label(one), one, turns) for one in self.selectors)]
        for label, selector, turn in shown:
            values = [self.reader.accuracy(self.part(point, one, selector, turn)) for one in self.dial.methods]
            ahead = [self.comparison(point, other, selector, turn).estimate for other in self.others]
            yield f"{point.at}, {label}", (*values, *ahead)
        yield f"{point.at}, {GREEDY}, added", (*self._added(point), *self._added_more(point))

    def _changes(self) -> tuple[TableRow, ...]:
        """How the lead changes from the first to the last position."""
        first, last = self.dial.points[0], self.dial.points[-1]
        return tuple(
            (
                f"{first.at} to {last.at}, {selector_label(selector)}",
                (*[None] * len(self.dial.methods), *(self._change(other, selector) for other in self.others)),
            )
            for selector in self.selectors
            if first is not last
        )

    def _change(self, other: str, selector: str) -> Estimate | None:
        """Of the lead over `other`; None if the positions are not about problems of the same ids."""
        ends = self.dial.points[-1], self.dial.points[0]
        parts = [self.part(point, one, selector) for point in ends for one in (self.first, other)]
        seeds = self.reader.shared_seeds(*parts)
        found = [self.reader.outcomes.matrix(replace(part, seeds=seeds)) for part in parts] if seeds else []
        tables = [matrix for matrix in found if matrix is not None]
        if len(tables) < len(parts) or len({table.problems for table in tables}) > 1:
            return None
        known = np.all([table.counts > 0 for table in tables], axis=0).astype(float)
        late, late_other, early, early_other = (table.shares for table in tables)
        return mean_interval((late - late_other - early + early_other) * known, known)

    def _added(self, point: DialPoint) -> list[Estimate | None]:
        parts = [self.part(point, method, GREEDY) for method in self.dial.methods]
        return [added_interval(self.reader.outcomes, part) for part in parts]

    def _added_more(self, point: DialPoint) -> list[Estimate | None]:
        parts = [self.part(point, method, GREEDY) for method in self.dial.methods]
        compared = [compare_repair(self.reader.outcomes, parts[0], part, "above", ("", "")) for part in parts[1:]]
        return [comparison.estimate for comparison in compared]

    def curve(self) -> StudyCurve:
        """What the first method is ahead; no line if a position is no number."""
        first = method_label(self.first)
        lines = [
            (f"{first} - {method_label(other)}, {selector_label(selector)}", self._line(other, selector))
            for other in self.others
            for selector in self.selectors
        ]
        return StudyCurve(
            name=f"dial_{self.dial.name}",
            title=f"{first} against the others, by {self.dial.title}",
            note=f"Points of accuracy by which {first} is ahead after {self.reader.turns} turns, with 95 % intervals.",
            axis=self.dial.title,
            series=tuple(line for line in lines if line[1]),
        )

    def _line(self, other: str, selector: str) -> CurvePoints:
        points = self.dial.points
        if not all(point.at.isdecimal() for point in points):
            return ()
        found = [(int(point.at), self.comparison(point, other, selector).estimate) for point in points]
        return tuple((x, value) for x, value in sorted(found, key=lambda pair: pair[0]) if value is not None)


def dial_claims(dials: Sequence[DialReader]) -> list[Claim]:
    return [dial.claim() for dial in dials]


def dial_tables(dials: Sequence[DialReader]) -> list[StudyTable]:
    """Those of which something is there."""
    tables = [dial.table() for dial in dials]
    return [table for table in tables if any(value is not None for _, row in table.rows for value in row)]


def dial_curves(dials: Sequence[DialReader]) -> list[StudyCurve]:
    """Those that have points."""
    return [curve for curve in (dial.curve() for dial in dials) if curve.series]
