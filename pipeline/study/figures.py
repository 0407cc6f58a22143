"""The pictures of a study's report."""

from collections.abc import Callable, Iterator, Sequence

from pipeline.config.losses import BRADLEY_TERRY
from pipeline.evaluation.statistics import Estimate
from pipeline.report import charts
from pipeline.report.html import html_figure, swatch_legend
from pipeline.report.verifiers import score_histogram
from pipeline.stages.catalogue import STAGES
from pipeline.stages.generator import EXAMPLES
from pipeline.stages.sampling import HELD_OUT
from pipeline.stages.search import SEARCH_RATE
from pipeline.stages.verifier import SCORES
from pipeline.study.cells.finished import FinishedStages
from pipeline.study.cells.outcomes import SearchSlice
from pipeline.study.cells.reader import StudyReader
from pipeline.study.results import StudyResults
from pipeline.study.runs import method_label
from pipeline.study.tables import StudyTable
from pipeline.trackers.console import plain_words, short_duration

NOT_YET = "Not there yet."
NOT_DRAWN = ("gains", "verifiers", "dial_")
"""Beginnings of the names of tables that are no accuracies, or have a picture of their own."""
SEARCH_NAMES = frozenset(step.name for step in STAGES if step.rate is SEARCH_RATE)
Group = tuple[str, Sequence[charts.Bar | None]]
FUNNEL_PARTS = (
    ("problems_with_examples", "accepted", "with examples"),
    ("problems_unsolved", "wrong", "unsolved"),
    ("problems_without_usable_trajectory", "error", "no usable trajectory"),
)
"""Counts of a manifest of examples, their CSS classes and names."""


def study_figures(results: StudyResults, reader: StudyReader, stages: FinishedStages) -> list[str]:
    """HTML of every picture, in the order of the page."""
    return [
        *(_table_bars(table) for table in results.tables if not table.name.startswith(NOT_DRAWN)),
        *_curve_lines(results),
        _verifier_bars(results),
        _score_histogram(reader, stages),
        *_greedy_bars(reader),
        _funnel_bars(reader, stages),
        _time_bars(stages),
    ]


def estimate_bar(value: Estimate) -> charts.Bar:
    return charts.Bar(value=value.value, low=value.low, high=value.high)


def _optional_bar(value: object) -> charts.Bar | None:
    return estimate_bar(value) if isinstance(value, Estimate) else None


def _grouped_bars(groups: Sequence[Group], names: Sequence[str], chance: float | None = None) -> str:
    shades = [("turn", text, charts.shade_class(index, len(names))) for index, text in enumerate(names)]
    return swatch_legend(shades) + charts.bar_chart(groups, names, chance=chance)


def _table_bars(table: StudyTable) -> str:
    drawn = [i for i, _ in enumerate(table.columns) if any(isinstance(row[i], Estimate) for _, row in table.rows)]
    groups = [(_short(text), [_optional_bar(row[i]) for i in drawn]) for text, row in table.rows]
    return html_figure(table.title, _grouped_bars(groups, [table.columns[i] for i in drawn]), table.note)


def _short(text: str) -> str:
    return text.removeprefix("multi-turn ").replace("single-turn ", "1-turn ")


def _curve_lines(results: StudyResults) -> Iterator[str]:
    for curve in results.curves:
        series = [(name, [(float(x), estimate_bar(value)) for x, value in points]) for name, points in curve.series]
        yield html_figure(curve.title, charts.line_chart(series, curve.axis), curve.note)


def _verifier_bars(results: StudyResults) -> str:
    table = next((table for table in results.tables if table.name == "verifiers"), None)
    rows = [(name, row) for name, row in table.rows if any(isinstance(v, Estimate) for v in row)] if table else []
    if table is None or not rows:
        return html_figure("Verifiers", "", NOT_YET)
    groups = [(name, [_optional_bar(value) for value in row]) for name, row in rows]
    return html_figure("Verifiers", _grouped_bars(groups, table.columns, chance=0.5), f"{table.note} Dashed: chance.")


