"""Executors judge programs: a sandbox pool behind a Ray actor, and the client that spreads calls over them.

consumes       (problem, program, suite) from many episodes at once
waits for      a place at the executor with the fewest calls, then its outcome, with a deadline
produces       exactly one Outcome per call
unblocked by   the outcome; a dead, broken or late executor: the call goes to another one, and after
               `attempts` the outcome is infrastructure_error, which is never a label
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from actors.batching import Batches, Question
from actors.deadline import within
from sandbox.problem import Problem, Suite
from sandbox.verdict import Outcome, Verdict

Lane = Callable[..., Awaitable[Outcome]]
"""One executor, as a coroutine function of (problem, program, suite), and every_test=True where that is asked."""
PLACES = 256
"""Programs in one executor's pool at a time, waiting or judged."""
PATIENCE_S = 1.0
"""How long programs of a batch that were judged wait for those that were not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutorConfig:
    """All that an executor actor is built from; picklable, so that Ray can build it again."""

    boxes: int = 2
    runtime: str = "runc"
    memo: bool = True


class Executor:
    """A sandbox pool that answers coroutines; run it as a Ray actor with the `sandbox` resource and no CPU.

    The pool's boxes are separate processes under Docker, which the operating system schedules; the actor only waits.
    At most PLACES programs are in the pool. Others wait before it, so that no call blocks the actor's event loop.
    """

    def __init__(self, config: ExecutorConfig) -> None:
        from sandbox import selftest
        from sandbox.pool import Pool

        selftest.ensure(config.runtime)  # raises LimitNotEnforced: no work for boxes that do not hold
        self._pool = Pool(boxes=config.boxes, runtime=config.runtime, memo=config.memo, queued=PLACES)
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

    async def close(self) -> None:
        """Remove the boxes. Ray's kill does not wait for anything, so call this first."""
        await asyncio.to_thread(self._pool.close)


def ray_lane(executor: Any) -> Lane:
    """A Ray actor handle of `Executor` as a lane. Calls that wait for it go in batches."""

    async def judge(*question: Any) -> Outcome:
        return await executor.judge.remote(*question)

    async def judge_many(questions: Sequence[Question]) -> Sequence[Outcome | None]:
        return await executor.judge_many.remote(questions)

    return Batches(judge_many, judge)


@dataclass(slots=True, kw_only=True)
class _Seat:
    """What the client knows of one lane: calls at it, and until when it is left alone after a failure."""

    lane: Lane
    number: int
    in_flight: int = 0
    rests_until: float = 0.0


class JudgeClient:
    """Judges by whichever executor has the fewest calls. At most `in_flight` calls wait at each.

    A lane that raises rests for `rest_s` (Ray restarts dead actors meanwhile), otherwise a dead executor, which
    answers at once, would always look like the least busy one. A lane that reports an infrastructure error about
    one program goes on serving the others; that program tries its luck elsewhere.
    """

    def __init__(
        self,
        lanes: Sequence[Lane],
        *,
        in_flight: int = 64,
        deadline_s: float = 600.0,
        attempts: int = 4,
        rest_s: float = 5.0,
    ) -> None:
        if not lanes:
            raise ValueError("a judge needs at least one executor; there is none")
        self._seats = [_Seat(lane=lane, number=number) for number, lane in enumerate(lanes)]
        self._limit = asyncio.Semaphore(in_flight * len(lanes))
        self._deadline_s, self._attempts, self._rest_s = deadline_s, attempts, rest_s
        self.failures = 0

    async def __call__(self, problem: Problem, program: str, suite: Suite, **options: bool) -> Outcome:
        errors: list[str] = []
        tried: set[int] = set()
        async with self._limit:
            for attempt in range(1, self._attempts + 1):
                seat = await self._next_seat(tried)
                tried.add(seat.number)
                outcome, error = await self._try(seat, problem, program, suite, options)
                if outcome is not None and outcome.label is not None:
                    return replace(outcome, attempt=max(attempt, outcome.attempt))
                errors.append(error or (outcome.message if outcome else "") or "infrastructure error")
        message = f"no executor could judge {problem.problem_id} in {self._attempts} attempts: {'; '.join(errors)}"
        return Outcome(verdict=Verdict.INFRASTRUCTURE_ERROR, message=message, attempt=self._attempts)

    async def _next_seat(self, tried: set[int]) -> _Seat:
        """The least busy lane that is not resting, untried ones first; where all rest, the first to be back."""
        now = time.monotonic()
        seat = min(
            self._seats,
            key=lambda seat: (max(seat.rests_until - now, 0.0), seat.number in tried, seat.in_flight),
        )
        if seat.rests_until > now:
            await asyncio.sleep(seat.rests_until - now)
        return seat

    async def _try(
        self, seat: _Seat, problem: Problem, program: str, suite: Suite, options: dict[str, bool]
    ) -> tuple[Outcome | None, str]:
        """One attempt: an outcome, or what went wrong. Any exception of a lane is the infrastructure's."""
        seat.in_flight += 1
        what = f"executor {seat.number} judging the {suite} tests of {problem.problem_id}"
        try:
            outcome = await within(self._deadline_s, what, seat.lane(problem, program, suite, **options))
        except Exception as error:
            self.failures += 1
            seat.rests_until = time.monotonic() + self._rest_s
            return None, f"executor {seat.number}: {type(error).__name__}: {str(error)[:500]}"
        finally:
            seat.in_flight -= 1
        if outcome.label is None:
            self.failures += 1
        return outcome, ""
