"""Shards are read and written piece by piece, and make the same rows however small the pieces are."""

import random
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from actors.search.episode import EPISODE_SCHEMA, Episode
from actors.storage.parquet import read_rows
from actors.storage.parts import commit_part, committed_parts
from pipeline.stages import shards
from pipeline.stages.shards import commit_rows, read_groups
from pipeline.state.problems import HELD_OUT_FIRST, first_held_out
from tests.support.episodes import episode, right, wrong

SIZES = {"p0": 3, "p1": 5, "p2": 1, "p3": 9, "p4": 2}
"""Episodes of each problem, over two iterations."""


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    found = [
        episode(
            f"{problem}-{number}", wrong("w"), right("r"), problem=problem, iteration=number % 2, sample=number // 2
        )
        for problem, size in SIZES.items()
        for number in range(size)
    ]
    random.Random(1).shuffle(found)
    written = []
    for iteration in (0, 1):
        rows = [one.to_row() for one in found if one.iteration == iteration]
        folder = tmp_path / str(iteration)
        record = commit_part(str(folder), 0, pa.Table.from_pylist(rows, schema=EPISODE_SCHEMA))
        written.append(str(folder / record.file))
    return written


def shape(groups: list[list[list[Episode]]]) -> list[list[tuple[str, int]]]:
    return [[(episodes[0].problem_id, len(episodes)) for episodes in group] for group in groups]


def test_groups_hold_at_most_so_many_episodes_or_one_problem(files: list[str]) -> None:
    whole, parts = list(read_groups(files)), list(read_groups(files, most=8))
    assert shape(whole) == [list(SIZES.items())]
    assert shape(parts) == [[("p0", 3), ("p1", 5)], [("p2", 1)], [("p3", 9)], [("p4", 2)]]
    assert [episodes for group in parts for episodes in group] == whole[0]
    keys = [(one.problem_id, one.iteration, one.sample) for episodes in whole[0] for one in episodes]
    assert keys == sorted(keys)
    assert list(read_groups([])) == []


@pytest.mark.parametrize("table_rows", [1, 3, 100])
def test_rows_and_counts_are_the_same_in_tables_of_any_size(
    tmp_path: Path, table_rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shards, "TABLE_ROWS", table_rows)
    made: list[tuple[list[dict[str, Any]], dict[str, int]]] = [([{"a": 1}, {"a": 2}], {"x": 1}), ([], {"x": 0, "y": 2})]
    made.append(([{"a": number} for number in range(3, 8)], {"x": 5}))
    shard = {"part": 4, "directory": str(tmp_path)}
    assert commit_rows(shard, iter(made), pa.schema([("a", pa.int64())])) == {"part": 4, "rows": 7}
    record = committed_parts(str(tmp_path))[4]
    assert record.counts == {"x": 6, "y": 2}
    assert [row["a"] for row in read_rows([str(tmp_path / record.file)])] == [*range(1, 8)]


def test_shards_of_validation_follow_those_of_training() -> None:
    assert first_held_out(0) == first_held_out(HELD_OUT_FIRST) == HELD_OUT_FIRST == 100_000
    assert first_held_out(HELD_OUT_FIRST + 1) == 1_000_000
