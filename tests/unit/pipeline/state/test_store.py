"""Resumes that do not lie: what is finished is verified, what differs is refused."""

import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from actors.storage.checkpoint import Checkpoint
from actors.storage.parts import commit_part, committed_parts
from actors.storage.run_storage import DamagedError
from pipeline.config.schema import Config
from pipeline.errors import StoreError
from pipeline.state.identity import StageIdentity
from pipeline.state.manifest import Manifest
from pipeline.state.run_directory import require_free
from pipeline.state.stage import Stage, StageOutput
from pipeline.state.store import Store

TABLE = pa.table({"a": [1, 2, 3]})


def not_called(*_: object) -> StageOutput:
    raise AssertionError("not called")


THINGS = Stage(name="things", title="things", config_fields=("rollouts",), function=not_called)
SUMS = replace(THINGS, recomputed=True)


def identity(settings: dict[str, Any] | None = None, inputs: dict[str, str] | None = None) -> StageIdentity:
    return StageIdentity(iteration=1, stage="things", settings=settings or {}, inputs=inputs or {})


FOUR, EIGHT = identity({"rollouts.samples": 4}), identity({"rollouts.samples": 8})


def finish(store: Store, parts: int = 2) -> Manifest:
    directory = store.prepare(FOUR)
    for number in range(parts):
        commit_part(directory, number, TABLE, {"sampled": 3, "dropped": number})
    return store.commit(FOUR, StageOutput(expected_parts=parts), time.monotonic())


def test_a_manifest_reads_back_as_it_was_written(tmp_path: Path) -> None:
    store = Store(str(tmp_path))
    written = finish(store)
    found = store.find(1, "things")
    assert found == written
    assert found.rows == 6
    assert found.counts == {"sampled": 6, "dropped": 1}


def test_a_moved_run_is_found_under_its_new_place(tmp_path: Path) -> None:
    finish(Store(str(tmp_path / "old")))
    (tmp_path / "old").rename(tmp_path / "new")
    found = Store(str(tmp_path / "new")).find(1, "things")
    assert found is not None
    assert all(Path(file).is_file() for file in found.files().values())


def test_no_manifest_means_not_finished_but_its_parts_are_kept(tmp_path: Path) -> None:
    store = Store(str(tmp_path))
    directory = store.prepare(identity({"x": 1}))
    commit_part(directory, 0, TABLE)
    assert store.find(1, "things") is None
    assert list(committed_parts(store.prepare(identity({"x": 1})))) == [0]


def test_files_without_a_record_are_ignored(tmp_path: Path) -> None:
    directory = str(tmp_path)
    commit_part(directory, 0, TABLE)
    (tmp_path / "part-00001.deadbeef.parquet").write_bytes(b"half")
    (tmp_path / "part-00002.json.1234.tmp").write_bytes(b"{")
    assert list(committed_parts(directory)) == [0]


