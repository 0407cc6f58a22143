"""status.json: what a driver tells of itself, how often, and what it says in the end."""

from pathlib import Path

import pytest

from pipeline.trackers import status_file
from pipeline.trackers.console import ProgressLine, notice
from pipeline.trackers.live import LIVE, MOST_NOTICES, LiveStage
from pipeline.trackers.status_file import STATUS, StatusFile, StatusRecord, read_status_record
from tests.support.waiting import wait_until


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(status_file, "SPACING_S", (0.01, 0.01))
    monkeypatch.setattr(status_file, "HEARTBEAT_S", (0.05, 0.05))
    LIVE.begin_run()


def read(root: Path) -> StatusRecord:
    record = read_status_record((root / STATUS).read_bytes(), STATUS)
    assert record is not None
    return record


def test_a_stage_is_told_while_it_goes_on(tmp_path: Path) -> None:
    with StatusFile(str(tmp_path), "run"):
        LIVE.begin_stage(LiveStage(iteration=2, name="episodes", number=3), later_s=60.0)
        line = ProgressLine("episodes", 8, done=2, unit="episodes")
        line.update(3, infrastructure=1)
        wait_until(lambda: (tmp_path / STATUS).exists() and "episodes" in (tmp_path / STATUS).read_text())
        wait_until(lambda: (stage := read(tmp_path).stage) is not None and stage.done == 3)
        first = read(tmp_path).stage
        assert first is not None and (first.name, first.already, first.total) == ("episodes", 2, 8)
        assert first.numbers == {"infrastructure": 1} and first.rate_per_s is None
        line.update(5)
        wait_until(lambda: (stage := read(tmp_path).stage) is not None and stage.rate_per_s is not None)
        LIVE.finish_stage({"episodes": 8, "ended_infrastructure": 1}, 100, 0)
    record = read(tmp_path)
    assert (record.ended, record.stage, record.stages_done) == ("finished", None, 1)
    assert (record.episodes, record.infrastructure, record.unjudged) == (8, 1, 0)


@pytest.mark.parametrize(
    ("error", "ended", "said"),
    [(KeyboardInterrupt(), "interrupted", ""), (ValueError("two\nlines"), "failed", "ValueError: two lines")],
)
def test_how_it_ended(tmp_path: Path, error: BaseException, ended: str, said: str) -> None:
    with pytest.raises(type(error)), StatusFile(str(tmp_path), "evaluation"):
        raise error
    assert (read(tmp_path).ended, read(tmp_path).error, read(tmp_path).kind) == (ended, said, "evaluation")


def test_the_file_shows_that_the_driver_lives(tmp_path: Path) -> None:
    """Nothing happens, and it is written again."""
    with StatusFile(str(tmp_path), "run"):
        wait_until(lambda: (tmp_path / STATUS).exists())
        first = read(tmp_path)
        wait_until(lambda: read(tmp_path).written > first.written)
        assert read(tmp_path).moved == first.moved


def test_notices_are_the_last_ones(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with StatusFile(str(tmp_path), "run"):
        for number in range(MOST_NOTICES + 2):
            notice(f"  generator {number} is lost", workers_lost=1)
    record = read(tmp_path)
    assert [one.text for one in record.notices][-1] == f"generator {MOST_NOTICES + 1} is lost"
    assert len(record.notices) == MOST_NOTICES and record.workers_lost == MOST_NOTICES + 2
    assert capsys.readouterr().out.count("is lost") == MOST_NOTICES + 2


def test_a_file_that_cannot_be_written_ends_nothing_and_is_told_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / STATUS).mkdir()  # a rename onto it fails
    with StatusFile(str(tmp_path), "run"):
        for number in range(3):
            LIVE.finish_stage({}, number, 0)
    assert capsys.readouterr().out.count("cannot be written") == 1


def test_a_record_of_another_version_is_none() -> None:
    for body in (b'{"schema": "status/9"}', b"[]", b'{"schema": "status/1", "kind": "run"}'):
        assert read_status_record(body, STATUS) is None
