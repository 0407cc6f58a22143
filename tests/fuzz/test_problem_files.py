"""Problem files in every format that a loader reads, as `problems.train` and `mucode sandbox check` take them."""

import gzip
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import strategies as st

from actors.prompting.dialogue import build_dialogue
from pipeline.commands.failure import printable
from pipeline.config.schema import Config
from sandbox.judging.plan import make_plan
from sandbox.problems.data_set import DataSet
from sandbox.problems.load import DATA_SETS, parse_name, read_problems
from sandbox.problems.null_stub import null_stub
from sandbox.problems.sources import read_jsonl
from tests.fuzz.cases import AMOUNTS, examine, judged
from tests.fuzz.documents import damaged, doubling, encoded, json_text
from tests.fuzz.files import damaged_bytes, damaged_table
from tests.fuzz.problem_rows import Row, problem_rows
from tests.fuzz.values import JSON_VALUES, TEXTS, Raw

ROWS = problem_rows()
FORMS = (".jsonl", ".jsonl", ".json", ".jsonl.gz", ".parquet")


def test_every_format_is_tried() -> None:
    """And the rows are right before they are damaged."""
    read_files = {name for name, row in DATA_SETS.items() if row.reads_files}
    assert set(ROWS) == read_files | {""}


@pytest.mark.parametrize("name", ROWS)
def test_rows_are_read_before_they_are_damaged(name: str, tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text("".join(f"{json_text(row)}\n" for row in ROWS[name]))
    data = read_problems(named(name, file))
    assert len(data.problems) + len(data.excluded) >= 1
    used(data)


def named(name: str, file: Path) -> str:
    return f"{name}@{file}" if name else str(file)


def used(data: DataSet) -> None:
    """What a run asks of every problem before a box is involved."""
    dialogue = build_dialogue(**Config().dialogue.model_dump())
    for problem in (*data.problems, *data.excluded):
        assert problem.problem_id and problem.digest()
        dialogue.first_prompt(problem)
        dialogue.reference_answer(problem)
    for problem in data.problems:
        null_stub(problem)
        for suite in ("public", "private"):
            try:
                make_plan(problem, suite)  # type: ignore[arg-type]
            except ValueError as error:  # whoever judges says so of the problem
                assert str(error)


def written(data: st.DataObject, folder: Path, rows: list[Row]) -> Path:
    document = data.draw(damaged(doubling(rows), JSON_VALUES))
    form = data.draw(st.sampled_from(FORMS))
    file = folder / f"rows{form}"
    content = _encoded(document, form) if isinstance(document, list) else encoded(json_text(document))
    if form == ".parquet" and content.startswith(b"PAR1"):
        content = data.draw(st.just(content) | st.just(content) | damaged_table(content))
    elif not data.draw(st.integers(0, 5)):
        content = data.draw(damaged_bytes(content))
    file.write_bytes(content)
    return file


def _encoded(rows: list[Any], form: str) -> bytes:
    if form == ".parquet":
        return _parquet(rows) or b""
    if form == ".json":
        return encoded(json_text(rows))
    content = encoded("".join(f"{json_text(row)}\n" for row in rows))
    return gzip.compress(content) if form == ".jsonl.gz" else content


def _parquet(rows: list[Any]) -> bytes | None:
    """None for what a table cannot hold."""
    sink = pa.BufferOutputStream()
    try:
        pq.write_table(pa.Table.from_pylist([row for row in rows if isinstance(row, dict)]), sink)
    except (pa.ArrowException, OverflowError, TypeError, ValueError, AttributeError):
        return None
    return bytes(sink.getvalue())


OPTIONS = ("", "", "?public_tests=all", "?private_tests=1", "?order=shortest", "?part=2/3")


@AMOUNTS
def test_problem_files(amount: str, tmp_path: Path) -> None:
    def case(data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(ROWS)))
        file = written(data, tmp_path, ROWS[name])
        options = data.draw(st.sampled_from(OPTIONS))
        full = named(f"{name}{options}", file) if name else str(file)
        named_in_errors = [str(file), "private_tests=1", "part=2/3"]
        found = judged(lambda: read_problems(full), named_in_errors, f"problems of {name or 'your own'}")
        if found is not None:
            judged(lambda: used(found), [str(file)], "problems that were read")

    examine(case, amount, few=60, many=3000)


@AMOUNTS
def test_names_of_data_sets(amount: str) -> None:
    """Names alone: what they would read is not downloaded."""
    parts = st.sampled_from(("", *TEXTS, *DATA_SETS, ":", "?", "@", "+", "train", "public_tests=all", "/no/such.jsonl"))

    def case(data: st.DataObject) -> None:
        name = "".join(data.draw(st.lists(parts, max_size=5)))
        judged(lambda: parse_name(name), [printable(name.partition("\n")[0])[:30]], "names of data sets")

    examine(case, amount, few=20, many=400)


@AMOUNTS
def test_samples(amount: str, tmp_path: Path) -> None:
    file = tmp_path / "samples.jsonl"
    rows = [
        {"task_id": "double", "solution": "def f(x):\n    return 2 * x"},
        {"task_id": 7, "solution": "print(input())"},
    ]

    def case(data: st.DataObject) -> None:
        document = data.draw(damaged(doubling(rows), JSON_VALUES))
        lines = document if isinstance(document, list) else [document if isinstance(document, Raw) else Raw("{}")]
        content = encoded("".join(f"{json_text(row)}\n" for row in lines))
        file.write_bytes(data.draw(st.just(content) | damaged_bytes(content)))
        judged(lambda: list(read_jsonl(file)), [str(file)], "samples")

    examine(case, amount, few=15, many=300)
