"""What a stage of many parts costs, in requests to a storage that counts them."""

import time
from functools import partial
from pathlib import Path

import pyarrow as pa
import pytest

from actors.storage.parts import commit_part, committed_parts
from actors.storage.run_storage import BACKENDS
from pipeline.stages.shards import missing_shards
from pipeline.state.identity import StageIdentity
from pipeline.state.manifest import Manifest
from pipeline.state.stage import StageOutput
from pipeline.state.store import Store
from pipeline.state.verification import SAMPLED_PARTS
from tests.support.counting_filesystem import CountedStorage, CountingHandler

TABLE = pa.table({"a": [1, 2, 3]})
STAGE = StageIdentity(iteration=0, stage="things", settings={}, inputs={})


@pytest.fixture
def handler(monkeypatch: pytest.MonkeyPatch) -> CountingHandler:
    handler = CountingHandler()
    monkeypatch.setitem(BACKENDS, "counted", partial(CountedStorage, handler))
    return handler


def begun(root: Path, parts: int) -> str:
    """The address of a run with a stage that committed some parts."""
    store = Store(str(root))
    for part in range(parts):
        commit_part(store.prepare(STAGE) if part == 0 else store.directory(0, "things"), part, TABLE, {"n": 1})
    return f"counted://{root}"


def finished(root: Path, parts: int) -> str:
    address = begun(root, parts)
    Store(str(root)).commit(STAGE, StageOutput(), time.monotonic())
    return address


def test_a_resume_of_a_finished_stage_costs_the_same_whatever_its_size(
    tmp_path: Path, handler: CountingHandler
) -> None:
    asked = {}
    for parts in (SAMPLED_PARTS + 10, SAMPLED_PARTS + 100):
        found = Store(finished(tmp_path / str(parts), parts)).find(0, "things")
        assert found is not None and found.rows == 3 * parts
        asked[parts] = handler.counts()
    first, second = asked.values()
    assert first == second
    assert first["listing"] == 1 and first["info"] == 0
    assert first["read"] == SAMPLED_PARTS + 2, "the sample, the manifest, and whether the stage is linked"
    assert first.keys() <= {"listing", "read"}


def test_what_was_verified_is_not_verified_again(tmp_path: Path, handler: CountingHandler) -> None:
    store = Store(finished(tmp_path, 3))
    store.find(0, "things")
    handler.counts()
    assert store.find(0, "things") is not None
    assert handler.counts() == {"read": 2}


def test_a_small_stage_is_read_whole(tmp_path: Path, handler: CountingHandler) -> None:
    Store(finished(tmp_path, 5)).find(0, "things")
    read = {Path(path).name for what, path in handler.requests if path.endswith(".parquet")}
    assert len(read) == 5


def test_a_record_is_read_once(tmp_path: Path, handler: CountingHandler) -> None:
    directory = f"{begun(tmp_path, 40)}/iter_0000/things"
    assert len(committed_parts(directory)) == 40
    assert handler.counts() == {"listing": 1, "read": 40}
    commit_part(directory, 40, TABLE)
    assert handler.counts() == {"write": 2}
    assert sorted(committed_parts(directory)) == list(range(41))
    assert handler.counts() == {"listing": 1, "read": 1}


def test_a_record_of_a_file_that_is_gone_is_read_again(tmp_path: Path) -> None:
    """A stage was deleted and computed anew under a driver that remembers its records."""
    first = commit_part(str(tmp_path), 0, TABLE)
    assert committed_parts(str(tmp_path)) == {0: first}
    (tmp_path / first.file).unlink()
    second = commit_part(str(tmp_path), 0, TABLE)
    assert second != first and committed_parts(str(tmp_path)) == {0: second}
    (tmp_path / "part-00000.json").unlink()
    assert committed_parts(str(tmp_path)) == {}


def test_a_stage_of_an_object_store_costs_two_requests_for_each_part(tmp_path: Path, handler: CountingHandler) -> None:
    store = Store(f"counted://{tmp_path}/run")
    directory = store.prepare(STAGE)
    handler.counts()
    for part in range(10):
        commit_part(directory, part, TABLE)
    assert handler.counts() == {"write": 20}
    store.commit(STAGE, StageOutput(expected_parts=10), time.monotonic())
    assert handler.counts() == {"listing": 2, "read": 10 + 1, "write": 1}


def test_a_finished_stage_has_its_records_in_its_manifest(tmp_path: Path, handler: CountingHandler) -> None:
    directory = f"{finished(tmp_path, 30)}/iter_0000/things"
    handler.counts()
    records = committed_parts(directory)
    assert handler.counts() == {"listing": 1, "read": 1}
    for name in tmp_path.glob("iter_0000/things/part-*.json"):
        name.unlink()
    assert committed_parts(directory) == records and len(records) == 30


def test_shards_are_listed_once_for_each_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not once for each part, which would take minutes for thousands."""
    asked = []
    listed = Manifest.files
    monkeypatch.setattr(Manifest, "files", lambda manifest: asked.append(manifest) or listed(manifest))
    stages = [Store(str(tmp_path / name)) for name in ("one", "two")]
    for store, parts in zip(stages, (20, 30), strict=True):
        finished(Path(store.root), parts)
    inputs = [found for store in stages if (found := store.find(0, "things")) is not None]
    rows = missing_shards(str(tmp_path / "out"), episodes=inputs, scores=inputs[:1])
    assert len(asked) == 3
    assert [len(row["episodes"]) for row in rows] == [2] * 20 + [1] * 10
    assert [len(row["scores"]) for row in rows] == [1] * 20 + [0] * 10
