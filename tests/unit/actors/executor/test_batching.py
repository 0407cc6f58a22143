"""Calls to an executor, in batches: what goes together, what waits, what fails."""

import asyncio
from collections.abc import Sequence

import pytest

from actors.executor.batching import JudgeBatches, Question
from sandbox.problem import Problem, Suite
from sandbox.verdict import Outcome, Verdict

PROBLEM = Problem(problem_id="p", prompt="")


class Executor:
    """Answers a batch when it is let go; the answer to a program says which one it was."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.alone: list[str] = []
        self.go = asyncio.Event()
        self.late: set[str] = set()

    async def judge_many(self, questions: Sequence[Question]) -> list[Outcome | None]:
        self.batches.append([program for _, program, _ in questions])
        await self.go.wait()
        if self.batches[-1] == ["bad"]:
            raise ConnectionError("the actor died")
        return [None if program in self.late else _outcome(program) for _, program, _ in questions]

    async def judge(self, problem: Problem, program: str, suite: Suite) -> Outcome:
        self.alone.append(program)
        return _outcome(program)


def _outcome(program: str) -> Outcome:
    return Outcome(verdict=Verdict.ACCEPTED, message=program)


def test_an_idle_executor_is_asked_at_once_a_busy_one_in_batches_of_a_size() -> None:
    async def main() -> None:
        executor = Executor()
        ask = JudgeBatches(executor.judge_many, executor.judge, under_way=1, most=3)
        calls = [asyncio.create_task(ask(PROBLEM, "a", "public"))]
        await asyncio.sleep(0.01)
        assert executor.batches == [["a"]]
        calls += [asyncio.create_task(ask(PROBLEM, name, "public")) for name in "bcdef"]
        await asyncio.sleep(0.01)
        assert executor.batches == [["a"]]  # one batch is under way, and no other may be
        executor.go.set()
        outcomes = await asyncio.gather(*calls)
        assert executor.batches == [["a"], ["b", "c", "d"], ["e", "f"]]
        assert [outcome.message for outcome in outcomes] == list("abcdef") and executor.alone == []

    asyncio.run(main())


def test_asking_for_every_test_is_part_of_the_question() -> None:
    async def main() -> None:
        asked: list[Question] = []

        async def judge_many(questions: Sequence[Question]) -> list[Outcome | None]:
            asked.extend(questions)
            return [None for _ in questions]

        async def judge(*question: object) -> Outcome:
            asked.append(question)  # type: ignore[arg-type]
            return _outcome("alone")

        ask = JudgeBatches(judge_many, judge)
        assert (await ask(PROBLEM, "a", "private", every_test=True)).message == "alone"
        assert asked == [(PROBLEM, "a", "private", True)] * 2

    asyncio.run(main())


def test_a_slow_program_is_asked_for_alone_and_delays_no_other() -> None:
    async def main() -> None:
        executor = Executor()
        executor.late = {"b"}
        executor.go.set()
        ask = JudgeBatches(executor.judge_many, executor.judge)
        outcomes = await asyncio.gather(*(ask(PROBLEM, name, "private") for name in "abc"))
        assert [outcome.message for outcome in outcomes] == ["a", "b", "c"]
        assert executor.batches == [["a", "b", "c"]] and executor.alone == ["b"]

    asyncio.run(main())


def test_a_failed_batch_fails_its_callers_and_the_next_goes_out() -> None:
    async def main() -> None:
        executor = Executor()
        executor.go.set()
        ask = JudgeBatches(executor.judge_many, executor.judge, under_way=1, most=1)
        bad, good = await asyncio.gather(
            ask(PROBLEM, "bad", "public"), ask(PROBLEM, "good", "public"), return_exceptions=True
        )
        assert isinstance(bad, ConnectionError) and isinstance(good, Outcome) and good.message == "good"

    asyncio.run(main())


def test_who_gave_up_is_not_asked_for() -> None:
    async def main() -> None:
        executor = Executor()
        ask = JudgeBatches(executor.judge_many, executor.judge, under_way=1)
        first = asyncio.create_task(ask(PROBLEM, "a", "public"))
        await asyncio.sleep(0.01)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(ask(PROBLEM, "b", "public"), 0.01)
        last = asyncio.create_task(ask(PROBLEM, "c", "public"))
        executor.go.set()
        await asyncio.gather(first, last)
        assert executor.batches == [["a"], ["c"]]

    asyncio.run(main())
