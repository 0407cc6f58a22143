"""Shards over real Ray actors: each result once, the dead replaced, stalls named."""

import os
import time
from typing import Any

import pytest
import ray

from actors.supervision import StallError, Supervisor, WorkersLostError

pytestmark = pytest.mark.usefixtures("ray_session")


@ray.remote(num_cpus=0, max_concurrency=4)
class Worker:
    def __init__(self, slot: int) -> None:
        self.slot = slot

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


def test_a_stall_names_what_is_pending() -> None:
    supervisor = Supervisor(make=make, call=lambda worker, shard: worker.hang.remote(shard), stall_s=2)
    with pytest.raises(StallError, match="worker 0: 7"):
        supervisor.run([7], slots=1)


def test_a_shards_own_error_is_not_retried() -> None:
    supervisor = Supervisor(make=make, call=lambda worker, shard: worker.refuse.remote(shard), stall_s=30)
    with pytest.raises(ValueError, match="shard 5 is bad"):
        supervisor.run([5], slots=1)
