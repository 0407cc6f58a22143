"""Calls that wait go together: what one call to another process costs is paid once for many programs."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence

from sandbox.problem import Problem, Suite
from sandbox.verdict import Outcome

Question = tuple[Problem, str, Suite] | tuple[Problem, str, Suite, bool]
"""Problem, program, suite; and True if every test is to be run, past the first that fails."""
AskMany = Callable[[Sequence[Question]], Awaitable[Sequence[Outcome | None]]]
"""Answers in the order of the questions; None for those that take longer than the others may wait."""
AskOne = Callable[..., Awaitable[Outcome]]


class JudgeBatches:
    """A question to an idle executor goes at once; those that come while `under_way` batches are out go together.

    What a batch comes back without is asked for alone, so a slow program delays only itself.
    """

    def __init__(self, ask_many: AskMany, ask_one: AskOne, under_way: int = 2, most: int = 32) -> None:
        self._ask_many, self._ask_one = ask_many, ask_one
        self._free, self._most = under_way, most
        self._waiting: deque[tuple[Question, asyncio.Future[Outcome | None]]] = deque()
        self._sent: set[asyncio.Task[None]] = set()  # the event loop itself keeps no task alive

    async def __call__(self, problem: Problem, program: str, suite: Suite, every_test: bool = False) -> Outcome:
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Outcome | None] = loop.create_future()
        question: Question = (problem, program, suite, True) if every_test else (problem, program, suite)
        self._waiting.append((question, answer))
        loop.call_soon(self._send)  # not now: what else is asked in this turn of the loop goes with it
        return await answer or await self._ask_one(*question)

    def _send(self) -> None:
        while self._free and self._waiting:
            batch = [self._waiting.popleft() for _ in range(min(self._most, len(self._waiting)))]
            self._free -= 1
            task = asyncio.ensure_future(self._answer(batch))
            self._sent.add(task)
            task.add_done_callback(self._sent.discard)

    async def _answer(self, batch: list[tuple[Question, "asyncio.Future[Outcome | None]"]]) -> None:
        wanted = [(question, answer) for question, answer in batch if not answer.done()]  # others gave up waiting
        try:
            outcomes = await self._ask_many([question for question, _ in wanted])
            for (_, answer), outcome in zip(wanted, outcomes, strict=True):
                if not answer.done():
                    answer.set_result(outcome)
        except Exception as error:
            for _, answer in wanted:
                if not answer.done():
                    answer.set_exception(error)
        finally:
            self._free += 1
            self._send()
