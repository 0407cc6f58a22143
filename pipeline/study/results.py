"""A study's results as one record, and that record as JSON and as Markdown for the docs."""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.evaluation.claims import Claim, Comparison
from pipeline.evaluation.statistics import LEAST_SEEDS, LEVEL, Estimate
from pipeline.study.cells.reader import StudyReader
from pipeline.study.dials.results import DialReader, dial_claims, dial_curves, dial_tables
from pipeline.study.hypotheses import judge_hypotheses
from pipeline.study.inference.tables import inference_tables
from pipeline.study.runs import StudyRun
from pipeline.study.spec import Study
from pipeline.study.tables import StudyCurve, StudyTable, TableValue, study_curves, study_tables

VERDICT_WORDS = {"holds": "holds", "does not hold": "does not hold", "undecided": "undecided", None: "not tested yet"}
INTERVAL_NOTE = (
    f"Intervals are 95 %, from the variance between problems and, from {LEAST_SEEDS} seeds on, between seeds; "
    f"differences are paired. With fewer seeds they are about these trainings, not about the method."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyResults:
    """Everything that is known of a study. `finished`: names of runs."""

    study: Study
    runs: tuple[StudyRun, ...]
    finished: frozenset[str]
    claims: tuple[Claim, ...]
    tables: tuple[StudyTable, ...]
    curves: tuple[StudyCurve, ...]


def study_results(study: Study, reader: StudyReader) -> StudyResults:
    """Everything, from the searches that are finished."""
    cells = reader.outcomes.cells
    dials = [DialReader(dial, reader) for dial in study.dials]
    return StudyResults(
        study=study,
        runs=cells.runs,
        finished=frozenset(name for name, facts in cells.facts.items() if facts.finished),
        claims=(*judge_hypotheses(study, reader), *dial_claims(dials)),
        tables=(*study_tables(reader), *inference_tables(reader), *dial_tables(dials)),
        curves=(*study_curves(reader), *dial_curves(dials)),
    )


def results_json(results: StudyResults) -> str:
    """No times and no paths: equal for every way in which the study was executed."""
    body = {
        "study": results.study.model_dump(mode="json", exclude={"root", "lanes"}),
        "cells": [
            {
                **{name: getattr(run, name) for name in ("name", "strategy", "loss", "seed", "view")},
                "finished": run.name in results.finished,
            }
            for run in results.runs
        ],
        "claims": [_claim_record(claim) for claim in results.claims],
        "tables": {table.name: _table_record(table) for table in results.tables},
        "curves": {
            curve.name: {name: [[x, _number(value)] for x, value in points] for name, points in curve.series}
            for curve in results.curves
        },
    }
    return json.dumps(body, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _claim_record(claim: Claim) -> dict[str, object]:
    comparisons = [
        {
            **{name: getattr(comparison, name) for name in ("left", "right", "kind", "seeds", "problems")},
            "difference": _number(comparison.estimate),
            "verdict": comparison.verdict,
        }
        for comparison in claim.comparisons
    ]
    return {"name": claim.name, "text": claim.text, "verdict": claim.verdict, "contrasts": comparisons}


def _table_record(table: StudyTable) -> dict[str, object]:
    rows = [[name, *map(_number, values)] for name, values in table.rows]
    return {"title": table.title, "columns": table.columns, "rows": rows}


def _number(value: TableValue) -> dict[str, float | None] | str | None:
    if not isinstance(value, Estimate):
        return value
    numbers = {"value": value.value, "low": value.low, "high": value.high}
    return {name: round(number, 6) if math.isfinite(number) else None for name, number in numbers.items()}


def results_markdown(results: StudyResults) -> str:
    """Claims, tables and curves, ready for docs/results."""
    done = f"{len(results.finished)} of {len(results.runs)} runs finished"
    parts = [
        f"# {results.study.name}",
        f"{done}. {INTERVAL_NOTE}",
        "## Claims",
        chance_note(results.claims),
        _claims_table(results.claims),
    ]
    for table in results.tables:
        rows = [[name, *(percent_text(value) for value in values)] for name, values in table.rows]
        parts += [f"## {table.title}", table.note, _markdown_table(["", *table.columns], rows)]
    for curve in results.curves:
        xs = sorted({x for _, points in curve.series for x, _ in points})
        rows = [[name, *(percent_text(dict(points).get(x)) for x in xs)] for name, points in curve.series]
        parts += [f"## {curve.title}", curve.note, _markdown_table([curve.axis, *map(str, xs)], rows)]
    return "\n\n".join(parts) + "\n"


def _claims_table(claims: Sequence[Claim]) -> str:
    rows = []
    for claim in claims:
        rows.append([f"**{claim.text}**", "", f"**{VERDICT_WORDS[claim.verdict]}**"])
        rows += [[comparison_text(one), difference_text(one), VERDICT_WORDS[one.verdict]] for one in claim.comparisons]
    return _markdown_table(["claim, and what was compared", "difference in points", "verdict"], rows)


def chance_note(claims: Sequence[Claim]) -> str:
    """How many comparisons would hold by luck alone, if no method were better than another."""
    tested = sum(one.kind == "above" and one.verdict is not None for claim in claims for one in claim.comparisons)
    by_luck = tested * (1 - LEVEL) / 2
    return (
        f"{tested} comparisons ask whether one is better. If none were, {by_luck:.1f} of them would be expected "
        "to hold by luck alone."
    )


def comparison_text(comparison: Comparison) -> str:
    return f"{comparison.left} {'>' if comparison.kind == 'above' else '≥'} {comparison.right}"


def difference_text(comparison: Comparison) -> str:
    """In points of accuracy, with what it rests on."""
    if comparison.estimate is None:
        return comparison.missing or "–"
    value, low, high = _percent(comparison.estimate)
    seeds = f"{comparison.seeds} seed{'s' * (comparison.seeds > 1)}"
    scope = "" if comparison.seeds >= LEAST_SEEDS else " (these trainings)"
    return f"{value:+.1f} [{low:+.1f} to {high:+.1f}], {comparison.problems} problems × {seeds}{scope}"


def percent_text(value: TableValue) -> str:
    """A value for a person: shares in percent."""
    if isinstance(value, Estimate):
        middle, low, high = _percent(value)
        return f"{middle:.1f} [{low:.1f}, {high:.1f}]"
    return "–" if value is None else value


def _percent(value: Estimate) -> tuple[float, float, float]:
    return 100 * value.value, 100 * value.low, 100 * value.high


def _markdown_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
