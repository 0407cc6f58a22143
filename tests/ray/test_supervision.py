"""Shards over real Ray actors: each result once, the lost replaced, stalls named, crash loops ended."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

import pytest
import ray

from actors.supervision.crew import WorkerReport, WorkerStart
from actors.supervision.restart_watch import LifeSign, RestartWatch, life_sign
from actors.supervision.supervisor import Supervisor, WorkerBrokenError, WorkersLostError
from actors.supervision.worker_slot import MOST_SHARDS_PER_WORKER
from tests.support.cluster_nodes import ROOT

pytestmark = pytest.mark.usefixtures("ray_session")


@ray.remote(num_cpus=0, max_concurrency=32)
class Worker:
    def __init__(self, slot: int) -> None:
        self.slot, self.steps, self.shards = slot, 0, 0

    def ready(self, after_s: float = 0.0) -> int:
        time.sleep(after_s)
        return self.slot

    def work(self, shard: int, seconds: float = 0.02) -> tuple[int, int]:
        time.sleep(seconds)
        self.steps += 1
        return shard, self.slot

    def work_or_die_once(self, shard: int, marker: str) -> int:
        if shard == 3 and not os.path.exists(marker):  # noqa: PTH110
            open(marker, "w").close()  # noqa: PTH123
            os._exit(1)
        time.sleep(0.02)
        return shard

    def die_of(self, shard: int, poison: int) -> int:
        if shard == poison:
            os._exit(1)
        self.steps += 1
        time.sleep(0.1)
        return shard

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

    def report(self, has_room: bool) -> WorkerReport:
        return WorkerReport(moved=self.steps, finished=self.steps, has_room=has_room)

    def give_up(self, shard: int) -> int:
        raise WorkerBrokenError("the device is gone")

    def refuse(self, shard: int) -> int:
        raise ValueError(f"shard {shard} is bad")


class Workers:
    """A crew of them. `call(worker, shard)`: what a shard is."""

    def __init__(self, call: Callable[[Any, int], Any], has_room: bool = False, first: bool = False) -> None:
        self.call, self.has_room, self.first = call, has_room, first
        self.made: Counter[int] = Counter()
        self.told: list[str] = []
        self.late_s = 0.0  # until a second worker of a slot is up
        self.asked: dict[Any, Any] = {}

    def start(self, slot: int, *, again: bool) -> WorkerStart:
        self.made[slot] += 1
        worker = Worker.remote(slot)
        return WorkerStart(worker=worker, ready=worker.ready.remote(self.late_s if again else 0.0), first=self.first)

    def has_place(self, slot: int) -> bool:
        return True

    def started(self, slot: int, result: int) -> None:
        assert result == slot

    def play(self, worker: Any, shard: int) -> Any:
        return self.call(worker, shard)

    def ask(self, workers: Collection[Any]) -> dict[Any, WorkerReport]:
        answers = {}
        for worker, reference in list(self.asked.items()):
            if ray.wait([reference], timeout=0)[0]:
                del self.asked[worker]
                with contextlib.suppress(ray.exceptions.RayActorError):
                    answers[worker] = ray.get(reference)
        self.asked |= {worker: worker.report.remote(self.has_room) for worker in workers if worker not in self.asked}
        return answers

    def take_back(self, worker: Any, shard: Any) -> None: ...

    def text_of(self, error: Exception) -> str:
        return str(getattr(error, "cause", None) or error).strip()

    def tell(self, slot: int, text: str) -> None:
        self.told.append(text)

    def start_error(self, slot: int, reason: str) -> Exception:
        return RuntimeError(f"worker {slot} {reason or 'found no place'}")

    def tick(self) -> None: ...


def supervise(crew: Workers, stall_s: float = 30.0) -> Supervisor[int]:
    return Supervisor(crew, stall_s=stall_s, setting="generator.stall_s", start_s=60.0)


def test_each_shard_gives_one_result_and_all_workers_share() -> None:
    results = supervise(Workers(lambda worker, shard: worker.work.remote(shard, 0.1))).run(range(12), slots=2)
    assert sorted(shard for shard, _ in results) == list(range(12))
    assert {slot for _, slot in results} == {0, 1}


def test_a_dead_worker_loses_nothing_and_others_do_its_shards_before_another_one_is_up(tmp_path: Path) -> None:
    marker = str(tmp_path / "died")
    crew = Workers(lambda worker, shard: worker.work_or_die_once.remote(shard, marker))
    crew.late_s = 30.0
    supervisor, started = supervise(crew), time.monotonic()
    assert sorted(supervisor.run(range(8), slots=2)) == list(range(8))
    assert os.path.exists(marker) and time.monotonic() - started < 20  # noqa: PTH110
    assert supervisor.replaced == len(crew.told) == 1 and "another one is started" in crew.told[0]


def test_a_worker_that_fails_at_once_and_always_ends_the_run_with_its_reason() -> None:
    crew = Workers(lambda worker, shard: worker.give_up.remote(shard))
    with pytest.raises(
        WorkersLostError,
        match=r"worker 0 is lost: the device is gone\. The restart budget is spent: lost 3 times in a row without",
    ):
        supervise(crew).run([7], slots=1)
    assert crew.made[0] == 3


@pytest.mark.slow
def test_a_shard_that_kills_every_worker_ends_the_run_and_is_named() -> None:
    """Each of them finishes others in between, so no single one fails at once and always."""
    crew = Workers(lambda worker, shard: worker.die_of.remote(shard, 5))
    with pytest.raises(WorkersLostError, match=r"lost (4 times with .*5.* at work|3 times in a row)"):
        supervise(crew).run(range(200), slots=4)
    assert sum(crew.made.values()) <= 4 + 6


def test_a_first_start_that_fails_ends_the_run_at_once() -> None:
    class Broken(Workers):
        def start(self, slot: int, *, again: bool) -> WorkerStart:
            worker = Worker.remote(slot)
            return WorkerStart(worker=worker, ready=worker.give_up.remote(0), first=True)

    with pytest.raises(RuntimeError, match="worker 0 did not start: the device is gone"):
        supervise(Broken(lambda worker, shard: worker.work.remote(shard))).run([1], slots=1)


class Crowded(Workers):
    """Only `placed` of the slots find a place."""

    placed = 1

    def start(self, slot: int, *, again: bool) -> WorkerStart:
        worker = Worker.remote(slot)
        ray.get(worker.ready.remote())  # its process is there: what follows is no race with that
        return WorkerStart(worker=worker, ready=worker.ready.remote(0.0 if slot < self.placed else 60.0))

    def has_place(self, slot: int) -> bool:
        return slot < self.placed


def test_who_finds_no_place_is_waited_for_while_another_one_works_and_no_longer() -> None:
    crew = Crowded(lambda worker, shard: worker.work.remote(shard, 0.3))
    supervisor = Supervisor[int](crew, stall_s=30, start_s=1.0)
    assert sorted(supervisor.run(range(8), slots=2)) == [(shard, 0) for shard in range(8)]
    crew.placed = 0
    with pytest.raises(RuntimeError, match="worker 0 found no place"):
        supervisor.run(range(8), slots=2)


def test_a_worker_that_was_stopped_is_found_and_another_does_its_shards(tmp_path: Path) -> None:
    marker, started = str(tmp_path / "stopped"), time.monotonic()
    supervisor = supervise(Workers(lambda worker, shard: worker.stop_once.remote(shard, marker)), stall_s=3)
    assert sorted(supervisor.run(range(6), slots=2)) == list(range(6))
    assert time.monotonic() - started < 30 and supervisor.replaced == 1
    with contextlib.suppress(ProcessLookupError):
        os.kill(int(Path(marker).read_text()), signal.SIGKILL)


def test_a_worker_that_answers_while_nothing_moves_is_replaced_and_its_shard_is_named() -> None:
    class Told(Workers):
        def tell(self, slot: int, text: str) -> None:
            raise InterruptedError(text)

    with pytest.raises(InterruptedError, match=r"answers, .* \(generator.stall_s\); waiting for 7; another one"):
        supervise(Told(lambda worker, shard: worker.hang.remote(shard)), stall_s=0.7).run([7], slots=1)


def test_slow_work_that_moves_outlives_the_limit_many_times(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("actors.supervision.supervisor.TICK_S", 0.2)  # many looks: a pause of the machine is only one
    supervisor = supervise(Workers(lambda worker, shard: worker.crawl.remote(shard)), stall_s=0.8)
    assert supervisor.run([4], slots=1) == [4] and supervisor.replaced == 0


def test_a_worker_with_room_is_given_more_shards_at_once_up_to_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("actors.supervision.supervisor.TICK_S", 0.1)
    crew = Workers(lambda worker, shard: worker.hold.remote(shard, MOST_SHARDS_PER_WORKER), has_room=True)
    supervisor = supervise(crew)
    assert sorted(supervisor.run(range(40), slots=1)) == list(range(40))
    assert [slot.most for slot in supervisor.slots] == [MOST_SHARDS_PER_WORKER]


def test_a_shards_own_error_is_not_retried() -> None:
    with pytest.raises(ValueError, match="shard 5 is bad"):
        supervise(Workers(lambda worker, shard: worker.refuse.remote(shard))).run([5], slots=1)


# ---- actors that Ray starts again -----------------------------------------------------------------------------------


@ray.remote(num_cpus=0, max_restarts=-1)
class Fragile:
    """Fails in its start if there is a file."""

    def __init__(self, obstacle: str = "") -> None:
        self.finished = 0
        if obstacle and Path(obstacle).exists():
            raise ValueError("the engine is gone")

    def work(self) -> None:
        self.finished += 1

    def die(self) -> None:
        os._exit(1)

    def life(self) -> LifeSign:
        return life_sign(self.finished)


def looked_at(watch: RestartWatch, actor: Any, lives: list[str], count: int) -> None:
    """Look until so many lives were told."""
    deadline = time.monotonic() + 60
    while len(lives) < count and time.monotonic() < deadline:
        watch.look([actor])
        time.sleep(0.05)
    assert len(lives) == count


def life_after(actor: Any, life: str) -> str:
    """Of the actor, as soon as it is not that one any more."""
    while True:
        with contextlib.suppress(ray.exceptions.RayActorError):
            if (sign := ray.get(actor.life.remote())).life != life:
                return str(sign.life)


@pytest.mark.slow
def test_restarts_by_ray_are_told_and_a_crash_loop_ends_the_run() -> None:
    actor, told = Fragile.remote(), list[str]()
    watch = RestartWatch("executor", lambda one: one.life.remote(), told.append, advice="Look at it.")
    with pytest.raises(WorkersLostError, match=r"executor 0 dies whenever Ray starts it: 3 times in a row .*Look at"):
        for count in range(3):
            life = life_after(actor, "")
            for _ in range(3):
                watch.look([actor])
                time.sleep(0.1)
            actor.die.remote()
            life_after(actor, life)
            looked_at(watch, actor, told, count + 1)
    assert told == ["executor 0 died; Ray has started another one"] * 2


@pytest.mark.slow
def test_one_that_cannot_start_again_is_told_with_its_reason(tmp_path: Path) -> None:
    obstacle = tmp_path / "obstacle"
    actor, told = Fragile.remote(str(obstacle)), list[str]()
    life_after(actor, "")
    obstacle.touch()
    actor.die.remote()
    watch = RestartWatch("executor", lambda one: one.life.remote(), told.append)
    with pytest.raises(WorkersLostError, match=r"executor 0 did not start again: (.|\n)*the engine is gone"):
        looked_at(watch, actor, told, 2)
    assert len(told) == 1


@pytest.mark.slow
def test_a_worker_that_went_with_its_node_costs_nothing_and_gets_the_place_of_the_next() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.lost_node"], cwd=ROOT, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    told, shards, costs = done.stdout.splitlines()
    assert "another one is started" in told and shards == str(list(range(40)))
    assert costs == "replaced 1, two more losses cost [['', ''], ['', '']]"
