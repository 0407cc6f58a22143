"""Checkpoints are whole or not there, and named by their content."""

import json
import multiprocessing
import os
import shutil
import signal
import time
from pathlib import Path

import pytest

from actors.storage.checkpoint import (
    CheckpointError,
    fetch_checkpoint,
    is_saved,
    save_atomically,
    verify_checkpoint,
    weights_checksum,
)


def fill(directory: Path, weights: bytes = b"weights") -> None:
    (directory / "model.safetensors").write_bytes(weights)
    (directory / "config.json").write_text("{}")
    (directory / "training.json").write_text("notes")


def test_saved_and_verified_and_named_by_content(tmp_path: Path) -> None:
    first = save_atomically(fill, str(tmp_path / "a"))
    second = save_atomically(fill, str(tmp_path / "deep" / "b"))
    os.utime(tmp_path / "deep/b/model.safetensors", (1, 1))
    assert first.policy_id == second.policy_id == weights_checksum(tmp_path / "deep" / "b")
    assert verify_checkpoint(tmp_path / "a") == first
    assert len(first.policy_id) == 16
    other = save_atomically(lambda half: fill(half, b"weightz"), str(tmp_path / "c"))
    assert other.policy_id != first.policy_id


def test_notes_do_not_change_the_name(tmp_path: Path) -> None:
    saved = save_atomically(fill, str(tmp_path / "a"))
    (tmp_path / "a" / "training.json").write_text("other notes")
    assert weights_checksum(tmp_path / "a") == saved.policy_id


@pytest.mark.parametrize("umask, directories, files", [(0o022, 0o755, 0o644), (0o007, 0o770, 0o660)])
def test_modes_follow_the_umask(tmp_path: Path, umask: int, directories: int, files: int) -> None:
    def private(directory: Path) -> None:  # as libraries write that go through tempfile
        fill(directory)
        (directory / "model.safetensors").chmod(0o600)
        (directory / "inner").mkdir(mode=0o700)
        (directory / "inner" / "notes").touch(mode=0o600)

    before = os.umask(umask)
    try:
        save_atomically(private, str(tmp_path / "a"))
    finally:
        os.umask(before)
    found = {path: path.stat().st_mode & 0o777 for path in [tmp_path / "a", *(tmp_path / "a").rglob("*")]}
    assert len(found) == 7
    assert found == {path: directories if path.is_dir() else files for path in found}


def test_an_exception_while_writing_leaves_nothing(tmp_path: Path) -> None:
    def fail(directory: Path) -> None:
        fill(directory)
        raise OSError("no space left on device")

    with pytest.raises(OSError, match="no space"):
        save_atomically(fail, str(tmp_path / "a"))
    assert list(tmp_path.iterdir()) == []


def _write_and_wait(target: str) -> None:
    def slow(directory: Path) -> None:
        fill(directory)
        (directory.parent / "written").touch()
        time.sleep(60)

    save_atomically(slow, target)


def test_a_kill_while_writing_leaves_the_older_checkpoint(tmp_path: Path) -> None:
    old = save_atomically(fill, str(tmp_path / "a"))
    writer = multiprocessing.get_context("fork").Process(target=_write_and_wait, args=(str(tmp_path / "a"),))
    writer.start()
    deadline = time.monotonic() + 30
    while not (tmp_path / "written").exists():
        assert time.monotonic() < deadline, "the writer did not get to its files within 30 s"
        time.sleep(0.01)
    os.kill(writer.pid or 0, signal.SIGKILL)
    writer.join(10)
    assert verify_checkpoint(tmp_path / "a") == old
    new = save_atomically(lambda half: fill(half, b"new"), str(tmp_path / "a"))
    assert verify_checkpoint(tmp_path / "a") == new != old


def test_a_folder_with_other_files_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "thesis.txt").write_text("years")
    with pytest.raises(CheckpointError, match="holds other files"):
        save_atomically(fill, str(tmp_path / "a"))
    assert (tmp_path / "a" / "thesis.txt").read_text() == "years"


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (lambda root: (root / "model.safetensors").write_bytes(b"weigh"), "has 5 bytes, expected 7"),
        (lambda root: (root / "model.safetensors").write_bytes(b"strange"), "not the file that was saved"),
        (lambda root: (root / "model.safetensors").unlink(), "is missing"),
        (lambda root: (root / "model-2.safetensors").write_bytes(b"x"), "does not list"),
        (lambda root: (root / "checkpoint.json").write_text('{"files"'), "cut short or altered"),
        (lambda root: (root / "checkpoint.json").unlink(), "written last"),
    ],
)
def test_damage_is_refused(tmp_path: Path, damage: object, says: str) -> None:
    save_atomically(fill, str(tmp_path / "a"))
    damage(tmp_path / "a")  # type: ignore[operator]
    with pytest.raises(CheckpointError, match=says):
        verify_checkpoint(tmp_path / "a")


def test_no_weights_no_name(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="holds no weights"):
        weights_checksum(tmp_path)


def test_a_remote_checkpoint_is_copied_once_and_verified(tmp_path: Path) -> None:
    uri = f"file://{tmp_path}/store/a"  # pyarrow's local filesystem, by the path that s3:// takes
    saved = save_atomically(fill, uri)
    assert is_saved(uri)
    assert json.loads((tmp_path / "store/a/checkpoint.json").read_text())["policy_id"] == saved.policy_id
    cache = str(tmp_path / "cache")
    local = fetch_checkpoint(uri, cache)
    assert weights_checksum(local) == saved.policy_id
    inode = (Path(local) / "model.safetensors").stat().st_ino
    assert fetch_checkpoint(uri, cache) == local
    assert (Path(local) / "model.safetensors").stat().st_ino == inode
    shutil.rmtree(tmp_path / "store")
    with pytest.raises(CheckpointError, match="no checkpoint at"):
        fetch_checkpoint(uri, cache)


def test_a_local_directory_is_used_in_place_and_a_wrong_path_says_so(tmp_path: Path) -> None:
    assert fetch_checkpoint(str(tmp_path)) == str(tmp_path)
    with pytest.raises(CheckpointError, match="no model directory at"):
        fetch_checkpoint(str(tmp_path / "absent"))
