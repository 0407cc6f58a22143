"""A study's results as one record, and that record as JSON and as Markdown for the docs."""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.evaluation.statistics import Estimate
from pipeline.study.hypotheses import Claim, Contrast, judge
from pipeline.study.outcomes import Outcomes
from pipeline.study.spec import Cell, Study
from pipeline.study.tables import Curve, Table, Tables, Value

VERDICTS = {"holds": "holds", "does not hold": "does not hold", "undecided": "undecided", None: "not tested yet"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    study: Study
    cells: tuple[Cell, ...]
    finished: frozenset[str]
    claims: tuple[Claim, ...]
    tables: tuple[Table, ...]
    curves: tuple[Curve, ...]


def read_results(study: Study, cells: Sequence[Cell]) -> Results:
    """Everything, from the searches that are finished."""
    outcomes = Outcomes(cells)
    tables = Tables(outcomes)
    return Results(
        study=study,
        cells=tuple(cells),
        finished=frozenset(cell.name for cell in cells if outcomes.finished(cell)),
        claims=tuple(judge(study, outcomes)),
        tables=tuple(tables.all()),
        curves=tuple(tables.curves()),
    )


def as_json(results: Results) -> str:
    """No times and no paths: equal for every way in which the study was carried out."""
    body = {
        "study": results.study.model_dump(mode="json", exclude={"root", "lanes"}),
        "cells": [
            {
                **{name: getattr(cell, name) for name in ("name", "strategy", "loss", "seed", "view")},
                "finished": cell.name in results.finished,
            }
            for cell in results.cells
        ],
        "claims": [
            {
                "name": claim.name,
                "text": claim.text,
                "verdict": claim.verdict,
                "contrasts": [
                    {
                        **{name: getattr(contrast, name) for name in ("left", "right", "kind", "seeds", "problems")},
                        "difference": _plain(contrast.estimate),
                        "verdict": contrast.verdict,
                    }
                    for contrast in claim.contrasts
                ],
            }
            for claim in results.claims
        ],
        "tables": {
            table.name: {
                "title": table.title,
                "columns": table.columns,
                "rows": [[name, *map(_plain, values)] for name, values in table.rows],
            }
            for table in results.tables
        },
        "curves": {
            curve.name: {name: [[x, _plain(value)] for x, value in points] for name, points in curve.series}
            for curve in results.curves
        },
    }
    return json.dumps(body, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _plain(value: Value) -> Any:
    if not isinstance(value, Estimate):
        return value
    numbers = {"value": value.value, "low": value.low, "high": value.high}
    return {name: round(number, 6) if math.isfinite(number) else None for name, number in numbers.items()}


def as_markdown(results: Results) -> str:
    """Claims, tables and curves, ready for docs/results."""
    done = f"{len(results.finished)} of {len(results.cells)} cells"
    parts = [f"# {results.study.name}", f"{done} finished. {INTERVALS}", "## Claims", _claims_table(results.claims)]
    for table in results.tables:
        rows = [[name, *(shown(value) for value in values)] for name, values in table.rows]
        parts += [f"## {table.title}", table.note, _markdown(["", *table.columns], rows)]
    for curve in results.curves:
        xs = sorted({x for _, points in curve.series for x, _ in points})
        rows = [[name, *(shown(dict(points).get(x)) for x in xs)] for name, points in curve.series]
        parts += [f"## {curve.title}", curve.note, _markdown([curve.axis, *map(str, xs)], rows)]
    return "\n\n".join(parts) + "\n"


INTERVALS = (
    "Intervals are 95 %, from a bootstrap over seeds and problems; differences are paired. With one seed they say "
    "nothing about seeds."
)


def _claims_table(claims: Sequence[Claim]) -> str:
    rows = []
    for claim in claims:
        rows.append([f"**{claim.text}**", "", f"**{VERDICTS[claim.verdict]}**"])
        rows += [[sentence(contrast), difference(contrast), VERDICTS[contrast.verdict]] for contrast in claim.contrasts]
    return _markdown(["claim, and what was compared", "difference in points", "verdict"], rows)


def sentence(contrast: Contrast) -> str:
    return f"{contrast.left} {'>' if contrast.kind == 'above' else '≥'} {contrast.right}"


def difference(contrast: Contrast) -> str:
    """In points of accuracy, with what it rests on."""
    if contrast.estimate is None:
        return "–"
    value, low, high = (100 * number for number in _numbers(contrast.estimate))
    seeds = f"{contrast.seeds} seed{'s' * (contrast.seeds > 1)}"
    return f"{value:+.1f} [{low:+.1f} to {high:+.1f}], {contrast.problems} problems × {seeds}"


def shown(value: Value) -> str:
    """A value for a person: shares in percent."""
    if isinstance(value, Estimate):
        middle, low, high = (100 * number for number in _numbers(value))
        return f"{middle:.1f} [{low:.1f}, {high:.1f}]"
    return "–" if value is None else value


def _numbers(value: Estimate) -> tuple[float, float, float]:
    return value.value, value.low, value.high


def _markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
