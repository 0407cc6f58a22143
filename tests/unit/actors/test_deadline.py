"""Deadlines that watch progress: what is queued is not late, what stands still is."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import pytest

from actors.deadline import IdleClock, ProgressWatch, StalledError

STALL_S = 0.2


class Provider:
    """Moves every `every_s`, `steps` times."""

    def __init__(self, every_s: float, steps: int) -> None:
        self.every_s, self.steps, self.level, self.asked = every_s, steps, 0, 0

    async def moved(self) -> float:
        self.asked += 1
        return self.level

    async def work(self) -> str:
        for _ in range(self.steps):
            await asyncio.sleep(self.every_s)
            self.level += 1
        return "done"

    def watch(self) -> ProgressWatch:
        return ProgressWatch("the provider", "some.stall_s", STALL_S, self.moved)


def test_what_waits_behind_work_that_moves_outlives_the_limit_many_times() -> None:
    async def main() -> None:
        provider = Provider(STALL_S / 4, 20)
        started = time.monotonic()
        assert await provider.watch().wait("an answer", provider.work()) == "done"
        assert time.monotonic() - started > 4 * STALL_S

    asyncio.run(main())


def test_what_stands_still_ends_all_waits_within_the_limit_and_is_named_with_its_setting() -> None:
    async def main() -> None:
        provider, started = Provider(3600, 1), time.monotonic()
        watch, cancelled = provider.watch(), []

        async def work() -> str:
            try:
                return await provider.work()
            except asyncio.CancelledError:
                cancelled.append(1)
                raise

        waits = await asyncio.gather(*(watch.wait(f"answer {n}", work()) for n in range(20)), return_exceptions=True)
        assert STALL_S <= time.monotonic() - started < 5 * STALL_S
        assert {type(one) for one in waits} == {StalledError}
        assert str(waits[3]).startswith("answer 3: the provider has not moved for some.stall_s = 0.2 s. If it")
        await asyncio.sleep(0)
        assert len(cancelled) == 20
        assert provider.asked <= 20  # one look serves all who wait

    asyncio.run(main())


def test_who_begins_to_wait_late_has_the_whole_time() -> None:
    """A provider that had nothing to do has not stalled."""

    async def main() -> None:
        provider = Provider(STALL_S / 2, 1)
        watch = provider.watch()
        await watch.wait("one", provider.work())
        await asyncio.sleep(2 * STALL_S)
        assert await watch.wait("two", asyncio.sleep(0.8 * STALL_S, "done")) == "done"

    asyncio.run(main())


@pytest.mark.parametrize("answer", [lambda: asyncio.sleep(3600), lambda: _raise()], ids=["hangs", "raises"])
def test_a_provider_that_does_not_say_how_far_it_is_has_not_moved(answer: Callable[[], Awaitable[float]]) -> None:
    async def main() -> None:
        watch = ProgressWatch("it", "x.stall_s", STALL_S, answer)
        with pytest.raises(StalledError):
            await watch.wait("an answer", asyncio.sleep(3600))
        assert watch.moves == 0

    asyncio.run(main())


async def _raise() -> float:
    raise ConnectionError("dead")


def test_the_answers_own_error_comes_through_and_a_cancelled_wait_cancels_the_work() -> None:
    async def main() -> None:
        watch = Provider(1, 1).watch()
        with pytest.raises(ConnectionError):
            await watch.wait("an answer", _raise())
        work = asyncio.ensure_future(asyncio.sleep(3600))
        wait = asyncio.ensure_future(watch.wait("an answer", work))
        await asyncio.sleep(0.01)
        wait.cancel()
        with pytest.raises(asyncio.CancelledError):
            await wait
        await asyncio.sleep(0)
        assert work.cancelled()

    asyncio.run(main())


def test_time_in_which_nobody_looked_is_not_idle_time() -> None:
    """Of a process that was stopped, say."""
    clock = IdleClock(most_s=0.05)
    assert clock.look(1) == 0
    time.sleep(0.3)
    assert clock.look(1) == pytest.approx(0.05)
    assert clock.look(2) == 0
