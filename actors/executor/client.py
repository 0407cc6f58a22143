"""The judge's client: one question, sent to the executor that has room, and to another if that one dies."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from actors.deadline import ProgressWatch, StalledError
from actors.executor.batching import JudgeBatches, Question
from actors.supervision.revival import REVIVAL_S, revive_actor
from sandbox.problem import Problem, Suite
from sandbox.verdict import Outcome, Verdict

Lane = Callable[..., Awaitable[Outcome]]
"""One executor, as a coroutine function of (problem, program, suite), and every_test=True if that is asked for."""
PLACES = 256
"""Programs in one executor's pool at a time, waiting or judged."""
PATIENCE_S = 1.0
"""How long programs of a batch that were judged wait for those that were not."""


SETTING = "executor.stall_s"


class RayLane(JudgeBatches):
    """A Ray actor handle of `Executor` as a lane. Calls that wait for it go in batches."""

    def __init__(self, executor: Any) -> None:
        self._executor = executor
        super().__init__(self._judge_many, self._judge)

    async def moved(self) -> float:
        """Outcomes so far, of everybody's questions."""
        return (await self._executor.status.remote())["done"]

    async def revive(self, stalled_at: float | None) -> None:
        """Wait until the actor answers again, but not for ever; one that hangs at that sign is ended first."""
        await revive_actor(self._executor, self.moved, stalled_at)

    async def _judge(self, *question: Any) -> Outcome:
        return await self._executor.judge.remote(*question)

    async def _judge_many(self, questions: Sequence[Question]) -> Sequence[Outcome | None]:
        return await self._executor.judge_many.remote(questions)


async def _no_sign() -> float:
    """Of a lane that only answers questions."""
    return 0.0


@dataclass(slots=True, kw_only=True)
class _Seat:
    """What the client knows of one lane: calls at it, and until when it is left alone after a failure."""

    lane: Lane
    number: int
    watch: ProgressWatch
    revival: asyncio.Task[None] | None = None
    in_flight: int = 0
    rests_until: float = 0.0


class JudgeClient:
    """Judges by whichever executor has the fewest calls. At most `in_flight` calls wait at each.

    A lane that raises rests for `rest_s`, and until its actor is back (Ray restarts dead ones), otherwise a dead
    executor, which answers at once, would always look like the least busy one. A lane that reports an infrastructure
    error about one program goes on serving the others; that program tries its luck elsewhere. One that finishes
    nothing for `stall_s`, with questions pending, is started again.
    """

    def __init__(
        self,
        lanes: Sequence[Lane],
        *,
        in_flight: int = 64,
        stall_s: float = 600.0,
        attempts: int = 4,
        rest_s: float = 5.0,
    ) -> None:
        if not lanes:
            raise ValueError("a judge needs at least one executor; there is none")
        self._seats = [
            _Seat(lane=lane, number=number, watch=_watch(lane, number, stall_s)) for number, lane in enumerate(lanes)
        ]
        self._limit = asyncio.Semaphore(in_flight * len(lanes))
        self._attempts, self._rest_s = attempts, rest_s
        self.failures = 0

    @property
    def moves(self) -> int:
        """Changes while executors work, or fail and are asked again."""
        return self.failures + sum(seat.watch.moves for seat in self._seats)

    async def __call__(self, problem: Problem, program: str, suite: Suite, **options: bool) -> Outcome:
        errors: list[str] = []
        tried: set[int] = set()
        async with self._limit:
            for attempt in range(1, self._attempts + 1):
                seat = await self._next_seat(tried)
                tried.add(seat.number)
                outcome, error = await self._try(seat, problem, program, suite, options)
                if outcome is not None and outcome.verdict is not Verdict.INFRASTRUCTURE_ERROR:
                    return replace(outcome, attempt=max(attempt, outcome.attempt))
                errors.append(error or (outcome.message if outcome else "") or "infrastructure error")
        message = f"no executor could judge {problem.problem_id} in {self._attempts} attempts: {'; '.join(errors)}"
        verdict = Verdict.INFRASTRUCTURE_ERROR
        return Outcome(verdict=verdict, message=message, attempt=self._attempts, reason="sandbox")

    async def _next_seat(self, tried: set[int]) -> _Seat:
        """The least busy lane that is not resting, untried ones first; if all rest, the first to be back."""
        while True:
            now = time.monotonic()
            seat = min(
                self._seats,
                key=lambda seat: (max(seat.rests_until - now, 0.0), seat.number in tried, seat.in_flight),
            )
            if seat.rests_until <= now:
                return seat
            await asyncio.sleep(min(seat.rests_until - now, 1.0))  # one that starts again may be back sooner

    async def _try(
        self, seat: _Seat, problem: Problem, program: str, suite: Suite, options: dict[str, bool]
    ) -> tuple[Outcome | None, str]:
        """One attempt: an outcome, or what went wrong. Any exception of a lane is the infrastructure's."""
        seat.in_flight += 1
        what = f"the {suite} tests of {problem.problem_id}"
        try:
            outcome = await seat.watch.wait(what, seat.lane(problem, program, suite, **options))
        except Exception as error:
            self.failures += 1
            self._let_rest(seat, seat.watch.level if isinstance(error, StalledError) else None)
            return None, f"executor {seat.number}: {type(error).__name__}: {str(error)[:500]}"
        finally:
            seat.in_flight -= 1
        if outcome.verdict is Verdict.INFRASTRUCTURE_ERROR:
            self.failures += 1
        return outcome, ""

    def _let_rest(self, seat: _Seat, stalled_at: float | None) -> None:
        """Leave a failing lane alone: for a while, or until its actor is back."""
        if seat.revival is not None:
            return
        if not isinstance(seat.lane, RayLane):
            seat.rests_until = time.monotonic() + self._rest_s
            return
        seat.rests_until = time.monotonic() + REVIVAL_S
        seat.revival = asyncio.ensure_future(self._revive(seat, seat.lane, stalled_at))

    async def _revive(self, seat: _Seat, lane: RayLane, stalled_at: float | None) -> None:
        try:
            await asyncio.gather(lane.revive(stalled_at), asyncio.sleep(self._rest_s))
        finally:
            seat.rests_until, seat.revival = 0.0, None


def _watch(lane: Lane, number: int, stall_s: float) -> ProgressWatch:
    return ProgressWatch(f"executor {number}", SETTING, stall_s, getattr(lane, "moved", _no_sign))
