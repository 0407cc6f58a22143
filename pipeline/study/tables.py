"""What a study found: the paper's tables in small, and the curves, as plain records that any page can show."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from actors.search.selectors import in_table_order, selector_label
from pipeline.evaluation.best_of_n import best_of_n_values
from pipeline.evaluation.metric_rows import read_metric_rows
from pipeline.evaluation.statistics import Estimate, interval
from pipeline.evaluation.verifier_metrics import RANKED
from pipeline.study.hypotheses import BOOTSTRAP_SEED, label
from pipeline.study.outcomes import Cut, Outcomes
from pipeline.study.spec import BASE, Cell, main_settings

ABLATIONS = {
    "rft": ("no", "oracle"),
    "rft_lv": ("no", "learned"),
    "mucode_ov": ("yes", "oracle"),
    "mucode_lv": ("yes", "learned"),
    "mucode": ("yes", "both"),
}
"""Paper, table 2: one-step relabelling, and what ranks the answers."""

Value = Estimate | str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """`rows`: a label and a value per column; None where the study does not have it. Estimates are shares."""

    name: str
    title: str
    note: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Value, ...]], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """Lines of one picture: (name, [(x, estimate), …])."""

    name: str
    title: str
    note: str
    axis: str
    series: tuple[tuple[str, tuple[tuple[int, Estimate], ...]], ...]


class Tables:
    """Reads outcomes; `turns` and `width` are those of the main searches."""

    def __init__(self, outcomes: Outcomes) -> None:
        settings = main_settings(outcomes.cells)
        self.outcomes, self.turns, self.width = outcomes, settings.turns, settings.best_of
        self.strategies = list(dict.fromkeys(cell.strategy for cell in outcomes.cells if cell.view == "main"))

    def all(self) -> list[Table]:
        return [
            table
            for table in (
                *(self.main(), self.ablations(), self.selectors(), self.losses(), self.hidden_tests()),
                *(self.verifiers(),),
            )
            if table.rows
        ]

    def main(self) -> Table:
        """Paper, table 1."""
        rows: list[tuple[str, tuple[Value, ...]]] = []
        for strategy in (BASE, "star"):
            if strategy in self.strategies:
                first = self.value(Cut(strategy=strategy, selector="greedy", turn=1))
                rows.append((f"single-turn {label(strategy)}", (first, None, self.seeds(strategy))))
        for strategy in self.strategies:
            greedy, best = (Cut(strategy=strategy, selector=name, turn=self.turns) for name in ("greedy", "pt_lv"))
            rows.append((f"multi-turn {label(strategy)}", (self.value(greedy), self.value(best), self.seeds(strategy))))
        return Table(
            name="main",
            title="Methods (table 1 of the paper)",
            note=f"Accuracy in %. N = 1 is greedy; N = {self.width} is best-of-N with PT+LV; {self.turns} turns.",
            columns=("N = 1", f"N = {self.width}", "seeds"),
            rows=tuple(rows),
        )

    def ablations(self) -> Table:
        """Paper, table 2: on the seeds that all of its rows have."""
        there = [strategy for strategy in ABLATIONS if strategy in self.strategies]
        cuts = {strategy: Cut(strategy=strategy, selector="pt_lv", turn=self.turns) for strategy in there}
        having = [set(self.outcomes.seeds(cut)) for cut in cuts.values()]
        shared = tuple(sorted(set.intersection(*having))) if having else ()
        rows = [
            (label(strategy), (*ABLATIONS[strategy], self.value(replace(cut, seeds=shared))))
            for strategy, cut in cuts.items()
        ]
        return Table(
            name="ablations",
            title="What makes the generator (table 2 of the paper)",
            note=f"Accuracy in %, best of {self.width} with PT+LV, seeds {', '.join(map(str, shared)) or 'none yet'}.",
            columns=("one-step relabelling", "verifier in training", f"N = {self.width}"),
            rows=tuple(rows) if len(rows) > 1 else (),
        )

    def selectors(self) -> Table:
        """Paper, table 3."""
        names = [name for cell in self.outcomes.cells if cell.view == "main" for name in cell.config.eval.selectors]
        shown = in_table_order(names)
        rows = [
            (label(strategy), tuple(self.value(Cut(strategy=strategy, selector=n, turn=self.turns)) for n in shown))
            for strategy in self.strategies
        ]
        return Table(
            name="selectors",
            title="Selectors at inference (table 3 of the paper)",
            note=f"Accuracy in %, best of {self.width}, {self.turns} turns.",
            columns=tuple(selector_label(name) for name in shown),
            rows=tuple(rows),
        )

    def losses(self) -> Table:
        """Bradley-Terry against BCE on the seeds of both, the paper's figure 4."""
        rows = []
        for strategy in self.strategies:
            if any((cell.strategy, cell.loss) == (strategy, "bce") for cell in self.outcomes.cells):
                for selector, turn in (("lv", 1), ("lv", self.turns), ("pt_lv", self.turns)):
                    cut = Cut(strategy=strategy, selector=selector, turn=turn)
                    pair = [replace(cut, loss=loss) for loss in ("bt", "bce")]
                    shared = tuple(
                        seed for seed in self.outcomes.seeds(pair[0]) if seed in self.outcomes.seeds(pair[1])
                    )
                    values = tuple(self.value(replace(one, seeds=shared)) for one in pair)
                    rows.append((f"{label(strategy)}, {selector_label(selector)}, turn {turn}", values))
        return Table(
            name="losses",
            title="Bradley-Terry against BCE",
            note=f"Accuracy in %, best of {self.width}, by the loss that the verifier was trained with.",
            columns=("BT", "BCE"),
            rows=tuple(rows),
        )

    def hidden_tests(self) -> Table:
        """The loop without public tests in the prompt, on the seeds of both."""
        cells = [cell for cell in self.outcomes.cells if cell.view == "hidden_tests"]
        rows = []
        for strategy in dict.fromkeys(cell.strategy for cell in cells):
            names = next(cell for cell in cells if cell.strategy == strategy).config.eval.selectors
            for selector in ("greedy", *names):
                hidden = Cut(strategy=strategy, selector=selector, turn=self.turns, view="hidden_tests")
                shown = replace(hidden, view="main", seeds=self.outcomes.seeds(hidden))
                rows.append((f"{label(strategy)}, {selector_label(selector)}", (self.value(shown), self.value(hidden))))
        return Table(
            name="hidden_tests",
            title="With and without public tests in the prompt",
            note=f"Accuracy in %, {self.turns} turns; without: neither trained nor tested with them.",
            columns=("with", "without"),
            rows=tuple(rows),
        )

    def verifiers(self) -> Table:
        """Held-out pairs that the last verifier of each method ranks right, mean over seeds, and their range."""
        groups: dict[tuple[str, str], list[Cell]] = {}
        for cell in self.outcomes.cells:
            if cell.view == "main":
                groups.setdefault((cell.strategy, cell.loss), []).append(cell)
        rows = []
        for (strategy, loss), cells in groups.items():
            found = [_metrics(self.outcomes, cell) for cell in cells]
            values = tuple(_range([metrics[name] for metrics in found if name in metrics]) for name in RANKED)
            rows.append((f"{label(strategy)}, {loss.upper()}", values))
        return Table(
            name="verifiers",
            title="Verifiers",
            note="Held-out pairs that are ranked right, in %: mean over seeds [least, most].",
            columns=tuple(RANKED.values()),
            rows=tuple(rows),
        )

    def curves(self) -> list[Curve]:
        return [curve for curve in (self.over_n(), self.over_turns()) if curve.series]

    def over_n(self) -> Curve:
        series = []
        for strategy, selector, cells in self._lines("best_of"):
            widths = best_of_n_values(cells[0].config)
            cut = Cut(strategy=strategy, selector=selector, turn=self.turns, view="best_of")
            series.append(
                self._line(
                    f"{label(strategy)}, {selector_label(selector)}", [(w, replace(cut, width=w)) for w in widths]
                )
            )
        note = f"Accuracy in % after {self.turns} turns, by answers per turn, with 95 % intervals."
        return Curve(name="over_n", title="More samples", note=note, axis="N", series=_drawn(series))

    def over_turns(self) -> Curve:
        series = []
        for strategy, selector, cells in self._lines("turns"):
            turns = range(1, cells[0].config.eval.turns + 1)
            cut = Cut(strategy=strategy, selector=selector, turn=1, view="turns")
            series.append(
                self._line(f"{label(strategy)}, {selector_label(selector)}", [(t, replace(cut, turn=t)) for t in turns])
            )
        note = f"Accuracy in % by the answer held after each turn; trained with {self.turns} turns; 95 % intervals."
        return Curve(name="over_turns", title="More turns", note=note, axis="turn", series=_drawn(series))

    def _lines(self, view: str) -> Iterator[tuple[str, str, list[Cell]]]:
        cells = [cell for cell in self.outcomes.cells if cell.view == view]
        for strategy in dict.fromkeys(cell.strategy for cell in cells):
            mine = [cell for cell in cells if cell.strategy == strategy]
            for selector in (
                (*mine[0].config.eval.selectors, "greedy") if view == "turns" else mine[0].config.eval.selectors
            ):
                yield strategy, selector, mine

    def _line(self, name: str, cuts: Sequence[tuple[int, Cut]]) -> tuple[str, tuple[tuple[int, Estimate], ...]]:
        points = ((x, self.value(cut)) for x, cut in cuts)
        return name, tuple((x, value) for x, value in points if value is not None)

    def value(self, cut: Cut) -> Estimate | None:
        found = self.outcomes.matrix(cut)
        return None if found is None else interval(found.totals, found.counts, BOOTSTRAP_SEED)

    def seeds(self, strategy: str) -> str:
        return str(len(self.outcomes.seeds(Cut(strategy=strategy, selector="greedy", turn=1))))


def _drawn(
    series: Sequence[tuple[str, tuple[tuple[int, Estimate], ...]]],
) -> tuple[tuple[str, tuple[tuple[int, Estimate], ...]], ...]:
    return tuple(line for line in series if line[1])


def _metrics(outcomes: Outcomes, cell: Cell) -> dict[str, float]:
    """The last iteration's shares of pairs ranked right, by series."""
    manifest = outcomes.manifest(cell, "metrics")
    rows = read_metric_rows(manifest) if manifest else []
    return {row.series: row.value for row in rows if row.metric == "pair_accuracy"}


def _range(values: Sequence[float]) -> Estimate | None:
    return Estimate(sum(values) / len(values), min(values), max(values)) if values else None
