"""Runs that share stages: computed once, found by identity, and never mixed."""

import json
import time
from pathlib import Path

import pyarrow as pa
import pytest

from actors.storage.parts import commit_part
from pipeline.errors import StoreError
from pipeline.state.identity import StageIdentity
from pipeline.state.manifest import Manifest
from pipeline.state.stage import Stage, StageOutput
from pipeline.state.store import Store

TABLE = pa.table({"a": [1, 2, 3]})


def not_called(*_: object) -> StageOutput:
    raise AssertionError("not called")


THINGS = Stage(name="things", title="things", config_fields=("rollouts",), function=not_called)
SUMS = Stage(name="sums", title="sums", config_fields=(), function=not_called, recomputed=True)


def identity(samples: int, step: Stage = THINGS) -> StageIdentity:
    return StageIdentity(iteration=0, stage=step.name, settings={"rollouts.samples": samples}, inputs={})


def run(tmp_path: Path, name: str) -> Store:
    return Store(str(tmp_path / "cells" / name), "../../stages")


def finish(store: Store, samples: int, step: Stage = THINGS) -> Manifest:
    named = identity(samples, step)
    store.discard_stale(step, named)
    store.link(named)
    directory = store.prepare(named)
    commit_part(directory, 0, TABLE)
    return store.commit(named, StageOutput(expected_parts=1), time.monotonic())


def test_equal_identities_share_one_place(tmp_path: Path) -> None:
    first = finish(run(tmp_path, "one"), samples=4)
    other = run(tmp_path, "two")
    assert other.find(0, "things") is None
    other.link(identity(4))
    assert other.find(0, "things") == first
    assert len(list((tmp_path / "stages").rglob("manifest.json"))) == 1
    finish(run(tmp_path, "three"), samples=5)
    assert len(list((tmp_path / "stages").rglob("manifest.json"))) == 2


def test_who_reads_only_needs_no_settings(tmp_path: Path) -> None:
    first = finish(run(tmp_path, "one"), samples=4)
    assert Store(str(tmp_path / "cells" / "one")).find(0, "things") == first


def test_a_study_may_be_moved(tmp_path: Path) -> None:
    finish(run(tmp_path / "here", "one"), samples=4)
    (tmp_path / "here").rename(tmp_path / "there")
    found = run(tmp_path / "there", "one").find(0, "things")
    assert found is not None
    assert found.directory.startswith(str(tmp_path / "there" / "stages"))


def test_a_begun_stage_is_not_continued_under_other_settings(tmp_path: Path) -> None:
    store = run(tmp_path, "one")
    store.link(identity(4))
    commit_part(store.prepare(identity(4)), 0, TABLE)
    store.link(identity(5))
    with pytest.raises(StoreError, match="begun with other settings"):
        store.prepare(identity(5))


def test_a_link_to_nothing_is_moved(tmp_path: Path) -> None:
    """Killed between the link and the first byte of the stage, a run may still change its settings."""
    store = run(tmp_path, "one")
    store.link(identity(4))
    assert finish(store, samples=5).directory == store.directory(0, "things")
    begun = [json.loads(file.read_bytes()) for file in (tmp_path / "stages").rglob("begun.json")]
    assert [found["identity"] for found in begun] == [{"rollouts.samples": 5}]


def test_a_recomputed_stage_is_linked_elsewhere_and_others_keep_theirs(tmp_path: Path) -> None:
    one, two = run(tmp_path, "one"), run(tmp_path, "two")
    first = finish(one, 4, SUMS)
    assert finish(two, 4, SUMS).digest == first.digest
    finish(one, 5, SUMS)
    assert two.find(0, "sums") is not None
    assert one.directory(0, "sums") != two.directory(0, "sums")
