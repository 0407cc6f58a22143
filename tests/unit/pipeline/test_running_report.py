"""report.html while a run goes on: as often as it is cheap, and never at the run's cost."""

import time
from pathlib import Path

import pytest

from pipeline import running_report
from pipeline.running_report import RunningReport
from pipeline.trackers.live import LIVE
from tests.support.small_run import small_run


def test_it_is_written_after_stages_while_that_is_cheap(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    written: list[float] = []
    cost = 0.0

    def write(store: object) -> str:
        nonlocal now
        written.append(now)
        now += cost
        return "report.html"

    now = 1000.0
    monkeypatch.setattr(running_report, "write_report", write)
    monkeypatch.setattr(time, "monotonic", lambda: now)
    report = RunningReport(small_run(tmp_path))
    report.after_stage()
    report.after_stage()
    assert len(written) == 2
    cost = 1.0
    report.after_stage()
    now += 10.0  # 1 s of 10 s is too much
    report.after_stage()
    assert len(written) == 3
    now += 10.0
    report.after_stage()
    assert len(written) == 4
    cost = 5.0
    now += 100.0
    report.after_stage()
    assert "report.html takes 5 s: it is written after each iteration from now on" in capsys.readouterr().out
    now += 1000.0
    report.after_stage()
    assert len(written) == 5
    report.after_iteration()
    report.after_iteration()  # nothing was done since
    assert len(written) == 6


def test_one_that_fails_is_told_kept_and_tried_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = small_run(tmp_path)
    LIVE.begin_run()
    metrics = tmp_path / "small" / "iter_0000" / "metrics" / "manifest.json"
    whole = metrics.read_text()
    metrics.write_text("{")
    report = RunningReport(store)
    report.after_stage()
    assert "report.html could not be written: " in capsys.readouterr().out
    assert "manifest.json is damaged" in LIVE.notices[-1].text
    assert "Traceback" in (tmp_path / "small" / "failures" / "report.txt").read_text()
    metrics.write_text(whole)
    assert report.write() == f"{store.root}/report.html"
    assert (tmp_path / "small" / "report.html").stat().st_size > 1000
