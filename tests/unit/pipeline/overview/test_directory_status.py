"""The status of real run directories, on a disk and in object stores, and what it costs."""

import json
import os
import shutil
import socket
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pyarrow as pa
import pytest

from actors.storage.parts import commit_part
from actors.storage.run_storage import BACKENDS
from pipeline import cli
from pipeline.errors import StoreError
from pipeline.overview.directory_status import directory_status
from pipeline.overview.listing import list_runs
from pipeline.overview.text import listing_text, status_text
from pipeline.state.lease.holding import held_lease
from pipeline.state.run_files import RunFiles
from pipeline.state.store import Store
from pipeline.trackers.live import LIVE, LiveStage
from pipeline.trackers.status_file import STATUS, StatusFile
from tests.support.counting_filesystem import CountedStorage, CountingHandler
from tests.support.driving import write_driver_file
from tests.support.small_run import small_run

OLD_RUN = Path(__file__).parents[3] / "data" / "run-0.1.0"


@pytest.fixture
def old(tmp_path: Path) -> Path:
    return Path(shutil.copytree(OLD_RUN, tmp_path / "old"))


@pytest.fixture
def handler(monkeypatch: pytest.MonkeyPatch) -> CountingHandler:
    handler = CountingHandler()
    monkeypatch.setitem(BACKENDS, "counted", partial(CountedStorage, handler))
    return handler


def working(root: str, look: Callable[[], object] = lambda: None) -> Store:
    """A run that samples, as its driver would tell: 2 of 4 parts, 30 of 60 episodes, 10 of them of an earlier start.
    `look` is called while it works; afterwards it was killed."""
    store = Store(root)
    store.write(json.dumps({"run": {"iterations": 1}}).encode(), "config.json")
    write_driver_file(root)
    for part in range(2):
        commit_part(f"{root}/iter_0001/episodes", part, pa.table({"a": [1]}))
    LIVE.begin_run()
    LIVE.stages = 22
    LIVE.finish_stage({"ended_infrastructure": 1, "ended_unjudged": 2, "episodes": 80}, 5000, 3000)
    LIVE.begin_stage(LiveStage(iteration=1, name="episodes", number=12), later_s=100.0)
    LIVE.expect_parts(4)
    LIVE.count(20, 60, "episodes", 10, infrastructure=3, unjudged=0)
    status = StatusFile(root, "run")
    status.record()
    LIVE.count(30, 60, "episodes", 10, infrastructure=3, unjudged=0)
    LIVE.notice("  generator 0 is lost; another one is started", workers_lost=1)
    status._write(status.record())
    look()
    return store


def test_a_run_at_work(tmp_path: Path) -> None:
    status = directory_status(working(str(tmp_path / "r")).root)
    assert (status.kind, status.state, status.host) == ("run", "running", socket.gethostname())
    assert (status.stage, status.iteration, status.stage_number, status.stages) == ("episodes", 1, 12, 22)
    assert (status.parts_done, status.parts, status.done, status.total) == (2, 4, 30, 60)
    assert status.episodes == 100
    assert (status.infrastructure_share, status.unjudged_share) == (0.04, 0.02)
    assert status.workers_lost == 1 and status.notice == "generator 0 is lost; another one is started"
    assert status.rate_per_s and status.stage_ends and status.run_ends
    assert status.run_ends - status.stage_ends == pytest.approx(100)
    assert status.checkpoint_bytes == 3000
    assert status.size_bytes == sum(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file())
    text = status_text(status)
    assert "12 of 22: episodes of iteration 1" in text and "30 of 60 episodes (50%), 2 of 4 parts committed" in text
    assert "infrastructure 4.0%, unjudged 2.0% of 100 episodes" in text


def test_nothing_is_written_and_no_lock_is_asked_for(tmp_path: Path, handler: CountingHandler) -> None:
    root = tmp_path / "r"
    working(str(root))
    status = directory_status(f"counted://{root}")
    assert status.stage == "episodes" and status.parts_done == 2
    assert (status.size_bytes, status.size_of) == (5000, "finished stages")
    counts = handler.counts()
    assert counts.keys() <= {"listing", "read"} and counts["listing"] == 3
    assert counts["read"] == 3, "status.json, the driver's file, and whether the stage is linked"


def test_the_cost_does_not_grow_with_the_stages(tmp_path: Path, handler: CountingHandler) -> None:
    root = tmp_path / "r"
    working(str(root))
    for stage in ("pairs", "verifier", "scores", "search_greedy"):
        commit_part(f"{root}/iter_0000/{stage}", 0, pa.table({"a": [1]}))
    directory_status(f"counted://{root}")
    assert sum(handler.counts().values()) == 6


