"""Several turns against one at equal cost, on cells that were made by hand."""

from pathlib import Path

import pyarrow as pa
import pytest

from pipeline.study.cells.budgets import EqualCost, compare_at_equal_cost, one_turn_at_equal_cost
from pipeline.study.cells.outcomes import SearchSlice, StudyOutcomes
from pipeline.study.cells.reader import StudyReader
from pipeline.study.cells.rows import CELL_SCHEMA, StudyCells
from pipeline.study.load import load_study
from pipeline.study.runs import study_runs
from pipeline.study.tables import budgets_table
from tests.support.small_study import STUDY, write_study

PROBLEMS = 10
SEVERAL = SearchSlice(method="base", selector="pt_lv", turn=3)


def rows(cell: str, selector: str, width: int, turns: int, solved: int, tokens: int) -> list[dict[str, object]]:
    """The first `solved` problems are right after the last turn; each turn costs `tokens` and N runs."""
    known = {"cell": cell, "iteration": 0, "selector": selector, "width": width, "sample": 0, "prompt_tokens": 9}
    return [
        {**known, "problem_id": f"p{number}", "turn": turn, "solved": int(number < solved and turn == turns)}
        | {"tokens": tokens, "executions": width}
        for number in range(PROBLEMS)
        for turn in range(1, turns + 1)
    ]


def reader(folder: Path, tokens: int) -> StudyReader:
    """Three turns of N = 2 cost 3 · `tokens` and 6 runs and solve 6; one turn costs 10·N tokens and N runs, and solves
    1, 4 and 7 with N = 1, 2 and 8."""
    text = STUDY.replace("best_of = [1, 2]\nturns = 4", "one_turn = [1, 2, 8]")
    runs = [run for run in study_runs(load_study(write_study(folder, text))) if (run.strategy, run.seed) == ("base", 0)]
    cells = rows("base-bt-seed0", "pt_lv", 2, 3, 6, tokens)
    for selector, width, solved in (("random", 1, 1), ("pt_lv", 2, 4), ("pt_lv", 8, 7)):
        cells += rows("base-bt-seed0-one-turn", selector, width, 1, solved, 10 * width)
    table = pa.Table.from_pylist(cells, schema=CELL_SCHEMA)
    return StudyReader(StudyOutcomes(StudyCells(runs=tuple(runs), table=table)))


def test_one_turn_is_a_mixture_of_the_two_that_cost_less_and_more(tmp_path: Path) -> None:
    """63 tokens are 43/60 of the way from 20 with N = 2, where 4 of 10 are solved, to 80 with N = 8, where 7 are; 6
    runs are 2/3 of the way from 2 to 8, so N = 6 and (4 + 2·7) / 3 = 6."""
    found = one_turn_at_equal_cost(reader(tmp_path, 21), SEVERAL, "tokens")
    assert isinstance(found, EqualCost)
    assert found.cost == 63 and found.width == pytest.approx(2 + 6 * 43 / 60)
    assert found.one.totals.sum() == pytest.approx(4 + 3 * 43 / 60)
    assert found.several.totals.sum() == 6
    runs = one_turn_at_equal_cost(reader(tmp_path, 20), SEVERAL, "executions")
    assert isinstance(runs, EqualCost)
    assert (runs.cost, runs.width, runs.one.totals.sum()) == (6, pytest.approx(6), pytest.approx(6))


def test_what_the_searches_do_not_cover_is_said(tmp_path: Path) -> None:
    found = compare_at_equal_cost(reader(tmp_path, 50), SEVERAL, "tokens", "base, PT+LV")
    assert found.estimate is None
    assert found.missing == "one turn costs 10.0 with N = 1, 20.0 with N = 2, 80.0 with N = 8; 150.0 is not among them"
    other = compare_at_equal_cost(
        reader(tmp_path, 20), SearchSlice(method="mucode", selector="pt_lv", turn=3), "tokens", "m"
    )
    assert other.missing == "no searches of one turn (curves.one_turn)"


def test_the_table_and_the_comparison_say_the_same(tmp_path: Path) -> None:
    """20 tokens a turn: 60 of them buy N = 6 in one turn, which solves 6 as three turns do."""
    found = reader(tmp_path, 20)
    comparison = compare_at_equal_cost(found, SEVERAL, "tokens", "base, PT+LV")
    assert (comparison.left, comparison.right) == ("base, PT+LV, 3 turns", "one turn at equal tokens, N = 6.0")
    assert (comparison.left_value, comparison.right_value) == (0.6, pytest.approx(0.6))
    assert comparison.estimate is not None and comparison.estimate.value == pytest.approx(0)
    assert comparison.verdict == "undecided"
    ((_, values),) = [row for row in budgets_table(found).rows if row[0] == "base, PT+LV"]
    assert values[1:4] == ("60.0", "27.0", "6.0")
    assert [str(value).partition("[")[0] for value in values[4:]] == ["60.0 ", "60.0 "]
