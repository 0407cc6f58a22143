"""cells.parquet of a study: `mucode study recompute` reads it without the study's directory."""

import io
from itertools import product
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from hypothesis import strategies as st

from pipeline.errors import StoreError
from pipeline.study.cells.file import CellsFile, encode_cells
from pipeline.study.cells.rows import CELL_SCHEMA, RUN_COLUMNS, RunFacts, StudyCells
from pipeline.study.load import load_study
from pipeline.study.publish import recompute_study
from pipeline.study.runs import study_runs
from tests.fuzz.cases import AMOUNTS, examine, judged
from tests.fuzz.files import damaged_table, snapshot
from tests.support.small_study import write_study


@pytest.fixture(scope="module")
def cells(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Of a small study: greedy searches and searches by each selector, of three problems."""
    study = load_study(write_study(tmp_path_factory.mktemp("study")))
    runs = [run for run in study_runs(study) if run.view == "main"]
    rows = [
        {name: getattr(run, name) for name in RUN_COLUMNS}
        | {"cell": run.name, "iteration": 1 if run.strategy == "mucode" else 0, "selector": selector, "width": width}
        | {"problem_id": problem, "sample": 0, "turn": turn, "solved": int(problem < turn_name), "tokens": 5}
        | {"prompt_tokens": 9, "executions": 1}
        for run, (selector, width), problem in product(runs, (("greedy", 1), ("pt", 2), ("pt_lv", 2)), "abc")
        for turn, turn_name in ((1, "b"), (2, "b"), (3, "c"))
    ]
    facts = {
        run.name: RunFacts(
            finished=True, iteration=1 if run.strategy == "mucode" else 0, pair_accuracy={"held_out": 0.6}
        )
        for run in runs
    }
    table = pa.Table.from_pylist(rows, schema=CELL_SCHEMA)
    return encode_cells(CellsFile(study, StudyCells(runs=tuple(runs), facts=facts, table=table)))


def rewritten(cells: bytes, note: str, change: tuple[bytes, bytes]) -> pa.Table:
    table = pq.read_table(io.BytesIO(cells))
    notes = dict(table.schema.metadata)
    notes[note.encode()] = notes[note.encode()].replace(*change)
    return table.replace_schema_metadata(notes)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ((b"pt_over_lv", b"nothing"), "no claim is named 'nothing'"),
        ((b'"small"', b'"a b"'), "name = 'a b'"),
        ((b'"selectors": null', b'"selectors": ["x y"]'), None),
    ],
)
def test_notes_that_no_study_wrote(cells: bytes, tmp_path: Path, change: tuple[bytes, bytes], said: str | None) -> None:
    file = tmp_path / "cells.parquet"
    pq.write_table(rewritten(cells, "mucode.study", change), file)
    if said is None:
        assert recompute_study([file])
        return
    with pytest.raises(StoreError, match=said) as caught:
        recompute_study([file])
    assert str(file) in str(caught.value)


def test_seeds_that_share_no_problem(cells: bytes, tmp_path: Path) -> None:
    table = pq.read_table(io.BytesIO(cells))
    named = pc.binary_join_element_wise(table["problem_id"], pc.cast(table["seed"], pa.string()), "-")
    file = tmp_path / "cells.parquet"
    pq.write_table(table.set_column(table.column_names.index("problem_id"), "problem_id", named), file)
    assert "small" in recompute_study([file])


@AMOUNTS
def test_cells(amount: str, cells: bytes, tmp_path: Path) -> None:
    file = tmp_path / "cells.parquet"

    def case(data: st.DataObject) -> None:
        file.write_bytes(data.draw(damaged_table(cells)))
        before = snapshot(tmp_path)
        judged(lambda: recompute_study([file]), [str(file)], "cells")
        assert snapshot(tmp_path) == before

    examine(case, amount, few=15, many=1200)