def test_a_run_of_an_earlier_version(old: Path, handler: CountingHandler) -> None:
    """It has neither driver.json nor status.json: the folders of its stages say how far it is."""
    status = directory_status(str(old))
    assert (status.state, status.stage, status.iteration, status.stages_done) == ("stopped", "policy", 1, 10)
    assert status.told_by == "it names no driver, and nothing says that it is finished"
    assert directory_status(f"counted://{old}").stages_done == 10
    assert handler.counts().keys() <= {"listing", "read", "info"}


def test_a_finished_run_of_an_earlier_version(tmp_path: Path) -> None:
    root = small_run(tmp_path).root
    assert directory_status(root).state == "stopped", "nothing says that it is finished"
    RunFiles(root).write(b'{"iteration": 0}\n{"iteration": 1}\n', "metrics.jsonl")
    status = directory_status(root)
    assert (status.state, status.stage) == ("finished", None)
    assert status.told_by == "its last iteration has its metrics"


def test_a_run_in_an_object_store(bucket: str) -> None:
    root = f"{bucket}/runs/r"
    working(root)
    status = directory_status(root)
    assert (status.state, status.stage, status.parts_done) == ("running", "episodes", 2)
    (listed,) = list_runs(f"{bucket}/runs")
    assert (listed.name, listed.stage) == ("r", "episodes")


def test_a_listing(tmp_path: Path, old: Path) -> None:
    working(str(tmp_path / "r"))
    small_run(tmp_path)
    (tmp_path / "photos").mkdir()
    (tmp_path / "notes.txt").write_text("no folder")
    (tmp_path / "damaged").mkdir()
    for name in ("config.json", STATUS):
        (tmp_path / "damaged" / name).write_text("{")
    found = {one.name: one for one in list_runs(str(tmp_path))}
    assert {name: one.state for name, one in found.items()} == {
        "photos": "unreadable",
        "damaged": "unreadable",
        "old": "stopped",
        "small": "stopped",
        "r": "running",
    }
    lines = listing_text(list(found.values())).splitlines()
    assert len(lines) == 6
    assert "photos  no run: it holds neither config.json nor study.json" in lines
    assert any(line.startswith(f"damaged  {tmp_path}/damaged/{STATUS} is damaged") for line in lines)


def test_a_listing_asks_little_per_run(tmp_path: Path, handler: CountingHandler) -> None:
    for name in "abcde":
        working(str(tmp_path / name))
    assert len(list_runs(f"counted://{tmp_path}")) == 5
    assert handler.counts() == {"listing": 2 + 2 * 5, "read": 2 * 5}


def test_a_listing_is_by_the_last_change(tmp_path: Path) -> None:
    for name in ("b", "c", "a"):
        working(str(tmp_path / name))
    assert [one.name for one in list_runs(str(tmp_path))] == ["b", "c", "a"]


def test_the_commands(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    working(str(tmp_path / "r"))
    assert cli.main(["status", str(tmp_path / "r"), "--json"]) == 0
    status = json.loads(capfd.readouterr().out)
    assert (status["schema"], status["state"], status["stage"]) == ("run_status/1", "running", "episodes")
    assert cli.main(["ls", str(tmp_path), "--json"]) == 0
    assert [json.loads(line)["name"] for line in capfd.readouterr().out.splitlines()] == ["r"]
    assert cli.main(["status", str(tmp_path)]) == 2
    assert "no run: it holds neither" in capfd.readouterr().err
    assert cli.main(["ls", str(tmp_path / "nowhere")]) == 2
    assert cli.main(["status", str(tmp_path / "r" / "config.json")]) == 2
    assert "Traceback" not in capfd.readouterr().err


def test_watching_ends_with_the_run(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    root = str(tmp_path / "r")
    working(root)
    status = StatusFile(root, "run")
    with pytest.raises(RuntimeError), status:
        raise RuntimeError("boom")
    assert cli.main(["status", root, "--watch", "0.01"]) == 0
    out = capfd.readouterr().out
    assert " · failed: its driver said so" in out and "error     RuntimeError: boom" in out


def test_a_lease_says_who_drives(tmp_path: Path) -> None:
    root = str(tmp_path / "r")
    store = working(root)
    RunFiles(root).delete("driver.json")
    with held_lease(store, 60.0):
        assert directory_status(root).told_by == f"its process {os.getpid()} on this host is alive"
    told = f"its process {os.getpid()} on this host is gone, and did not say that it ended"
    assert directory_status(root).told_by == told, "the lease was let go, and status.json says nothing of an end"


def test_a_damaged_driver_file_is_no_driver(tmp_path: Path) -> None:
    root = str(tmp_path / "r")
    working(root)
    RunFiles(root).write(b"{", "driver.json")
    assert directory_status(root).told_by.startswith(f"its driver on {socket.gethostname()} wrote")


def test_a_file_is_no_run_and_holds_none(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("x")
    with pytest.raises(StoreError, match="mine is a file; give the folder that holds runs"):
        list_runs(str(tmp_path / "mine"))
    assert directory_status(str(tmp_path / "mine")).told_by == "a file, and no run"
