"""Tables of a model's searches without training."""

from collections.abc import Iterator
from dataclasses import replace

from actors.search.selectors import selector_label
from pipeline.evaluation.best_of_n import best_of_n_values
from pipeline.study.cells.outcomes import SearchSlice
from pipeline.study.cells.reader import StudyReader
from pipeline.study.runs import StudyRun, method_label
from pipeline.study.tables import StudyTable, TableRow


def inference_tables(reader: StudyReader) -> list[StudyTable]:
    """Those that have rows."""
    return [table for table in (one_turn_table(reader), turns_table(reader)) if table.rows]


def one_turn_table(reader: StudyReader) -> StudyTable:
    """Best of N at the first turn, every selector on the same samples."""
    rows: list[TableRow] = []
    lines = reader.lines("one_turn")
    widths = sorted({width for _, _, run in lines for width in best_of_n_values(run.config)})
    for method, selector, run in lines:
        part = SearchSlice(method=method, selector=selector, turn=1, loss=run.loss, view="one_turn")
        values = tuple(reader.accuracy(replace(part, width=width)) for width in widths)
        rows.append((f"{method_label(method)}, {selector_label(selector)}", values))
    return StudyTable(
        name="one_turn",
        title="Best of N answers, one turn",
        note="Accuracy in %, by answers sampled: the mean over all choices of N of them. All selectors choose from the "
        "same samples; the oracle's is pass@N.",
        columns=tuple(f"N = {width}" for width in widths),
        rows=tuple(rows),
    )


def turns_table(reader: StudyReader) -> StudyTable:
    """After each turn, for the base model and the variants that differ in feedback, if there are several."""
    rows = list(_turn_rows(reader)) if len(_untrained(reader)) > 1 else []
    return StudyTable(
        name="by_turn",
        title="Turn by turn",
        note=f"Accuracy in % by the answer held after each turn; N = {reader.width} but for greedy.",
        columns=tuple(f"turn {turn}" for turn in range(1, reader.turns + 1)),
        rows=tuple(rows),
    )


def _turn_rows(reader: StudyReader) -> Iterator[TableRow]:
    for method, selector, loss in _searches(reader):
        part = SearchSlice(method=method, selector=selector, turn=1, loss=loss)
        values = tuple(reader.accuracy(replace(part, turn=turn)) for turn in range(1, reader.turns + 1))
        yield f"{method_label(method)}, {selector_label(selector)}", values


def _searches(reader: StudyReader) -> Iterator[tuple[str, str, str]]:
    """(method, selector, loss)."""
    for method, run in _untrained(reader).items():
        for selector in ("greedy", *run.config.eval.selectors):
            yield method, selector, run.loss


def _untrained(reader: StudyReader) -> dict[str, StudyRun]:
    """One run of each method without training."""
    first = {run.method: run for run in reversed(reader.view("main")) if not run.config.run.iterations}
    return {method: first[method] for method in reader.methods if method in first}
