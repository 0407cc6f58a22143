"""An executor that hangs is ended, waited for, and asked again: Ray is played here, tests/ray/test_stalls.py has it."""

import asyncio
import time
from collections.abc import Sequence
from typing import Any

import pytest
import ray

from actors.executor.client import JudgeClient, RayLane
from actors.supervision import revival
from sandbox.problem import Problem
from sandbox.verdict import Outcome, Verdict

PROBLEM = Problem(problem_id="p", prompt="")
STALL_S, RESTART_S = 0.3, 0.5


class Method:
    def __init__(self, call: Any) -> None:
        self.remote = call


class Handle:
    """Of an actor that hangs at the program "stop" until it is killed, and then is away for a while."""

    def __init__(self) -> None:
        self.judge, self.judge_many, self.status = Method(self._judge), Method(self._judge_many), Method(self._status)
        self.done, self.kills, self.hangs = 0, 0, False
        self.away_until = 0.0
        self.killed = asyncio.Event()

    def kill(self) -> None:
        self.kills += 1
        self.away_until = time.monotonic() + RESTART_S
        self.done, self.hangs = 0, False
        self.killed.set()
        self.killed = asyncio.Event()

    async def _answer(self) -> None:
        if time.monotonic() < self.away_until:
            raise ConnectionError("the actor is unavailable")
        if self.hangs:
            await self.killed.wait()
            raise ConnectionError("the actor was killed")

    async def _judge(self, problem: Problem, program: str, suite: str) -> Outcome:
        if program == "stop" and not self.kills:
            self.hangs = True
        await self._answer()
        self.done += 1
        return Outcome(verdict=Verdict.ACCEPTED)

    async def _judge_many(self, questions: Sequence[Any]) -> list[Outcome]:
        return [await self._judge(*question) for question in questions]

    async def _status(self) -> dict[str, int]:
        await self._answer()
        return {"done": self.done}


def test_the_only_executor_hangs_and_every_program_is_judged_by_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ray, "kill", lambda handle, no_restart: handle.kill())
    monkeypatch.setattr(revival, "SIGN_S", 0.2)
    monkeypatch.setattr(revival, "DYING_S", 0.1)

    async def main() -> tuple[list[Outcome], Handle]:
        handle = Handle()
        client = JudgeClient([RayLane(handle)], stall_s=STALL_S, rest_s=0.01)
        programs = ["x", "stop", "y", *(f"x = {n}" for n in range(40))]
        outcomes = await asyncio.gather(*(client(PROBLEM, program, "public") for program in programs))
        return outcomes, handle

    started = time.monotonic()
    outcomes, handle = asyncio.run(main())
    assert [outcome.verdict for outcome in outcomes] == [Verdict.ACCEPTED] * 43, outcomes[0].message
    assert handle.kills == 1 and time.monotonic() - started < 10
