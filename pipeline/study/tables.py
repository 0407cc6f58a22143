"""What a study found: the paper's tables in small, and the curves, as plain records that any page can show."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product

from actors.search.selectors import in_table_order, selector_label
from pipeline.config.losses import BRADLEY_TERRY, CROSS_ENTROPY, LOSSES
from pipeline.evaluation.best_of_n import best_of_n_values
from pipeline.evaluation.intervals import share_interval
from pipeline.evaluation.statistics import Estimate, percent_with_interval
from pipeline.evaluation.verifier_metrics import RANKED
from pipeline.methods.strategies import BASE_STRATEGY, CONTROL_STRATEGY, STRATEGIES, Strategy
from pipeline.study.cells.budgets import EQUAL_COSTS, mean_cost, one_turn_at_equal_cost
from pipeline.study.cells.outcomes import SearchSlice
from pipeline.study.cells.reader import StudyReader
from pipeline.study.cells.repair import added_interval, repaired_interval
from pipeline.study.cells.rows import SPENT, Quantity
from pipeline.study.comparisons import search_name
from pipeline.study.runs import StudyRun, method_label

ABLATIONS = ("rft", "rft_lv", "mucode_ov", "mucode_lv", "mucode")
"""Rows of the paper's table 2."""

TableValue = Estimate | str | None
TableRow = tuple[str, tuple[TableValue, ...]]
CurvePoints = tuple[tuple[int, Estimate], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyTable:
    """`rows`: a label and a value per column; None if the study does not have it. Estimates are shares."""

    name: str
    title: str
    note: str
    columns: tuple[str, ...]
    rows: tuple[TableRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyCurve:
    """Lines of one picture: (name, ((x, share), …))."""

    name: str
    title: str
    note: str
    axis: str
    series: tuple[tuple[str, CurvePoints], ...]


def study_tables(reader: StudyReader) -> list[StudyTable]:
    """Those that have rows."""
    return [table for table in (make(reader) for make in TABLES) if table.rows]


def study_curves(reader: StudyReader) -> list[StudyCurve]:
    """Those that have points."""
    return [curve for curve in (curve_over_n(reader), curve_over_turns(reader)) if curve.series]


def methods_table(reader: StudyReader) -> StudyTable:
    """Paper, table 1."""
    rows: list[TableRow] = []
    for method in (BASE_STRATEGY, "star"):
        if method in reader.methods:
            first = SearchSlice(method=method, selector="greedy", turn=1)
            rows.append((f"single-turn {method_label(method)}", (reader.accuracy(first), None, _seeds(reader, first))))
    for method in reader.methods:
        greedy, best = (SearchSlice(method=method, selector=s, turn=reader.turns) for s in ("greedy", "pt_lv"))
        values = (reader.accuracy(greedy), reader.accuracy(best), _seeds(reader, greedy))
        rows.append((f"multi-turn {method_label(method)}", values))
    return StudyTable(
        name="main",
        title="Methods (table 1 of the paper)",
        note=f"Accuracy in %. N = 1 is greedy; N = {reader.width} is best-of-N with PT+LV; {reader.turns} turns.",
        columns=("N = 1", f"N = {reader.width}", "seeds"),
        rows=tuple(rows),
    )


def gains_table(reader: StudyReader) -> StudyTable:
    """Each trained method beside the untrained one and beside as much training on unfiltered episodes: same seeds."""
    rows: list[TableRow] = []
    plain = (BASE_STRATEGY, CONTROL_STRATEGY)
    for method, selector in product(reader.methods, ("greedy", "pt_lv")):
        mine = SearchSlice(method=method, selector=selector, turn=reader.turns)
        if method not in plain and reader.outcomes.seeds(mine):
            values = tuple(reader.difference(mine, replace(mine, method=other)) for other in plain)
            rows.append((search_name(mine), (reader.accuracy(mine), *values, _seeds(reader, mine))))
    return StudyTable(
        name="gains",
        title="What training gains",
        note=f"Accuracy in %, and differences in points, on the same problems and seeds; {reader.turns} turns.",
        columns=("accuracy", "less base", "less control", "seeds"),
        rows=tuple(rows),
    )


def budgets_table(reader: StudyReader) -> StudyTable:
    """Several turns, and one turn with as many answers as the same cost buys."""
    rows: list[TableRow] = []
    for method, selector, run in reader.lines("one_turn"):
        several = SearchSlice(method=method, selector=selector, turn=reader.turns, loss=run.loss)
        once = (_at_equal_cost(reader, several, cost) for cost in EQUAL_COSTS)
        rows.append((search_name(several), (reader.accuracy(several), *_costs(reader, several), *once)))
    return StudyTable(
        name="budgets",
        title="Turns against samples",
        note=(
            f"Accuracy in %: {reader.turns} turns with N = {reader.width}, and one turn with as many answers as cost "
            "the same (their mean N); costs per problem, until the end of the episode."
        ),
        columns=(
            f"{reader.turns} turns",
            "tokens",
            "tokens read",
            "executions",
            *(f"1 turn, equal {one}" for one in EQUAL_COSTS),
        ),
        rows=tuple(rows),
    )


def _costs(reader: StudyReader, part: SearchSlice) -> Iterator[str | None]:
    for cost in SPENT:
        mean = mean_cost(reader.outcomes, part, cost)
        yield None if mean is None else f"{mean:.1f}"


def _at_equal_cost(reader: StudyReader, several: SearchSlice, cost: Quantity) -> TableValue:
    found = one_turn_at_equal_cost(reader, several, cost)
    if isinstance(found, str):
        return None
    once = share_interval(found.one.totals, found.one.counts)
    return f"{percent_with_interval(once)}, N = {found.width:.1f}"


def ablations_table(reader: StudyReader) -> StudyTable:
    """Paper, table 2: on the seeds that all of its rows have."""
    there = [method for method in ABLATIONS if method in reader.methods]
    parts = {name: SearchSlice(method=name, selector="pt_lv", turn=reader.turns) for name in there}
    shared = tuple(sorted(reader.shared_seeds(*parts.values()))) if parts else ()
    rows = [
        (method_label(method), (*_ablation(STRATEGIES[method]), reader.accuracy(replace(part, seeds=shared))))
        for method, part in parts.items()
    ]
    return StudyTable(
        name="ablations",
        title="What makes the generator (table 2 of the paper)",
        note=f"Accuracy in %, best of {reader.width} with PT+LV, seeds {', '.join(map(str, shared)) or 'none yet'}.",
        columns=("one-step relabelling", "verifier in training", f"N = {reader.width}"),
        rows=tuple(rows) if len(rows) > 1 else (),
    )


def _ablation(strategy: Strategy) -> tuple[str, str]:
    """Whether histories get other answers than their own, and what ranks the answers."""
    if strategy.target == "own":
        return "no", "learned" if strategy.histories == "top" else "oracle"
    if strategy.oracle_weight == 0:
        return "yes", "learned"
    return "yes", "oracle" if strategy.verifier_weight == 0 else "both"


def selectors_table(reader: StudyReader) -> StudyTable:
    """Paper, table 3."""
    names = in_table_order(name for run in reader.view("main") for name in run.config.eval.selectors)
    rows = []
    for method in reader.methods:
        parts = [SearchSlice(method=method, selector=name, turn=reader.turns) for name in names]
        rows.append((method_label(method), tuple(map(reader.accuracy, parts))))
    return StudyTable(
        name="selectors",
        title="Selectors at inference (table 3 of the paper)",
        note=f"Accuracy in %, best of {reader.width}, {reader.turns} turns.",
        columns=tuple(map(selector_label, names)),
        rows=tuple(rows),
    )


def losses_table(reader: StudyReader) -> StudyTable:
    """Bradley-Terry against BCE on the seeds of both, the paper's figure 4."""
    rows = []
    for method in reader.methods:
        if any((run.method, run.loss) == (method, CROSS_ENTROPY) for run in reader.runs):
            for selector, turn in (("lv", 1), ("lv", reader.turns), ("pt_lv", reader.turns)):
                bt = SearchSlice(method=method, selector=selector, turn=turn)
                pair = (bt, replace(bt, loss=CROSS_ENTROPY))
                shared = reader.shared_seeds(*pair)
                values = tuple(reader.accuracy(replace(part, seeds=shared)) for part in pair)
                rows.append((search_name(bt, f"turn {turn}"), values))
    return StudyTable(
        name="losses",
        title="Bradley-Terry against BCE",
        note=f"Accuracy in %, best of {reader.width}, by the loss that the verifier was trained with.",
        columns=tuple(LOSSES[loss].label for loss in (BRADLEY_TERRY, CROSS_ENTROPY)),
        rows=tuple(rows),
    )


def hidden_tests_table(reader: StudyReader) -> StudyTable:
    """The loop without public tests in the prompt, on the seeds of both."""
    first = {run.method: run for run in reversed(reader.view("hidden_tests"))}
    rows = []
    for method in dict.fromkeys(run.method for run in reader.view("hidden_tests")):
        for selector in ("greedy", *first[method].config.eval.selectors):
            hidden = SearchSlice(method=method, selector=selector, turn=reader.turns, view="hidden_tests")
            shown = replace(hidden, view="main", seeds=reader.outcomes.seeds(hidden))
            rows.append((search_name(hidden), (reader.accuracy(shown), reader.accuracy(hidden))))
    return StudyTable(
        name="hidden_tests",
        title="With and without public tests in the prompt",
        note=f"Accuracy in %, {reader.turns} turns; without: neither trained nor tested with them.",
        columns=("with", "without"),
        rows=tuple(rows),
    )


def verifiers_table(reader: StudyReader) -> StudyTable:
    """Held-out pairs that the last verifier of each method ranks right, mean over seeds, and their range."""
    groups: dict[tuple[str, str], list[StudyRun]] = {}
    for run in reader.view("main"):
        groups.setdefault((run.method, run.loss), []).append(run)
    rows = []
    for (method, loss), runs in groups.items():
        found = [reader.outcomes.pair_accuracy(run) for run in runs]
        values = tuple(_mean_and_range([metrics[name] for metrics in found if name in metrics]) for name in RANKED)
        rows.append((f"{method_label(method)}, {LOSSES[loss].label}", values))
    return StudyTable(
        name="verifiers",
        title="Verifiers",
        note="Held-out pairs that are ranked right, in %: mean over seeds [least, most].",
        columns=tuple(RANKED.values()),
        rows=tuple(rows),
    )


def repair_table(reader: StudyReader) -> StudyTable:
    """What the turns after the first add to greedy answers."""
    rows = []
    for method in reader.methods:
        last = SearchSlice(method=method, selector="greedy", turn=reader.turns)
        values = [reader.accuracy(replace(last, turn=1)), reader.accuracy(last)]
        values += [measure(reader.outcomes, last) for measure in (added_interval, repaired_interval)]
        rows.append((method_label(method), tuple(values)))
    return StudyTable(
        name="repair",
        title="Repair",
        note="Greedy accuracy in % after the first and the last turn, what the turns between add, and how many of the "
        "problems they solve that the first left unsolved.",
        columns=("turn 1", f"turn {reader.turns}", "added", "of the unsolved"),
        rows=tuple(rows) if reader.turns > 1 else (),
    )


TABLES: tuple[Callable[[StudyReader], StudyTable], ...] = (
    *(methods_table, gains_table, repair_table, ablations_table, selectors_table, budgets_table, losses_table),
    *(hidden_tests_table, verifiers_table),
)


def curve_over_n(reader: StudyReader) -> StudyCurve:
    series = []
    for method, selector, run in reader.lines("best_of"):
        part = SearchSlice(method=method, selector=selector, turn=reader.turns, view="best_of")
        points = [(width, replace(part, width=width)) for width in best_of_n_values(run.config)]
        series.append((search_name(part), _points(reader, points)))
    note = f"Accuracy in % after {reader.turns} turns, by answers per turn, with 95 % intervals."
    return StudyCurve(name="over_n", title="More samples", note=note, axis="N", series=_drawn(series))


def curve_over_turns(reader: StudyReader) -> StudyCurve:
    series = []
    for method, selector, run in reader.lines("turns"):
        part = SearchSlice(method=method, selector=selector, turn=1, view="turns")
        points = [(turn, replace(part, turn=turn)) for turn in range(1, run.config.eval.turns + 1)]
        series.append((search_name(part), _points(reader, points)))
    note = f"Accuracy in % by the final answer after each turn; trained with {reader.turns} turns; 95 % intervals."
    return StudyCurve(name="over_turns", title="More turns", note=note, axis="turn", series=_drawn(series))


def _points(reader: StudyReader, parts: Sequence[tuple[int, SearchSlice]]) -> CurvePoints:
    return tuple((x, value) for x, part in parts if (value := reader.accuracy(part)) is not None)


def _drawn(series: Sequence[tuple[str, CurvePoints]]) -> tuple[tuple[str, CurvePoints], ...]:
    return tuple(line for line in series if line[1])


def _seeds(reader: StudyReader, part: SearchSlice) -> str:
    return str(len(reader.outcomes.seeds(part)))


def _mean_and_range(values: Sequence[float]) -> Estimate | None:
    return Estimate(sum(values) / len(values), min(values), max(values)) if values else None
