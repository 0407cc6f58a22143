"""Traces of runs: rows, times and nesting, over resumes, other clocks, kills and runs at work."""

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from actors.storage.run_storage import BACKENDS
from pipeline import cli
from pipeline.trackers.group import open_trackers
from pipeline.trackers.live import LIVE, LiveStage
from pipeline.trackers.status_file import StatusFile
from pipeline.trackers.tracker import RunInfo
from tests.support.counting_filesystem import CountedStorage, CountingHandler
from tests.support.trace_format import read_trace

Line = tuple[str, float, float] | tuple[str, float, float, int]


def write_spans(root: Path, *lines: Line) -> Path:
    """A run directory; each line is a name, a start, seconds, and the iteration of a stage."""
    root.mkdir(parents=True)
    (root / "config.json").write_text("{}")
    names = ("name", "start", "seconds", "iteration")
    bodies = [json.dumps(dict(zip(names, line, strict=False))) for line in lines]
    (root / "spans.jsonl").write_text("".join(f"{body}\n" for body in bodies))
    return root


def traced(root: Path | str, out: Path) -> dict[str, list[dict[str, Any]]]:
    assert cli.main(["trace", str(root), "--out", str(out)]) == 0
    return read_trace(out)


def places(events: list[dict[str, Any]]) -> list[tuple[str, int, float, float]]:
    """Name, row, start and seconds."""
    return [(event["name"], event["tid"], event["ts"] / 1e6, event["dur"] / 1e6) for event in events]


def test_a_resume_on_a_host_whose_clock_is_behind(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The first driver was killed; the second one's clock is 100 s behind, and is set back by 5 s in its middle."""
    root = write_spans(
        tmp_path / "r",
        ("start", 1000.0, 0.0),
        ("episodes", 1001.0, 10.0, 0),
        ("pairs", 1011.0, 2.5, 0),
        ("start", 920.0, 0.0),
        ("verifier", 921.0, 4.0, 0),
        ("examples", 920.0, 1.0, 1),
        ("run", 920.0, 7.0),
    )
    found = traced(root, tmp_path / "trace.json")
    assert places(found["driver"]) == [("driver 1", 1, 0.0, 13.5), ("driver 2", 2, 13.5, 7.0)]
    assert places(found["stage"]) == [
        *(("episodes", 1, 1.0, 10.0), ("pairs", 1, 11.0, 2.5)),
        *(("verifier", 2, 14.5, 4.0), ("examples", 2, 18.5, 1.0)),
    ]
    assert places(found["iteration"]) == [
        *(("iteration 0", 1, 1.0, 12.5), ("iteration 0", 2, 14.5, 4.0), ("iteration 1", 2, 18.5, 1.0)),
    ]
    assert [event["args"] for event in found["driver"]] == [
        {"start": 1000.0, "unfinished": True},
        {"start": 920.0, "clock_moved_s": 93.5},
    ]
    assert found["stage"][-1]["args"] == {"start": 920.0, "iteration": 1, "clock_moved_s": 98.5}
    assert json.loads((tmp_path / "trace.json").read_text())["otherData"] == {"begin": "1970-01-01T00:16:40.000+00:00"}
    assert "1 run, 2 drivers, 4 stages; open it at ui.perfetto.dev" in capsys.readouterr().out


def test_a_resume_the_next_day_keeps_the_gap_and_rounding_moves_nothing(tmp_path: Path) -> None:
    root = write_spans(
        tmp_path / "r",
        ("start", 1000.0, 0.0),
        ("episodes", 1000.0, 2.001, 0),
        ("pairs", 1002.0, 1.0, 0),
        ("run", 1000.0, 3.0),
        ("start", 87400.0, 0.0),
        ("run", 87400.0, 0.5),
    )
    found = traced(root, tmp_path / "trace.json")
    assert places(found["driver"]) == [("driver 1", 1, 0.0, 3.001), ("driver 2", 2, 86400.0, 0.5)]
    assert all("clock_moved_s" not in event["args"] for event in found["stage"])


def test_drivers_of_earlier_versions_are_told_apart_by_their_end(tmp_path: Path) -> None:
    stages: list[Line] = [("episodes", 1001.0, 1.0, 0), ("run", 1000.0, 3.0), ("pairs", 1011.0, 1.0, 0)]
    found = traced(write_spans(tmp_path / "r", *stages), tmp_path / "trace.json")
    assert places(found["driver"]) == [("driver 1", 1, 0.0, 3.0), ("driver 2", 2, 11.0, 1.0)]


@pytest.mark.parametrize("place", ["", "counted://"], ids=["a disk", "an object store"])
def test_a_run_at_work(place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The stage at work is in it, up to what its driver said last."""
    handler = CountingHandler()
    monkeypatch.setitem(BACKENDS, "counted", partial(CountedStorage, handler))
    root = tmp_path / "r"
    root.mkdir()
    (root / "config.json").write_text("{}")
    LIVE.begin_run()
    with open_trackers(["jsonl"], str(root)) as trackers:
        trackers.run_started(RunInfo(run_id="", name="r", root=str(root), iterations=1))
        LIVE.begin_stage(LiveStage(iteration=0, name="episodes"), later_s=None)
        assert LIVE.stage is not None
        status = StatusFile(str(root), "run")
        record = status.record()
        status._write(record)
        found = traced(f"{place}{root}", tmp_path / "trace.json")
    (driver,), (stage,) = found["driver"], found["stage"]
    assert driver["args"]["unfinished"] and stage["args"]["unfinished"] and stage["name"] == "episodes"
    assert stage["args"]["start"] == pytest.approx(LIVE.stage.began, abs=0.01)
    assert stage["dur"] / 1e6 == pytest.approx(record.written - LIVE.stage.began, abs=0.01)
    assert sum(handler.counts().values()) == (4 if place else 0)
    found = traced(root, tmp_path / "trace.json")  # the driver ended by an error, in that stage
    assert "unfinished" not in found["driver"][0]["args"] and found["stage"][0]["args"]["unfinished"]


def test_what_holds_no_times_says_what_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = str(tmp_path / "trace.json")
    assert cli.main(["trace", str(tmp_path), "--out", out]) == 2
    assert "is no run: it holds neither config.json nor study.json" in capsys.readouterr().err
    root = write_spans(tmp_path / "r")
    assert cli.main(["trace", str(root), "--out", out]) == 2
    assert "holds no spans.jsonl, of which a trace is made: the tracker 'jsonl' writes it" in capsys.readouterr().err
    root = write_spans(tmp_path / "s", ("start", 1.0, 0.0))
    assert cli.main(["trace", str(root), "--out", str(tmp_path / "nowhere" / "t.json")]) == 2
    assert "cannot be written: No such file or directory; name a file" in capsys.readouterr().err
