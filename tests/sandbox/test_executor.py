"""The executor without Ray: bounded, answering while it is full, in batches that a slow program does not hold up."""

import asyncio
import time

import pytest

from actors.executor import executor
from actors.executor.executor import Executor, ExecutorConfig
from sandbox.containers import confinement
from sandbox.errors import LimitNotEnforced
from sandbox.problem import Limits
from sandbox.selftest import limits, selftest
from tests.sandbox.problems import function

PROBLEM = function("assert f(3) == [3, 6]", limits=Limits(cpu_limit_s=2.0, wall_limit_s=20.0, memory_mib=256))
RIGHT = "def f(x): return [x, 2 * x]"
SLOW = f"import time\ntime.sleep(1.5)\n{RIGHT}"
pytestmark = pytest.mark.usefixtures("engine")


def test_a_full_executor_waits_with_its_event_loop_free(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(executor, "PLACES", 3)

    async def main() -> None:
        judge = Executor(ExecutorConfig(boxes=1))
        try:
            calls = [asyncio.create_task(judge.judge(PROBLEM, SLOW, "private"))]
            calls += [asyncio.create_task(judge.judge(PROBLEM, f"{RIGHT}  # {n}", "private")) for n in range(20)]
            await asyncio.sleep(0.5)
            asked = time.monotonic()
            assert (await judge.status())["in_flight"] == 3  # of 21 calls; the others wait outside the pool
            assert time.monotonic() - asked < 0.5
            outcomes = await asyncio.gather(*calls)
            assert all(outcome.accepted for outcome in outcomes)
            assert await judge.status() == {"in_flight": 0, "done": 21}
        finally:
            await judge.close()

    asyncio.run(main())


def test_a_batch_comes_back_without_its_slow_program_which_is_judged_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(executor, "PATIENCE_S", 0.3)

    async def main() -> None:
        judge = Executor(ExecutorConfig(boxes=2, least_boxes=2))
        try:
            await judge.judge(PROBLEM, RIGHT, "private")
            wrong = "def f(x): return [x]"
            first, second, third = await judge.judge_many([(PROBLEM, p, "private") for p in (RIGHT, SLOW, wrong)])
            assert second is None and first is not None and third is not None
            assert (first.accepted, third.accepted) == (True, False)
            again = await judge.judge(PROBLEM, SLOW, "private")
            (known,) = await judge.judge_many([(PROBLEM, SLOW, "private")])
            assert again.accepted and known == again  # one run, remembered: it has the same times
        finally:
            await judge.close()

    asyncio.run(main())


def test_an_executor_takes_no_work_where_a_limit_does_not_bite(monkeypatch: pytest.MonkeyPatch) -> None:
    few = tuple(check for check in limits.LIMIT_CHECKS if check.limit == "processes")
    monkeypatch.setattr(selftest, "LIMIT_CHECKS", few)
    whole = confinement.container_options
    monkeypatch.setattr(confinement, "container_options", lambda *given: {**whole(*given), "pids_limit": -1})
    with pytest.raises(LimitNotEnforced, match="processes"):
        Executor(ExecutorConfig(boxes=1))