@pytest.mark.parametrize("damage", ["truncated", "missing", "flipped"])
def test_damaged_parts_are_an_error_that_names_the_file(tmp_path: Path, damage: str) -> None:
    store = Store(str(tmp_path))
    manifest = finish(store)
    file = Path(manifest.files()[1])
    if damage == "missing":
        file.unlink()
    elif damage == "flipped":
        data = bytearray(file.read_bytes())
        data[len(data) // 2] ^= 1
        file.write_bytes(data)
    else:
        file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(StoreError, match=file.name):
        Store(str(tmp_path)).find(1, "things")


def test_a_file_of_ours_that_is_no_json_is_named(tmp_path: Path) -> None:
    store = Store(str(tmp_path))
    for name in ("config.json", "driver.json"):
        store.write(b'{"run": {"na', name)
        with pytest.raises(DamagedError, match=rf"{name} is damaged, no longer the JSON that was written"):
            store.read_json(name)
    (tmp_path / "driver.json").unlink()
    with pytest.raises(DamagedError, match=r"config\.json"):
        require_free(store, Config())
    store.write(b'{"run": {"seed": "x"}}', "config.json")
    with pytest.raises(StoreError, match=r"config\.json is not what a run wrote: run\.seed = 'x'"):
        require_free(store, Config())
    commit_part(str(tmp_path / "iter_0000" / "pairs"), 0, pa.table({"n": [1]}))
    record = tmp_path / "iter_0000" / "pairs" / "part-00000.json"
    record.write_text(record.read_text()[:20])
    with pytest.raises(DamagedError, match=r"part-00000\.json"):
        committed_parts(str(tmp_path / "iter_0000" / "pairs"))


def test_other_settings_are_refused_and_named(tmp_path: Path) -> None:
    store = Store(str(tmp_path))
    manifest = finish(store)
    with pytest.raises(StoreError, match=r"rollouts\.samples: there 4, now 8"):
        store.require_same(manifest, EIGHT)
    with pytest.raises(StoreError, match="input episodes"):
        store.require_same(manifest, identity({"rollouts.samples": 4}, {"episodes": "abc"}))


def test_parts_begun_under_other_settings_are_refused(tmp_path: Path) -> None:
    store = Store(str(tmp_path))
    commit_part(store.prepare(identity({"x": 1})), 0, TABLE)
    with pytest.raises(StoreError, match=r"begun with other settings or inputs \(x: there 1, now 2\)"):
        store.prepare(identity({"x": 2}))
    with pytest.raises(StoreError, match=r"\(input plug-in strategy mine: there None, now 'b'\)"):
        store.prepare(identity({"x": 1}, {"plug-in strategy mine": "b"}))


def test_a_stage_that_left_nothing_is_begun_anew_under_other_settings(tmp_path: Path) -> None:
    """A plug-in that failed at once is mended, and the run goes on."""
    store = Store(str(tmp_path))
    store.prepare(identity({}, {"plug-in strategy mine": "broken"}))
    mended = identity({}, {"plug-in strategy mine": "mended"})
    directory = store.prepare(mended)
    assert json.loads((Path(directory) / "begun.json").read_text())["identity_hash"] == mended.hash
    (Path(directory) / "checkpoint").mkdir()
    with pytest.raises(StoreError, match="there 'mended', now 'broken'"):
        store.prepare(identity({}, {"plug-in strategy mine": "broken"}))


def test_a_missing_part_stops_the_commit(tmp_path: Path) -> None:
    store = Store(str(tmp_path))
    directory = store.prepare(identity())
    commit_part(directory, 0, TABLE)
    with pytest.raises(StoreError, match="1 committed parts, expected 2"):
        store.commit(identity(), StageOutput(expected_parts=2), time.monotonic())


def test_the_manifest_is_written_last_and_is_json(tmp_path: Path) -> None:
    finish(Store(str(tmp_path)))
    body = json.loads((tmp_path / "iter_0001" / "things" / "manifest.json").read_text())
    assert body["stage"] == "things"
    assert len(body["parts"]) == 2


def test_a_finished_training_without_its_checkpoint_is_an_error(tmp_path: Path) -> None:
    store = Store(str(tmp_path))
    directory = store.prepare(identity())
    output = StageOutput(checkpoint=Checkpoint(path=f"{directory}/checkpoint", policy_id="p"))
    store.commit(identity(), output, time.monotonic())
    with pytest.raises(StoreError, match="checkpoint is missing or incomplete"):
        store.find(1, "things")


def test_only_recomputed_stages_are_discarded_and_only_if_inputs_changed(tmp_path: Path) -> None:
    store = Store(str(tmp_path))
    finish(store)
    assert not store.discard_stale(THINGS, EIGHT)
    assert not store.discard_stale(SUMS, FOUR)
    assert store.find(1, "things") is not None
    assert store.discard_stale(SUMS, identity({"rollouts.samples": 4}, {"search": "new"}))
    assert store.find(1, "things") is None


def test_a_finished_stage_holds_only_what_its_manifest_lists(tmp_path: Path) -> None:
    store = Store(str(tmp_path))
    directory = Path(store.prepare(identity()))
    (directory / "part-00000.deadbeef.parquet").write_bytes(b"an attempt that died")
    commit_part(str(directory), 0, TABLE)
    commit_part(str(directory), 0, TABLE)  # a retried task
    (directory / "training_steps.parquet").write_bytes(b"what lies beside the parts stays")
    manifest = store.commit(identity(), StageOutput(), time.monotonic())
    assert [path.name for path in directory.glob("part-*.parquet")] == [part.file for part in manifest.parts]
    assert (directory / "training_steps.parquet").exists()
