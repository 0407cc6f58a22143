"""Examples in files are those that were made, in the order of their keys, whoever of a node's ranks read them."""

import json
import subprocess
import sys
import tempfile
import threading
from array import array
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from actors.storage.parts import commit_part
from pipeline.training.examples import TrainingExample, TrainingExamples
from pipeline.training.stored import rows as stored_rows
from pipeline.training.stored.rows import store_examples

COLUMNS = ["key", "tokens", "weight"]


def commit(directory: Path, *parts: list[tuple[str, list[int], float]]) -> str:
    for number, part in enumerate(parts):
        rows = [{"key": key, "tokens": tokens, "weight": weight} for key, tokens, weight in part]
        schema = pa.schema([("key", pa.string()), ("tokens", pa.list_(pa.int32())), ("weight", pa.float64())])
        commit_part(str(directory), number, pa.Table.from_pylist(rows, schema=schema))
    return str(directory)


def made(row: dict[str, Any]) -> TrainingExample:
    """Two sequences, of which the second begins with the weight."""
    first = array("i", row["tokens"])
    second = array("i", [int(row["weight"]), *row["tokens"]])
    return TrainingExample(sequences=(first, second), start=len(first), weight=row["weight"], problem_id=row["key"][:1])


def read(directory: str, max_tokens: int = 100, make: Any = made) -> TrainingExamples:
    return store_examples(directory, COLUMNS, "key", make, max_tokens)


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_they_come_back_as_they_were_made_in_the_order_of_their_keys(tmp_path: Path) -> None:
    rows = [[("b2", [1, 2], 0.5), ("a", [70_000] * 3, 1.25)], [], [("b1", [3], 2.0), ("b1", [4], 3.0)]]
    found = read(commit(tmp_path / "stage", *rows))
    expected = [made({"key": key, "tokens": tokens, "weight": w}) for part in rows for key, tokens, w in part]
    in_order = [expected[1], expected[2], expected[3], expected[0]]  # of equal keys the first row
    assert list(found.kept) == in_order and found.kept[1:3] == in_order[1:3] and found.kept[-1] == in_order[-1]
    assert [example.problem_id for example in found.kept] == ["a", "b", "b", "b"]
    with pytest.raises(IndexError):
        found.kept[4]


def test_what_is_too_long_is_counted_and_nothing_is_left_on_disk(tmp_path: Path) -> None:
    found = read(commit(tmp_path / "stage", [("a", [1] * 9, 1.0), ("b", [1] * 8, 1.0)]), max_tokens=9)
    assert (len(found.kept), found.too_long) == (1, 1)
    assert found.kept[0].sequences[1].tolist() == [1] * 9
    none = read(commit(tmp_path / "long", [("a", [1] * 9, 1.0)]), max_tokens=1)
    assert not none.kept and none.too_long == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["long", "stage"]


# ---- several ranks of a node: threads, whose environment and barrier stand for those of Ray Train ------------------


def as_ranks(monkeypatch: pytest.MonkeyPatch, directory: str, ranks: int, make: Any = made) -> list[Any]:
    """What each rank gets: its examples, or the error that it raised."""
    barrier, found = threading.Barrier(ranks, timeout=10), [None] * ranks
    mine = threading.local()
    monkeypatch.setattr(stored_rows, "_common_name", lambda: "together")
    monkeypatch.setattr(stored_rows, "_wait_for_all", lambda ranks: barrier.wait())
    monkeypatch.setattr(stored_rows, "place_on_node", lambda: (mine.rank, ranks))

    def work(rank: int) -> None:
        mine.rank = rank
        try:
            found[rank] = read(directory, make=make)  # type: ignore[call-overload]
        except ValueError as error:
            found[rank] = error  # type: ignore[call-overload]

    threads = [threading.Thread(target=work, args=(rank,)) for rank in range(ranks)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def test_ranks_of_a_node_read_a_share_each_and_have_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parts = [[(f"{(7 * number) % 10}{part}", [number, part], 1.0) for number in range(4)] for part in range(5)]
    directory = commit(tmp_path / "stage", *parts)
    alone = list(read(directory).kept)
    for ranks in (2, 3, 7):
        assert [list(one.kept) for one in as_ranks(monkeypatch, directory, ranks)] == [alone] * ranks
    assert [path.name for path in tmp_path.iterdir()] == ["stage"]


def test_a_row_that_cannot_be_read_is_an_error_of_every_rank(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(row: dict[str, Any]) -> TrainingExample:
        if row["key"] == "b":
            raise ValueError("no template")
        return made(row)

    directory = commit(tmp_path / "stage", [("a", [1], 1.0)], [("b", [1], 1.0)])
    assert [str(error) for error in as_ranks(monkeypatch, directory, 2, refuse)] == ["no template"] * 2
    assert [path.name for path in tmp_path.iterdir()] == ["stage"]


MEASURE = """
import json, resource, sys
from array import array
from pipeline.training.examples import TrainingExample
from pipeline.training.stored.rows import store_examples

def made(row):
    return TrainingExample(sequences=(array("i", range(2000)),), problem_id=row["key"][:4])

def rss():
    return int(open("/proc/self/statm").read().split()[1]) * 4096

before = rss()
kept = store_examples(sys.argv[1], ["key"], "key", made, 4096).kept
read = rss() - before
total = sum(kept[number].tokens for number in range(0, len(kept), 500))
print(json.dumps({"read": read, "tokens": total, "examples": len(kept)}))
"""


def test_a_rank_holds_numbers_not_tokens(tmp_path: Path) -> None:
    """20,000 examples of 2,000 tokens are 160 MB of tokens."""
    rows = [(f"key-{number:08d}", [], 1.0) for number in range(20_000)]
    directory = commit(tmp_path / "stage", rows[:10_000], rows[10_000:])
    done = subprocess.run([sys.executable, "-c", MEASURE, directory], capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    assert (found["examples"], found["tokens"]) == (20_000, 40 * 2000)
    assert found["read"] < 60e6, found
