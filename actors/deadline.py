"""Waits that end: every await on something outside this process has a deadline and says what it waits for.

Two kinds. `within_deadline` is for work of a known size, such as a start: so many seconds and no more. `ProgressWatch`
is for a queue: its deadline runs only while the provider stands still, since what waits behind other work is not late.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from sandbox.errors import ENDED_IN_THE_MIDDLE, UserError

T = TypeVar("T")
LOOKS = 10
"""How often a watch looks at its provider within the seconds that it allows."""
MOST_BETWEEN_LOOKS_S, LEAST_FOR_A_SIGN_S = 5.0, 1.0


class DeadlineError(UserError, TimeoutError):
    """Something took longer than it may; the message names it."""


class StalledError(DeadlineError):
    """Work is pending, and what it was given to has not moved for longer than its setting allows."""

    exit_status = ENDED_IN_THE_MIDDLE


async def within_deadline(seconds: float, what: str, awaitable: Awaitable[T]) -> T:
    """Await, but at most `seconds`; then cancel it and raise `DeadlineError` naming `what`."""
    timeout = asyncio.timeout(seconds)
    try:
        async with timeout:
            return await awaitable
    except TimeoutError as error:
        if not timeout.expired():
            raise
        raise DeadlineError(f"{what} took longer than its deadline of {seconds:g} s") from error


class IdleClock:
    """For how many seconds a level has stood still, as far as somebody looked.

    A gap between two looks counts as at most `most_s`: whoever was stopped or busy meanwhile has seen nothing.
    """

    def __init__(self, most_s: float) -> None:
        self._most_s, self._idle_s, self._looked = most_s, 0.0, time.monotonic()
        self._level: object = None

    def look(self, level: object) -> float:
        """Seconds since the level last changed; 0 if it has."""
        now = time.monotonic()
        gap, self._looked = min(now - self._looked, self._most_s), now
        self._idle_s = self._idle_s + gap if level == self._level else 0.0
        self._level = level
        return self._idle_s


class ProgressWatch:
    """Waits for one provider, each of which ends when the provider has not moved for `stall_s`.

    `moved()` is a number that changes while the provider works. If it raises or does not come, the provider does not
    answer, and so has not moved. `provider` and `setting` are for the message, `moves` counts the changes seen, `level`
    is the last number.
    """

    def __init__(self, provider: str, setting: str, stall_s: float, moved: Callable[[], Awaitable[float]]) -> None:
        self.provider, self.setting, self.stall_s, self.moves = provider, setting, stall_s, 0
        self._moved, self._tick_s = moved, min(MOST_BETWEEN_LOOKS_S, stall_s / LOOKS)
        self._sign_s = max(self._tick_s, LEAST_FOR_A_SIGN_S)
        self._most_s = 2 * self._tick_s + self._sign_s
        self._clock, self.level, self._idle_s = IdleClock(self._most_s), 0.0, 0.0
        self._looked = 0.0

    async def wait(self, what: str, awaitable: Awaitable[T], check: Callable[[], None] = lambda: None) -> T:
        """Await for as long as the provider moves; then cancel it and raise StalledError naming `what`.

        `check` is called at every look, and ends the wait by raising.
        """
        task, own = asyncio.ensure_future(awaitable), IdleClock(self._most_s)
        own.look(None)
        try:
            while not (await asyncio.wait({task}, timeout=self._tick_s))[0]:
                check()
                if min(await self._stands_still(), own.look(None)) >= self.stall_s and not task.done():
                    raise StalledError(
                        f"{what}: {self.provider} has not moved for {self.setting} = {self.stall_s:g} s. "
                        f"If it is alive and only slow, raise {self.setting}"
                    )
            return task.result()
        finally:
            task.cancel()

    async def _stands_still(self) -> float:
        """Seconds; one look serves all who wait."""
        now = time.monotonic()
        if now - self._looked >= self._tick_s / 2:
            self._looked = now
            try:
                level = await asyncio.wait_for(self._moved(), self._sign_s)
            except Exception:  # it does not answer: dead, which its calls say too, or hung
                level = self.level
            self.moves += level != self.level
            self.level = level
            self._idle_s = self._clock.look(level)
        return self._idle_s
