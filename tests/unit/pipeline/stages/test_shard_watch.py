"""Shards that stand still are told from those that work, by the signs of their tasks."""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest

from actors.deadline import StalledError
from actors.storage.parts import commit_part
from pipeline.stages import heartbeat, shard_watch
from pipeline.stages.heartbeat import Heartbeat, Sign, TellingTask, forget_signs, read_signs
from pipeline.stages.shard_watch import MOST_ATTEMPTS, RESTARTS, ShardWatch

STALL_S = 0.2


class Stage:
    """A stage of three shards whose tasks are this test; `ended` notes the processes that the watch ends."""

    def __init__(self, directory: Path) -> None:
        self.directory, self.ended = str(directory), []  # type: ignore[var-annotated]
        self.watch = ShardWatch(self.directory, [0, 1, 2], 0.5, STALL_S, self._end)

    def _end(self, sign: Sign) -> bool:
        self.ended.append((sign.part, sign.attempt))
        self.tell(sign.part, f"{sign.attempt}+")  # Ray begins it anew
        return True

    def tell(self, part: int, attempt: str, steps: float = 0) -> None:
        folder = Path(self.directory) / heartbeat.IN_FLIGHT
        folder.mkdir(parents=True, exist_ok=True)
        sign = Sign(part=part, attempt=attempt, node="n", host="10.0.0.1", process=71, steps=steps)
        (folder / f"part-{part}.json").write_text(heartbeat.to_json(sign))

    def look_for(self, seconds: float, meanwhile: Callable[[int], None] = lambda look: None) -> None:
        end, look = time.monotonic() + seconds, 0
        while time.monotonic() < end:
            meanwhile(look := look + 1)
            self.watch.look()
            time.sleep(STALL_S / 10)


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path / "iter_0001" / "pairs")


def test_a_shard_that_works_outlives_the_limit_many_times(stage: Stage) -> None:
    stage.look_for(4 * STALL_S, lambda look: stage.tell(1, "a", steps=look))
    assert stage.ended == []


def test_one_that_stands_still_beside_others_is_told_ended_and_at_last_named(
    stage: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    stage.tell(2, "a")
    with pytest.raises(StalledError, match=r"part 2 \(node 10\.0\.0\.1, process 71\) made no progress for data"):
        stage.look_for(20 * STALL_S, lambda look: stage.tell(1, "b", steps=look))
    assert stage.ended == [(2, "a"), (2, "a+"), (2, "a++")] and len(stage.ended) == RESTARTS
    told = capsys.readouterr().out
    assert "part 2 (node 10.0.0.1, process 71) has made no progress for" in told
    assert "it begins anew" in told and "part 1" not in told


def test_one_whose_process_ends_again_and_again_is_named(stage: Stage) -> None:
    with pytest.raises(StalledError, match=rf"part 0 .* began {MOST_ATTEMPTS + 1} times"):
        stage.look_for(20 * STALL_S, lambda look: stage.tell(0, str(look // 3), steps=look))


def test_nothing_that_begins_is_named_with_what_was_asked_for(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shard_watch, "BEGIN_S", STALL_S)
    commit_part(stage.directory, 0, pa.table({"a": [1]}))
    with pytest.raises(StalledError, match=r"2 of 3 shards are left and none has begun .* asks for 0\.5 CPU"):
        stage.look_for(20 * STALL_S)


def test_a_task_tells_how_far_it_is_and_takes_its_sign_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeat, "WRITE_EVERY_S", 0.01)
    monkeypatch.setattr(heartbeat, "_first_sign", lambda part: replace(SIGN, part=part))
    seen = []

    def work(shard: dict[str, object], beat: Heartbeat) -> dict[str, object]:
        beat.step()
        beat.follow(lambda: 7)
        end = time.monotonic() + 5
        while time.monotonic() < end and not any(sign.steps == 8 for sign in seen):
            seen.extend(read_signs(str(tmp_path)))
        return shard

    shard = {"directory": str(tmp_path), "part": 4}
    assert TellingTask(work)(shard) == shard
    assert {(4, 8)} <= {(sign.part, sign.steps) for sign in seen} <= {(4, 0), (4, 8)}
    assert read_signs(str(tmp_path)) == []
    forget_signs(str(tmp_path))
    assert list(tmp_path.iterdir()) == []


SIGN = Sign(part=0, attempt="a", node="n", host="h", process=1)
