"""The judge's client: one question, sent to the executor that has room, and to another if that one dies."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from actors.deadline import within_deadline
from actors.executor.batching import JudgeBatches, Question
from sandbox.problem import Problem, Suite
from sandbox.verdict import Outcome, Verdict

Lane = Callable[..., Awaitable[Outcome]]
"""One executor, as a coroutine function of (problem, program, suite), and every_test=True if that is asked for."""
PLACES = 256
"""Programs in one executor's pool at a time, waiting or judged."""
PATIENCE_S = 1.0
"""How long programs of a batch that were judged wait for those that were not."""


def ray_lane(executor: Any) -> Lane:
    """A Ray actor handle of `Executor` as a lane. Calls that wait for it go in batches."""

    async def judge(*question: Any) -> Outcome:
        return await executor.judge.remote(*question)

    async def judge_many(questions: Sequence[Question]) -> Sequence[Outcome | None]:
        return await executor.judge_many.remote(questions)

    return JudgeBatches(judge_many, judge)


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
                if outcome is not None and outcome.verdict is not Verdict.INFRASTRUCTURE_ERROR:
                    return replace(outcome, attempt=max(attempt, outcome.attempt))
                errors.append(error or (outcome.message if outcome else "") or "infrastructure error")
        message = f"no executor could judge {problem.problem_id} in {self._attempts} attempts: {'; '.join(errors)}"
        verdict = Verdict.INFRASTRUCTURE_ERROR
        return Outcome(verdict=verdict, message=message, attempt=self._attempts, reason="sandbox")

    async def _next_seat(self, tried: set[int]) -> _Seat:
        """The least busy lane that is not resting, untried ones first; if all rest, the first to be back."""
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
            outcome = await within_deadline(self._deadline_s, what, seat.lane(problem, program, suite, **options))
        except Exception as error:
            self.failures += 1
            seat.rests_until = time.monotonic() + self._rest_s
            return None, f"executor {seat.number}: {type(error).__name__}: {str(error)[:500]}"
        finally:
            seat.in_flight -= 1
        if outcome.verdict is Verdict.INFRASTRUCTURE_ERROR:
            self.failures += 1
        return outcome, ""
