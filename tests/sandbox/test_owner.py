"""What a dead driver left is removed, by the next pool, and what belongs to others never is."""

import tempfile
from pathlib import Path

import pytest

from sandbox.containers import ownership
from sandbox.containers.docker_client import connect_engine
from sandbox.containers.listener import BoxListener
from sandbox.errors import BoxLost
from sandbox.image.build import ensure_image
from sandbox.pool.pool import Pool


def test_the_reaper_removes_the_dead_owners_boxes_only(engine: None) -> None:
    client = connect_engine()
    alive, dead = ownership.owner_labels(), ownership.owner_labels()
    boot = alive[ownership.OWNER].split(":")[0]
    dead[ownership.OWNER] = f"{boot}:{2**22 - 1}:1"
    foreign = {**dead, ownership.OWNER: f"another-boot:{2**22 - 1}:1"}
    options = {"image": ensure_image(client), "command": ["python3", "-c", "pass"], "network_mode": "none"}
    boxes = {
        name: client.containers.create(labels=labels, **options)
        for name, labels in {"alive": alive, "dead": dead, "foreign": foreign}.items()
    }
    try:
        removed = ownership.reap_containers(client)
        assert boxes["dead"].name in removed
        assert boxes["alive"].name not in removed and boxes["foreign"].name not in removed
    finally:
        for name in ("alive", "foreign"):
            boxes[name].remove(force=True)


def test_a_pool_begins_with_the_reaper(engine: None) -> None:
    client = connect_engine()
    labels = ownership.owner_labels()
    dead = {**labels, ownership.OWNER: f"{labels[ownership.OWNER].split(':')[0]}:{2**22 - 1}:1"}
    left = client.containers.create(ensure_image(client), ["python3", "-c", "pass"], labels=dead, network_mode="none")
    with Pool(boxes=1):
        assert left.name not in {box.name for box in client.containers.list(all=True, ignore_removed=True)}


def test_the_reaper_removes_the_dead_owners_folders_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    alive = ownership.folder_prefix()
    place = alive.split("-")[2]
    dead, foreign = f"mucode-box-{place}-{2**22 - 1}-1-x", f"mucode-box-00000000-{2**22 - 1}-1-x"
    for name in (f"{alive}x", dead, foreign, "mucode-box-other"):
        (tmp_path / name / "ctl").mkdir(parents=True)
    assert ownership.reap_folders() == [dead]
    assert {path.name for path in tmp_path.iterdir()} == {f"{alive}x", foreign, "mucode-box-other"}
    monkeypatch.setattr(tempfile, "tempdir", "/tmp")
    listener = BoxListener()
    assert listener.folder.parent.name.startswith(alive) and (listener.folder / "box").exists()
    listener.close()
    assert not listener.folder.parent.exists()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / ("long" * 25)))
    (tmp_path / ("long" * 25)).mkdir()
    with pytest.raises(BoxLost, match="AF_UNIX path too long"):
        BoxListener()
    assert not list((tmp_path / ("long" * 25)).iterdir())
