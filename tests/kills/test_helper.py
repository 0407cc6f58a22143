"""The helper of the matrix finds what it should: what is left, where a run is, and rows for every victim."""

import json
import os
import subprocess
import sys
import time
from multiprocessing.shared_memory import SharedMemory
from pathlib import Path
from typing import get_args

import docker
import pytest

from sandbox.containers.ownership import OWNER, boot_id
from sandbox.image.build import ensure_image
from tests.kills.footprint import Footprint, stat
from tests.kills.moments import Position, is_at, position
from tests.kills.results import FILE, PAGE, with_table
from tests.kills.rows import ROWS, Victim
from tests.kills.victims import SPECIAL, TITLES

ORPHAN = "import subprocess; subprocess.Popen(['sleep', '60'], start_new_session=True)"


def test_a_process_that_outlives_its_parent_is_found(tmp_path: Path) -> None:
    with Footprint(tmp_path / "own") as footprint:
        subprocess.run([sys.executable, "-c", ORPHAN], env={**os.environ, **footprint.environment}, check=True)
        subprocess.Popen(["sleep", "0.1"]).wait()  # somebody else's
        (pid,) = footprint.alive()
        assert footprint.left(0.0) == [f"process {pid}: sleep 60"]
        os.kill(pid, 9)
        assert footprint.left(5.0) == []


def test_files_and_shared_memory_of_nobody_are_found(tmp_path: Path) -> None:
    with Footprint(tmp_path / "own") as footprint:
        (tmp_path / "own" / "ray").mkdir()
        (tmp_path / "own" / "mucode-examples-1").mkdir()
        memory = SharedMemory(create=True, size=64)
        try:
            assert footprint.left(0.0) == ["file mucode-examples-1"]  # the memory is mapped here
            memory.close()
            assert footprint.left(0.0) == ["file mucode-examples-1", f"shared memory {memory.name}"]
        finally:
            memory.unlink()


@pytest.mark.docker
def test_a_box_of_an_owner_that_was_seen_is_found(tmp_path: Path) -> None:
    client = docker.from_env()
    with Footprint(tmp_path / "own") as footprint:
        owner = subprocess.Popen(["sleep", "60"], env={**os.environ, **footprint.environment})
        label = f"{boot_id()}:{owner.pid}:{(stat(owner.pid) or ('', 0))[0]}"
        box = client.containers.create(ensure_image(client), ["true"], labels={OWNER: label})
        try:
            assert footprint.alive() == [owner.pid]
            owner.kill()
            owner.wait()
            assert footprint.left(0.0) == [f"container {box.name}"]
        finally:
            box.remove(force=True)


def write(path: Path, body: object = None) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(body or {}))


def test_moments_are_read_from_the_files_of_a_stage(tmp_path: Path) -> None:
    stage = tmp_path / "iter_0000" / "episodes"

    def now() -> list[str]:
        return [moment for moment in ("start", "middle", "commit", "between") if is_at(stage, moment, 2)]  # type: ignore[arg-type]

    assert now() == [] and position(tmp_path) == Position(0, 0, 0)
    write(stage / "begun.json")
    assert now() == ["start"] and position(tmp_path) == Position(0, 1, 0)
    write(stage / "part-00000.json", {"file": "a"})
    assert now() == ["start", "middle"] and position(tmp_path) == Position(0, 1, 1)
    write(stage / "part-00001.json", {"file": "b"})
    assert now() == ["start", "commit"]
    write(stage / "manifest.json")
    assert now() == ["between"] and position(tmp_path) == Position(1, 1, 0) > Position(0, 1, 2)


def test_every_victim_has_a_way_to_be_hit_and_a_row() -> None:
    victims = set(get_args(Victim))
    assert {row.victim for row in ROWS} == victims == {*SPECIAL, *TITLES}
    assert len({row.name for row in ROWS}) == len(ROWS)


def test_the_page_holds_the_table_of_the_results() -> None:
    text = PAGE.read_text()
    assert with_table(text, json.loads(FILE.read_text())) == text, "run `python -m tests.kills.results`"


def test_the_footprint_sees_what_ends_before_it_is_asked(tmp_path: Path) -> None:
    with Footprint(tmp_path / "own") as footprint:
        subprocess.Popen(["sleep", "1"], env={**os.environ, **footprint.environment}).wait()
        time.sleep(0.1)
        assert [name for name in footprint.known.values() if name == "sleep 1"] and footprint.alive() == []
