"""Shards over real Ray actors: each result once, the dead replaced, stalls named."""

import contextlib
import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest
import ray
from ray.exceptions import GetTimeoutError, RayActorError

from actors.supervision import MOST_SHARDS_PER_WORKER, Supervisor, WorkerBrokenError, WorkersLostError

pytestmark = pytest.mark.usefixtures("ray_session")


@ray.remote(num_cpus=0, max_concurrency=32)
class Worker:
    def __init__(self, slot: int) -> None:
        self.slot, self.steps, self.shards = slot, 0, 0

    def work(self, shard: int) -> tuple[int, int]:
        time.sleep(0.02)
        return shard, self.slot

    def work_or_die_once(self, shard: int, marker: str) -> int:
        if shard == 3 and not os.path.exists(marker):  # noqa: PTH110
            open(marker, "w").close()  # noqa: PTH123
            os._exit(1)
        time.sleep(0.02)
        return shard

    def die(self, shard: int) -> int:
        os._exit(1)

    def hang(self, shard: int) -> int:
        time.sleep(60)
        return shard

    def stop_once(self, shard: int, marker: str) -> int:
        if shard == 3 and not os.path.exists(marker):  # noqa: PTH110
            Path(marker).write_text(str(os.getpid()))
            os.kill(os.getpid(), signal.SIGSTOP)
        return shard

    def crawl(self, shard: int) -> int:
        for _ in range(12):
            time.sleep(0.25)
            self.steps += 1
        return shard

    def hold(self, shard: int, until: int) -> int:
        """Ends when so many shards are here together."""
        self.shards += 1
        while self.shards < until:
            time.sleep(0.02)
        return shard

    def moved(self) -> int:
        return self.steps

    def give_up(self, shard: int) -> int:
        raise WorkerBrokenError("the device is gone")

    def refuse(self, shard: int) -> int:
        raise ValueError(f"shard {shard} is bad")


def make(slot: int) -> Any:
    return Worker.remote(slot)


def test_each_shard_gives_one_result_and_all_workers_share() -> None:
    supervisor = Supervisor(make=make, call=lambda worker, shard: worker.work.remote(shard), stall_s=30)
    results = supervisor.run(range(12), slots=2)
    assert sorted(shard for shard, _ in results) == list(range(12))
    assert {slot for _, slot in results} == {0, 1}


def test_a_dead_worker_loses_nothing(tmp_path: Any) -> None:
    marker = str(tmp_path / "died")
    supervisor = Supervisor(
        make=make, call=lambda worker, shard: worker.work_or_die_once.remote(shard, marker), stall_s=30
    )
    assert sorted(supervisor.run(range(8), slots=2)) == list(range(8))
    assert os.path.exists(marker)  # noqa: PTH110


def test_the_restart_budget_ends() -> None:
    supervisor = Supervisor(make=make, call=lambda worker, shard: worker.die.remote(shard), stall_s=30, restarts=1)
    with pytest.raises(WorkersLostError, match="restart budget"):
        supervisor.run(range(4), slots=1)


def moved(worker: Any) -> float | None:
    try:
        return ray.get(worker.moved.remote(), timeout=1)
    except (GetTimeoutError, RayActorError):
        return None


def test_a_worker_that_was_stopped_is_found_and_another_does_its_shards(tmp_path: Any) -> None:
    marker, started = str(tmp_path / "stopped"), time.monotonic()
    supervisor = Supervisor(
        make=make, call=lambda worker, shard: worker.stop_once.remote(shard, marker), stall_s=2, moved=moved
    )
    assert sorted(supervisor.run(range(6), slots=2)) == list(range(6))
    assert time.monotonic() - started < 30 and supervisor.restarts == 2
    with contextlib.suppress(ProcessLookupError):
        os.kill(int(Path(marker).read_text()), signal.SIGKILL)


def test_a_worker_that_answers_while_nothing_moves_is_given_up_and_its_shard_is_named() -> None:
    supervisor = Supervisor(
        make=make,
        call=lambda worker, shard: worker.hang.remote(shard),
        stall_s=0.7,
        setting="generator.stall_s",
        restarts=0,
        moved=moved,
    )
    with pytest.raises(
        WorkersLostError, match=r"worker 0 answers, .* \(generator.stall_s\); waiting for 7. The restart"
    ):
        supervisor.run([7], slots=1)


def test_slow_work_that_moves_outlives_the_limit_many_times(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("actors.supervision.TICK_S", 0.2)  # many looks: a pause of the machine is only one of them
    supervisor = Supervisor(
        make=make, call=lambda worker, shard: worker.crawl.remote(shard), stall_s=0.5, restarts=0, moved=moved
    )
    assert supervisor.run([4], slots=1) == [4]


def test_a_worker_with_room_is_given_more_shards_at_once_up_to_a_limit() -> None:
    supervisor = Supervisor(
        make=make,
        call=lambda worker, shard: worker.hold.remote(shard, MOST_SHARDS_PER_WORKER),
        stall_s=30,
        moved=moved,
        has_room=lambda worker: True,
    )
    assert sorted(supervisor.run(range(40), slots=1)) == list(range(40))
    assert supervisor.most == [MOST_SHARDS_PER_WORKER]


def test_a_broken_worker_is_replaced_and_its_reason_stands_at_the_end() -> None:
    supervisor = Supervisor(make=make, call=lambda worker, shard: worker.give_up.remote(shard), stall_s=30, restarts=1)
    with pytest.raises(WorkersLostError, match=r"worker 0 is lost: the device is gone\. The restart budget"):
        supervisor.run([7], slots=1)
    assert supervisor.restarts == 0


def test_a_shards_own_error_is_not_retried() -> None:
    supervisor = Supervisor(make=make, call=lambda worker, shard: worker.refuse.remote(shard), stall_s=30)
    with pytest.raises(ValueError, match="shard 5 is bad"):
        supervisor.run([5], slots=1)
