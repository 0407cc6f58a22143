"""Cells of a study: what every search of every problem solved and spent in each turn, and what is known of each run.

All results are made of these (pipeline.study.publish).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Literal

import pyarrow as pa

from pipeline.evaluation.best_of_n import FIRST_TURN_SELECTOR
from pipeline.evaluation.metric_rows import read_metric_rows
from pipeline.evaluation.search_costs import SearchCost, read_search_costs
from pipeline.evaluation.search_records import read_search_records
from pipeline.stages.metrics import METRICS
from pipeline.stages.search import SEARCH_BEST_OF_N, SEARCH_GREEDY
from pipeline.state.manifest import Manifest
from pipeline.study.cells.choices import ChoiceKey, shares_of_choices
from pipeline.study.cells.finished import FinishedStages
from pipeline.study.runs import StudyRun
from pipeline.study.spec import StudyView

Quantity = Literal["solved", "tokens", "prompt_tokens", "executions"]
"""Columns that can be summed up."""
GREEDY = "greedy"
"""In the column `selector`: one answer per turn, nothing to choose."""
GREEDY_VIEWS: tuple[StudyView, ...] = ("main", "turns", "hidden_tests", "dials")
"""The greedy searches of the others are those of the main runs."""
CELL_SCHEMA = pa.schema(
    [
        ("cell", pa.string()),
        ("strategy", pa.string()),
        ("variant", pa.string()),
        ("loss", pa.string()),
        ("seed", pa.int32()),
        ("view", pa.string()),
        ("iteration", pa.int32()),
        ("selector", pa.string()),
        ("width", pa.int32()),
        ("problem_id", pa.string()),
        ("sample", pa.int32()),
        ("turn", pa.int32()),
        ("solved", pa.float32()),
        ("tokens", pa.int32()),
        ("prompt_tokens", pa.int32()),
        ("executions", pa.int32()),
    ],
    metadata={"mucode.schema": "cells/2"},
)
SPENT: tuple[Quantity, ...] = ("tokens", "prompt_tokens", "executions")
"""Columns that count what a turn cost; 0 once an episode has ended."""
RUN_COLUMNS = ("strategy", "variant", "loss", "seed", "view")
"""Fields of a StudyRun."""
SEARCH_COLUMNS = CELL_SCHEMA.names[CELL_SCHEMA.get_field_index("selector") :]
"""Those that the episodes tell; the others are the run's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFacts:
    """What is known of a run beside its searches.

    `iteration`: the one that it returns. `pair_accuracy`: held-out pairs that its last verifier ranks right, by series.
    """

    finished: bool
    iteration: int
    pair_accuracy: dict[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyCells:
    """Rows of CELL_SCHEMA, those of one search behind each other, and the facts of each run by its name."""

    runs: tuple[StudyRun, ...]
    facts: dict[str, RunFacts] = field(default_factory=dict)
    table: pa.Table = field(default_factory=CELL_SCHEMA.empty_table)


def collect_cells(stages: FinishedStages) -> StudyCells:
    """Of every search that is finished."""
    read = cache(_search_table)  # runs share searches
    tables = [CELL_SCHEMA.empty_table()]
    for run in stages.runs:
        for iteration, search in _searches(run, stages):
            table = read(tuple(search.files().values()), run.config.eval.turns, run.view == "one_turn")
            tables.append(_with_run(table, run, iteration))
    facts = {run.name: _run_facts(run, stages) for run in stages.runs}
    return StudyCells(runs=tuple(stages.runs), facts=facts, table=pa.concat_tables(tables))


def _searches(run: StudyRun, stages: FinishedStages) -> Iterator[tuple[int, Manifest]]:
    """Finished searches of test problems with the iteration of their generator: of main runs after each iteration."""
    returned = stages.iteration(run)
    if run.view in GREEDY_VIEWS:
        for iteration in range(run.config.run.iterations + 1) if run.view == "main" else (returned,):
            if (greedy := stages.manifest(run, SEARCH_GREEDY, iteration)) is not None:
                yield iteration, greedy
    if (best_of_n := stages.manifest(run, SEARCH_BEST_OF_N)) is not None:
        yield returned, best_of_n


def _run_facts(run: StudyRun, stages: FinishedStages) -> RunFacts:
    metrics = stages.manifest(run, METRICS)
    rows = read_metric_rows(metrics) if metrics else []
    ranked = {row.series: row.value for row in rows if row.metric == "pair_accuracy"}
    return RunFacts(finished=stages.complete(run), iteration=stages.iteration(run), pair_accuracy=ranked)


def _search_table(files: tuple[str, ...], turns: int, all_choices: bool) -> pa.Table:
    """The SEARCH_COLUMNS of a stage's episodes, `turns` rows each. `all_choices`: right are `shares_of_choices`."""
    searches = [search for search in read_search_costs(files) if _is_shown(search)]
    shares = _shares_of_choices(files, searches) if all_choices else {}
    rows = [row for search in searches for row in _turn_rows(search, turns, shares)]
    schema = pa.schema([CELL_SCHEMA.field(name) for name in SEARCH_COLUMNS])
    table = pa.Table.from_pylist(rows, schema=schema)
    order = (
        "selector",
        "width",
        "sample",
        "turn",
        "problem_id",
    )  # what problems have in common repeats, and compresses
    return table.sort_by([(name, "ascending") for name in order])


def _is_shown(search: SearchCost) -> bool:
    """The answers that best-of-N searches share are drawn by a search of their own, which is nobody's result."""
    return (search.outcome.selector, search.outcome.width) == (FIRST_TURN_SELECTOR, 1) or (
        search.outcome.selector != FIRST_TURN_SELECTOR
    )


def _shares_of_choices(files: Iterable[str], searches: Iterable[SearchCost]) -> dict[ChoiceKey, float]:
    drawn = (record for record in read_search_records(files) if record.selector == FIRST_TURN_SELECTOR)
    plans = dict.fromkeys((search.outcome.selector, search.outcome.width) for search in searches)
    return shares_of_choices(drawn, plans)


def _turn_rows(search: SearchCost, turns: int, shares: Mapping[ChoiceKey, float]) -> Iterator[dict[str, object]]:
    """An episode that stopped keeps its last answer; one whose prompt left no room has none, which is not right."""
    outcome = search.outcome
    named = {
        "selector": GREEDY if outcome.selector == FIRST_TURN_SELECTOR else outcome.selector,
        **{"width": outcome.width, "problem_id": outcome.problem_id, "sample": search.sample},
    }
    share = shares.get((outcome.selector, outcome.width, outcome.problem_id, search.sample))
    for turn in range(1, turns + 1):
        right = float(outcome.label(turn) or False) if share is None else share
        spent: dict[str, object] = {name: _of_turn(getattr(search, name), turn) for name in SPENT}
        yield {**named, "turn": turn, "solved": None if outcome.masked else right, **spent}


def _of_turn(values: Sequence[int] | None, turn: int) -> int | None:
    if values is None:
        return None
    return values[turn - 1] if turn <= len(values) else 0


def _with_run(table: pa.Table, run: StudyRun, iteration: int) -> pa.Table:
    known = {**{name: getattr(run, name) for name in RUN_COLUMNS}, "iteration": iteration}
    known["cell"] = run.name
    columns = {
        name: pa.repeat(pa.scalar(value, CELL_SCHEMA.field(name).type), len(table)) for name, value in known.items()
    }
    return pa.table([columns[name] if name in columns else table[name] for name in CELL_SCHEMA.names], CELL_SCHEMA)
