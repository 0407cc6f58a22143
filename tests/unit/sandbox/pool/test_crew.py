"""Workers come while jobs wait and go when none come; every job is done once, whatever the order of things."""

import queue
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from sandbox.pool.crew import Crew


class Counting(threading.Thread):
    """Notes its jobs; each blocks until `gate` is open."""

    def __init__(self, next_job: Callable[[], Any], done: list[Any], gate: threading.Event) -> None:
        super().__init__(daemon=True)
        self._next_job, self._done, self._gate = next_job, done, gate

    def run(self) -> None:
        while (job := self._next_job()) is not None:
            self._gate.wait(30)
            self._done.append(job)


class Scene:
    def __init__(self, least: int, most: int, idle_s: float = 0.2) -> None:
        self.jobs: queue.Queue[int | None] = queue.Queue()
        self.done: list[int] = []
        self.gate = threading.Event()
        self.crew: Crew[int] = Crew(self._make, self.jobs, least=least, most=most, idle_s=idle_s)
        self.crew.open()

    def _make(self, number: int) -> Counting:
        return Counting(self.crew.next_job, self.done, self.gate)

    def put(self, job: int) -> None:
        self.jobs.put(job)
        self.crew.called()

    def until(self, true: Callable[[], bool], deadline_s: float = 10) -> None:
        end = time.monotonic() + deadline_s
        while not true():
            assert time.monotonic() < end, (
                f"alive {self.crew.alive}, done {len(self.done)}, waiting {self.jobs.qsize()}"
            )
            time.sleep(0.01)


@pytest.fixture
def scene() -> Scene:
    return Scene(least=1, most=4)


def test_workers_come_for_what_waits_and_no_more(scene: Scene) -> None:
    assert scene.crew.alive == 1
    scene.put(0)
    scene.until(lambda: scene.jobs.empty())
    assert scene.crew.alive == 1
    for job in range(1, 3):
        scene.put(job)
    scene.until(lambda: scene.jobs.empty())
    assert scene.crew.alive == 3
    for job in range(3, 20):
        scene.put(job)
    assert scene.crew.alive == 4
    scene.gate.set()
    scene.until(lambda: len(scene.done) == 20)


def test_those_without_work_go_but_the_least(scene: Scene) -> None:
    for job in range(8):
        scene.put(job)
    assert scene.crew.alive == 4
    scene.gate.set()
    scene.until(lambda: scene.crew.alive == 1)
    scene.put(8)
    scene.until(lambda: sorted(scene.done) == list(range(9)))


def test_with_as_many_least_as_most_none_goes() -> None:
    scene = Scene(least=3, most=3, idle_s=0.01)
    time.sleep(0.2)
    assert scene.crew.alive == 3
    scene.crew.close()
    scene.crew.join(5)
    assert scene.crew.alive == 0


def test_a_least_above_the_most_is_the_most() -> None:
    assert Scene(least=9, most=2).crew.alive == 2


def test_nobody_comes_after_the_end(scene: Scene) -> None:
    scene.gate.set()
    scene.put(0)
    scene.crew.close()
    scene.crew.join(5)
    scene.put(1)
    assert scene.crew.alive == 0 and scene.done == [0]


def test_every_job_is_done_once_while_workers_come_and_go() -> None:
    """Pauses around the time after which a worker goes, so that jobs come as workers leave."""
    scene, draw = Scene(least=1, most=6, idle_s=0.004), random.Random(0)
    scene.gate.set()
    for job in range(2000):
        scene.put(job)
        if draw.random() < 0.1:
            time.sleep(draw.uniform(0, 0.01))
    scene.until(lambda: len(scene.done) == 2000)
    assert set(Counter(scene.done).values()) == {1}
    scene.until(lambda: scene.crew.alive == 1)
