"""What every storage promises, asked of the shipped ones and of one in memory."""

import errno
import os
import threading
from pathlib import Path

import pyarrow as pa
import pytest

from actors.storage.checkpoint import fetch_checkpoint, is_saved, save_atomically, verify_checkpoint
from actors.storage.filesystem import FilesystemStorage
from actors.storage.object_store import ObjectStorage
from actors.storage.parquet import read_batches, read_rows
from actors.storage.parts import commit_part, committed_parts
from actors.storage.run_storage import (
    BACKENDS,
    DamagedError,
    RunStorage,
    open_file,
    open_storage,
    parse_json,
)
from actors.storage.store_errors import StorageError
from tests.support.memory_storage import MemoryStorage


@pytest.fixture(params=["path", "file", "memory", "s3"])
def root(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """An address below which there is nothing yet."""
    monkeypatch.setitem(BACKENDS, "memory", MemoryStorage)
    if request.param == "s3":
        return f"{request.getfixturevalue('bucket')}/runs/a"
    place = tmp_path / "run"
    return {"path": str(place), "file": f"file://{place}", "memory": f"memory:/{place}"}[request.param]


@pytest.fixture
def storage(root: str) -> RunStorage:
    return open_storage(root)


def test_nothing_is_there_before_the_first_file(storage: RunStorage) -> None:
    assert not storage.exists() and not storage.exists("a") and storage.list_names() == []
    for ask in (storage.read, storage.open, storage.size, storage.delete_file, storage.delete_directory):
        with pytest.raises(FileNotFoundError):
            ask("a")


def test_a_folder_that_is_made_while_it_is_listed(storage: RunStorage) -> None:
    rounds = 1000 if "://" not in storage.root else 5
    made, wrong = list[int](), list[Exception]()

    def look() -> None:
        while len(made) < rounds and not wrong:
            try:
                storage.list_names(str(len(made)))
            except Exception as error:
                wrong.append(error)

    looker = threading.Thread(target=look)
    looker.start()
    for number in range(rounds):
        storage.write(f"{number}/b", b"")
        made.append(number)
    looker.join()
    assert not wrong, wrong[0]


def test_a_file_is_read_as_it_was_written(storage: RunStorage) -> None:
    storage.write("a.json", b"one")
    storage.write("deep/er/b.bin", b"12345")
    storage.write("a.json", b"two!")
    assert storage.read("a.json") == b"two!" and storage.size("a.json") == 4
    assert storage.file_sizes() == {"a.json": 4} and storage.file_sizes("none") == {}
    assert storage.list_names() == ["a.json", "deep"] and storage.list_names("deep/er") == ["b.bin"]
    assert storage.exists() and storage.exists("deep") and storage.exists("deep/er/b.bin")
    assert open_storage(storage.root).read("a.json") == b"two!"
    with storage.open("deep/er/b.bin") as stream:
        stream.seek(3)
        assert stream.read() == b"45"


def test_lines_are_added(storage: RunStorage) -> None:
    storage.append("logs/events.jsonl", b"1\n")
    storage.append("logs/events.jsonl", b"2\n")
    assert storage.read("logs/events.jsonl") == b"1\n2\n"


def test_a_file_is_created_once(storage: RunStorage) -> None:
    assert storage.create("deep/er/a", b"one")
    assert not storage.create("deep/er/a", b"two") and storage.read("deep/er/a") == b"one"
    assert storage.create("deep/er/a", b"one")  # said again after a reply was lost
    assert storage.list_names("deep/er") == ["a"]


def race_to_create(storage: RunStorage) -> list[bytes]:
    """Of eight writers those that were told that they made the file."""
    gate, won = threading.Barrier(8), []

    def create(data: bytes) -> None:
        gate.wait()
        if storage.create("the", data):
            won.append(data)

    threads = [threading.Thread(target=create, args=(str(n).encode() * 1000,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return won


def test_of_several_writers_one_creates_the_file(storage: RunStorage) -> None:
    assert race_to_create(storage) == [storage.read("the")]
    assert storage.list_names() == ["the"]


def test_also_where_a_file_has_one_name_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """File systems without hard links."""

    def refuse(*_: object) -> None:
        raise PermissionError(errno.EPERM, "not permitted")

    monkeypatch.setattr(os, "link", refuse)
    storage = open_storage(str(tmp_path / "run"))
    assert storage.create("a", b"one") and not storage.create("a", b"two") and storage.create("a", b"one")
    assert storage.list_names() == ["a"]


def test_where_nobody_can_promise_that_it_is_said() -> None:
    hosted = FilesystemStorage("mock:///bucket/run")
    with pytest.raises(StorageError, match="nobody can be kept from replacing a file there"):
        hosted.create("a", b"one")


def test_what_is_deleted_is_gone(storage: RunStorage) -> None:
    for name in ("keep", "stage/a", "stage/b/c"):
        storage.write(name, b"x")
    storage.delete_file("stage/a")
    assert storage.list_names("stage") == ["b"] and storage.file_sizes("stage") == {}
    storage.delete_directory("stage")
    assert storage.list_names() == ["keep"] and not storage.exists("stage/b/c")


def test_files_go_in_and_out(storage: RunStorage, tmp_path: Path) -> None:
    (tmp_path / "here").write_bytes(b"weights")
    storage.upload(tmp_path / "here", "model/w")
    storage.download("model/w", tmp_path / "there")
    assert (tmp_path / "there").read_bytes() == b"weights"


def test_parts_and_parquet_lie_in_any_storage(root: str) -> None:
    assert committed_parts(root) == {}
    for number, keys in enumerate(([3, 1], [2])):
        commit_part(root, number, pa.table({"key": keys, "text": [str(key) for key in keys]}), {"n": len(keys)})
    records = committed_parts(root)
    assert {number: (record.rows, record.counts) for number, record in records.items()} == {
        0: (2, {"n": 2}),
        1: (1, {"n": 1}),
    }
    files = [f"{root}/{record.file}" for record in records.values()]
    assert [row["key"] for row in read_rows(files)] == [3, 1, 2]
    assert list(read_rows(files, ["text"], [("key", "=", 2)])) == [{"text": "2"}]
    assert [batch.num_rows for batch in read_batches(files, ["key"], batch_rows=1)] == [1, 1, 1]
    commit_part(root, 2, pa.table({"nested": [[{"a": 1, "b": 2}]]}))
    nested = f"{root}/{committed_parts(root)[2].file}"
    assert list(read_rows([nested], ["nested.list.element.b"])) == [{"nested": [{"b": 2}]}]
    with open_file(files[0]) as source:
        assert source.read(4) == b"PAR1"


def test_a_checkpoint_lies_in_any_storage(root: str, tmp_path: Path) -> None:
    def write(directory: Path) -> None:
        (directory / "model.safetensors").write_bytes(b"weights")

    assert not is_saved(root)
    saved = save_atomically(write, root)
    assert is_saved(root)
    local = fetch_checkpoint(root, cache_dir=str(tmp_path / "cache"))
    assert verify_checkpoint(local).policy_id == saved.policy_id


def test_a_local_file_is_never_seen_half_written(tmp_path: Path) -> None:
    """A reader beside a writer of two versions finds one of them, and no temporary file stays."""
    storage = open_storage(str(tmp_path / "run"))
    versions = (b"a" * 500_000, b"b" * 500_000)
    storage.write("file", versions[0])

    def write() -> None:
        for turn in range(40):
            storage.write("file", versions[turn % 2])

    writer = threading.Thread(target=write)
    writer.start()
    while writer.is_alive():
        assert storage.read("file") in versions
    writer.join()
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["file"]


def test_damage_is_named() -> None:
    assert parse_json(b"[1]", "x") == [1]
    with pytest.raises(DamagedError, match=r"runs/a/x\.json is damaged"):
        parse_json(b"[1", "runs/a/x.json")


def test_storages_of_a_bucket_share_a_client(monkeypatch: pytest.MonkeyPatch) -> None:
    """Until the environment says otherwise; nothing is asked of a network."""
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    one, two = (ObjectStorage(f"s3://bucket/runs/{name}") for name in ("one", "two"))
    assert one._store is two._store
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    assert ObjectStorage("s3://bucket/runs/one")._store is not one._store
