"""Hundreds of generators are asked at once, and those that hang cost the others nothing."""

import asyncio
import time
from dataclasses import replace
from typing import Any

import pytest
import ray

from actors.generator import Generator
from pipeline.config.load import load_config
from pipeline.stages.generator_watch import LOST_ANSWERS, MOST_NAMED, GeneratorWatch
from tests.support.fakes import ByteTokenizer, FakeEngine, FakeSandbox

COUNT, HANGING = 512, 64
STATUS = asyncio.run(Generator(FakeEngine(), ByteTokenizer(), FakeSandbox()).status())


def many_class() -> Any:
    """A class of its own, so that it travels to the workers by value."""

    class Many:
        """The statuses of many generators, the first `hanging` of which never say anything."""

        def __init__(self, status: Any, hanging: int) -> None:
            self.status_of_all, self.hanging, self.calls = status, hanging, 0

        async def status(self, number: int, episodes: int) -> Any:
            self.calls += 1
            if number < self.hanging:
                await asyncio.sleep(3600)
            return replace(self.status_of_all, episodes_done=episodes, answers_lost=500)

        async def count(self) -> int:
            return self.calls

    return Many


class OneOfMany:
    def __init__(self, actor: Any, number: int) -> None:
        self.actor, self.number, self.episodes = actor, number, 0

    @property
    def status(self) -> Any:
        return self

    def remote(self) -> Any:
        return self.actor.status.remote(self.number, self.episodes)


@pytest.fixture
def many(ray_session: None) -> Any:
    actor: Any = ray.remote(many_class()).options(num_cpus=0, max_concurrency=1000).remote(STATUS, HANGING)
    assert ray.get(actor.count.remote()) == 0  # it is up: its start is none of what is waited for here
    return actor


def test_a_round_waits_for_nobody_and_asks_who_hangs_once(many: Any) -> None:
    workers = [OneOfMany(many, number) for number in range(COUNT)]
    watch = GeneratorWatch(load_config(None), total=10_000, done=0)
    for worker in workers:
        watch.begin(worker)
    deadline, answered = time.monotonic() + 30, set[Any]()
    while len(answered) < COUNT - HANGING and time.monotonic() < deadline:
        started = time.monotonic()
        answered |= watch.ask(workers).keys()
        assert time.monotonic() - started < 3  # one deadline would be 5 s, those of all who hang 320 s
        time.sleep(0.1)
    assert answered == set(workers[HANGING:])
    rounds = 3
    before = ray.get(many.count.remote())
    for _ in range(rounds):
        time.sleep(0.5)
        watch.ask(workers)
    assert 0 < ray.get(many.count.remote()) - before <= (rounds + 1) * (COUNT - HANGING)


def test_what_a_generator_did_before_the_stage_does_not_count_and_few_lost_answers_are_named(many: Any) -> None:
    workers = [OneOfMany(many, number) for number in range(HANGING, HANGING + 6)]
    watch = GeneratorWatch(load_config(None), total=10, done=0)
    for worker in workers:
        worker.episodes = 5
        watch.begin(worker)
        worker.episodes = 7
    watch.finish(workers)
    assert watch.facts()["episodes_per_generator"] == [2] * 6 and LOST_ANSWERS not in watch.facts()
    names = tuple(f"answer {number}" for number in range(20))
    for worker, status in list(watch.now.items()):
        watch.now[worker] = replace(status, answers_lost=status.answers_lost + 400, last_lost=names)
    assert watch.facts()[LOST_ANSWERS] == [*(names * 6)[:MOST_NAMED], f"and {2400 - MOST_NAMED} more"]