def _score_histogram(reader: StudyReader, stages: FinishedStages) -> str:
    """Scores of the last verifier of a run of µCode, if there is one, else of another."""
    for run in sorted(reader.view("main"), key=lambda run: (run.method != "mucode", run.loss != BRADLEY_TERRY)):
        manifest, held_out = stages.manifest(run, SCORES), stages.manifest(run, HELD_OUT)
        found = score_histogram(manifest, held_out) if manifest and held_out else None
        if found is not None:
            series = [("wrong", "wrong answers", found.wrong), ("accepted", "right answers", found.right)]
            names = [(key, f"{sum(counts)} {name}", 1.0) for key, name, counts in reversed(series)]
            caption = f"Logits of held-out answers by the last verifier of {run.name}; equal areas."
            picture = swatch_legend(names) + charts.histogram_chart(found.edges, series)
            return html_figure("Verifier scores", picture, caption)
    return html_figure("Verifier scores", "", NOT_YET)


def _greedy_bars(reader: StudyReader) -> Iterator[str]:
    """Greedy accuracy after each iteration, and of the last one after each turn."""
    last = max(run.config.run.iterations for run in reader.view("main"))

    def of_iteration(method: str, iteration: int) -> SearchSlice:
        return SearchSlice(method=method, selector="greedy", turn=reader.turns, iteration=iteration)

    def of_turn(method: str, turn: int) -> SearchSlice:
        return SearchSlice(method=method, selector="greedy", turn=turn)

    yield _greedy_by(reader, "iteration", range(last + 1), of_iteration)
    yield _greedy_by(reader, "turn", range(1, reader.turns + 1), of_turn)


def _greedy_by(reader: StudyReader, what: str, points: range, part: Callable[[str, int], SearchSlice]) -> str:
    groups = []
    for method in reader.methods:
        values = [reader.accuracy(part(method, point)) for point in points]
        if any(values):
            groups.append((method_label(method), [_optional_bar(value) for value in values]))
    if not groups:
        return html_figure(f"Greedy accuracy by {what}", "", NOT_YET)
    caption = f"Test problems solved (%) by {what}, greedy, over all seeds. Iteration 0 is the base model."
    return html_figure(
        f"Greedy accuracy by {what}", _grouped_bars(groups, [f"{what} {point}" for point in points]), caption
    )


def _funnel_bars(reader: StudyReader, stages: FinishedStages) -> str:
    """Training problems of the last fine-tuning: with examples, unsolved, without a usable trajectory."""
    rows = []
    for method in reader.methods:
        runs = [run for run in reader.view("main") if run.method == method]
        counts = [manifest.counts for run in runs if (manifest := stages.manifest(run, EXAMPLES))]
        if counts:
            mean = {name: sum(count.get(name, 0) for count in counts) / len(counts) for name, _, _ in FUNNEL_PARTS}
            segments = [
                charts.Segment(key=key, name=f"{text}: {mean[name]:.0f}", value=mean[name])
                for name, key, text in FUNNEL_PARTS
            ]
            examples = sum(count.get("examples", 0) for count in counts) / len(counts)
            rows.append((method_label(method), segments, f"{examples:.0f} ex."))
    if not rows:
        return html_figure("From samples to training data", "", NOT_YET)
    names = [(key, text, 1.0) for _, key, text in FUNNEL_PARTS]
    caption = "Training problems of the last fine-tuning by what they gave, and its examples; means over seeds."
    return html_figure(
        "From samples to training data", swatch_legend(names) + charts.stacked_bars(rows, label_width=74), caption
    )


def _time_bars(stages: FinishedStages) -> str:
    """Where the time of the stages went, shared ones counted once."""
    asked = [manifest for run in stages.runs for manifest in stages.of(run)]
    distinct = {manifest.directory: manifest for manifest in asked}.values()
    spent: dict[str, list[float]] = {}
    for manifest in distinct:
        kind = "searches" if manifest.stage in SEARCH_NAMES else plain_words(manifest.stage)
        spent.setdefault(kind, []).append(manifest.seconds)
    if not spent:
        return html_figure("Time", "", NOT_YET)
    rows = []
    for kind, seconds in sorted(spent.items(), key=lambda item: -sum(item[1])):
        segment = charts.Segment(key="turn", name=kind, value=sum(seconds))
        rows.append((f"{kind} ×{len(seconds)}", [segment], short_duration(sum(seconds))))
    total = short_duration(sum(manifest.seconds for manifest in distinct))
    caption = f"{len(distinct)} stages took {total}; the runs asked for {len(asked)}, the others were shared."
    return html_figure("Time", charts.stacked_bars(rows, label_width=116), caption)
