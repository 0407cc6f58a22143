"""Executors judge programs: a sandbox pool behind a Ray actor, and the client that spreads calls over them.

consumes       (problem, program, suite) from many episodes at once
waits for      a place at the executor with the fewest calls, then its outcome, with a deadline
produces       exactly one Outcome per call
unblocked by   the outcome; a dead, broken or late executor: the call goes to another one, and after
               `attempts` the outcome is infrastructure_error, which is never a label
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from actors.executor.batching import Question
from actors.executor.client import PATIENCE_S, PLACES
from actors.supervision.restart_watch import LifeSign, life_sign
from sandbox.problem import Problem, Suite
from sandbox.verdict import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutorConfig:
    """All that an executor actor is built from; picklable, so that Ray can build it again."""

    boxes: int = 2
    least_boxes: int = 1
    idle_s: float = 60.0
    runtime: str = "runc"
    memo: bool = True
    second_seed: bool = False
    packages: tuple[str, ...] = ()


class Executor:
    """A sandbox pool that answers coroutines; run it as a Ray actor with the `sandbox` resource and no CPU.

    The pool's boxes are separate processes under Docker, which the operating system schedules; the actor only waits.
    At most PLACES programs are in the pool. Others wait before it, so that no call blocks the actor's event loop.
    """

    def __init__(self, config: ExecutorConfig) -> None:
        from sandbox.pool.pool import Pool
        from sandbox.selftest import selftest

        selftest.ensure_limits(config.runtime)  # raises LimitNotEnforced: no work for boxes that do not hold
        self._pool = Pool(
            boxes=config.boxes,
            runtime=config.runtime,
            cached=config.memo,
            queued=PLACES,
            packages=config.packages,
            second_seed=config.second_seed,
            least=config.least_boxes,
            idle_s=config.idle_s,
        )
        self._pool.__enter__()
        self._places = asyncio.Semaphore(PLACES)
        self._memo = config.memo
        self._late: set[asyncio.Future[Outcome]] = set()
        self._in_flight = self._done = 0

    async def ready(self) -> bool:
        return True

    async def judge(self, problem: Problem, program: str, suite: Suite, every_test: bool = False) -> Outcome:
        """Run a suite, to its first failing test or through."""
        async with self._places:
            self._in_flight += 1
            try:
                return await asyncio.wrap_future(self._pool.submit(problem, program, suite, not every_test))
            finally:
                self._in_flight -= 1
                self._done += 1

    async def judge_many(self, questions: Sequence[Question]) -> list[Outcome | None]:
        """Outcomes in the order of the questions. When none has come for PATIENCE_S, the missing ones are None.

        They are judged all the same: who asks again gets the outcome of that run. Without a memo nothing is None.
        """
        asked = [asyncio.ensure_future(self.judge(*question)) for question in questions]
        waiting = set(asked)
        while waiting:
            done, waiting = await asyncio.wait(
                waiting, timeout=PATIENCE_S if self._memo else None, return_when=asyncio.FIRST_COMPLETED
            )
            if not done:
                break
        self._late |= waiting  # nobody else holds them
        for late in waiting:
            late.add_done_callback(self._late.discard)
        return [one.result() if one.done() else None for one in asked]

    async def status(self) -> dict[str, int]:
        return {"in_flight": self._in_flight, "done": self._done}

    async def life(self) -> LifeSign:
        """Which process this is: Ray starts one that died again without a word."""
        return life_sign(self._done)

    async def close(self) -> None:
        """Remove the boxes. Ray's kill does not wait for anything, so call this first."""
        await asyncio.to_thread(self._pool.close)
