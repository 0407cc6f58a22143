"""Cells: what they hold, how large they are, and that results are made of them alone."""

import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from numpy.typing import NDArray

from actors.search.episode import Episode
from actors.storage.parquet import read_rows
from pipeline import cli
from pipeline.evaluation.search_records import search_record
from pipeline.study.cells.file import CellsFile, encode_cells
from pipeline.study.cells.outcomes import SearchSlice, StudyOutcomes
from pipeline.study.cells.rows import CELL_SCHEMA, RUN_COLUMNS, StudyCells
from pipeline.study.load import load_study
from pipeline.study.runs import study_runs
from tests.support.small_study import ROOT, write_study


def test_results_come_from_the_file_alone(
    undisturbed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Byte for byte what the study wrote, far from its directory."""
    file = tmp_path / "elsewhere.parquet"
    shutil.copy(undisturbed / "cells.parquet", file)
    assert cli.main(["study", "recompute", str(file), "--out", str(tmp_path / "again")]) == 0
    for name in ("results.json", "results.md"):
        assert (tmp_path / "again" / name).read_bytes() == (undisturbed / name).read_bytes()
    assert capsys.readouterr().out == (undisturbed / "results.md").read_text()


def test_a_file_of_the_first_version_is_read(undisturbed: Path, tmp_path: Path) -> None:
    """Whether right was a whole number there."""
    table = pq.read_table(undisturbed / "cells.parquet")
    place = table.schema.get_field_index("solved")
    old = table.set_column(place, pa.field("solved", pa.int8()), table["solved"].cast(pa.int8()))
    metadata = {**table.schema.metadata, b"mucode.schema": b"cells/1"}
    pq.write_table(old.replace_schema_metadata(metadata), tmp_path / "old.parquet")
    assert cli.main(["study", "recompute", str(tmp_path / "old.parquet"), "--out", str(tmp_path)]) == 0
    assert (tmp_path / "results.json").read_bytes() == (undisturbed / "results.json").read_bytes()


def test_rows_say_what_the_episodes_say(undisturbed: Path) -> None:
    """Against the records that metrics are made of: right after the turn, and sums of what each turn cost."""
    rows = pq.read_table(undisturbed / "cells.parquet").to_pylist()
    mine = [row for row in rows if (row["cell"], row["selector"]) == ("mucode-bt-seed1", "pt_lv")]
    (place,) = (undisturbed / "cells/mucode-bt-seed1/iter_0001/search_sweep").glob("at.json")
    stage = next(
        one for one in (undisturbed / "stages/iter_0001").glob("search_sweep-*") if one.name in place.read_text()
    )
    episodes = map(Episode.from_row, read_rows(sorted(map(str, stage.glob("part-*.parquet")))))
    records = [search_record(episode) for episode in episodes if episode.selector == "pt_lv"]
    assert len(mine) == 3 * len(records) == 15
    for record in records:
        found = sorted((row for row in mine if row["problem_id"] == record.problem_id), key=lambda row: row["turn"])
        assert [row["solved"] for row in found] == [int(bool(record.label(turn))) for turn in (1, 2, 3)]
        for what in ("tokens", "executions"):
            assert np.cumsum([row[what] for row in found]).tolist() == [record.spent(what, turn) for turn in (1, 2, 3)]


def test_several_searches_of_a_problem_are_averaged(tmp_path: Path) -> None:
    """Two searches: one problem solved by one of them, another by both; the masked one of the third counts nothing."""
    (run,) = [run for run in study_runs(load_study(write_study(tmp_path))) if run.name == "base-bt-seed0"]
    rows = [
        {"problem_id": problem, "sample": sample, "turn": turn, "solved": solved, "tokens": 7, "executions": 1}
        for problem, both in (("a", (1, 0)), ("b", (1, 1)), ("c", (None, 0)))
        for sample, solved in enumerate(both)
        for turn in (1, 2, 3)
    ]
    known = {"cell": run.name, "iteration": 0, "selector": "pt", "width": 2}
    table = pa.Table.from_pylist([known | row for row in rows], schema=CELL_SCHEMA)
    outcomes = StudyOutcomes(StudyCells(runs=(run,), table=table))
    part = SearchSlice(method="base", selector="pt", turn=2)
    solved, tokens = outcomes.matrix(part), outcomes.matrix(part, "tokens")
    assert solved is not None and tokens is not None
    assert (solved.totals.tolist(), solved.counts.tolist()) == ([[1, 2, 0]], [[2, 2, 1]])
    assert (tokens.totals.tolist(), tokens.counts.tolist()) == ([[28, 28, 14]], [[2, 2, 1]])


def test_the_cells_of_a_study_of_the_published_size_are_below_one_megabyte() -> None:
    """Random outcomes and costs, which compress worse than those of models, of every search of study-tiny."""
    study = load_study(ROOT / "configs/study-tiny.toml")
    runs = study_runs(study)
    draw, tables = np.random.default_rng(0), []
    prompts = draw.normal(90, 15, 500)
    for run in runs:
        settings, last = run.config.eval, run.config.run.iterations
        greedy = [("greedy", 1, iteration) for iteration in range(last + 1)]
        shown = {"main": greedy, "best_of": [], "one_turn": []}.get(run.view, greedy[-1:])
        best = [(name, width, last) for name in settings.selectors for width in settings.widths or (settings.best_of,)]
        for selector, width, iteration in shown + best:
            known = {"cell": run.name, "iteration": iteration, "selector": selector, "width": width, "sample": 0}
            known |= {name: getattr(run, name) for name in RUN_COLUMNS}
            tables.append(_random_search(known, prompts, settings.turns, draw))
    data = encode_cells(CellsFile(study, StudyCells(runs=tuple(runs), table=pa.concat_tables(tables))))
    assert sum(map(len, tables)) > 500_000
    assert len(data) < 1_000_000


def _random_search(
    known: dict[str, object], prompts: NDArray[np.float64], turns: int, draw: np.random.Generator
) -> pa.Table:
    """A third of the problems is solved in each turn, and ends there; the first prompt of a problem is its own."""
    width, size = int(str(known["width"])), (turns, len(prompts))
    solved = np.maximum.accumulate(draw.random(size) < 1 / 3, axis=0)
    live = np.vstack([np.ones((1, len(prompts)), bool), ~solved[:-1]])
    read = np.vstack([prompts, draw.normal(180, 30, size)[1:]]) * live
    rows = {
        "problem_id": np.tile([f"builtin/test/{number:05d}" for number in range(len(prompts))], turns),
        "turn": np.repeat(np.arange(1, turns + 1), len(prompts)),
        "solved": solved.ravel(),
        "tokens": (draw.normal(22 * width, 6 * width**0.5, size) * live).ravel(),
        "prompt_tokens": read.ravel(),
        "executions": (draw.integers(1, width + 1, size) * live).ravel(),
    }
    columns = []
    for column in CELL_SCHEMA:
        values = rows.get(column.name, np.full(solved.size, known.get(column.name)))
        columns.append(pa.array(values.tolist() if values.dtype.kind in "OU" else values).cast(column.type, safe=False))
    return pa.table(columns, CELL_SCHEMA)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"text", "is not a Parquet file"),
        (None, "there is no file"),
        (pa.table({"a": [1]}), "does not hold the cells of a study: columns a; expected cell, strategy"),
    ],
)
def test_what_is_no_cells_file_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes | pa.Table | None, said: str
) -> None:
    file = tmp_path / "cells.parquet"
    if isinstance(content, bytes):
        file.write_bytes(content)
    elif content is not None:
        pq.write_table(content, file)
    assert cli.main(["study", "recompute", str(file)]) == 2
    assert said in capsys.readouterr().err


def test_the_command_takes_one_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["study", "recompute"]) == 2
    assert (
        "takes the cells.parquet of a study and --out DIR, or several files and --name; found no file"
        in capsys.readouterr().err
    )
    assert cli.main(["study", "a.toml", "b.toml", "--dry-run"]) == 2
    assert "takes one file, found 'b.toml' beside 'a.toml'" in capsys.readouterr().err
