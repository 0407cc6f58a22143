"""What asks a scoring actor: searches wait for it as a coroutine, stages block on it."""

import asyncio
from collections.abc import Sequence
from typing import Any

from actors.deadline import ProgressWatch, StalledError
from actors.scorers.scorer import Pair
from actors.storage.checkpoint import Checkpoint
from actors.supervision.revival import is_loss, revive_actor
from sandbox.errors import ENDED_IN_THE_MIDDLE, UserError

SETTING = "verifier.stall_s"
ATTEMPTS = 3
"""Actors that one call is tried on: one that dies or hangs is started again by Ray."""
RETURN_S = 1800.0
"""How long a scorer may be away: until a node that was taken away has been replaced."""


class ScorerLostError(UserError, RuntimeError):
    """A scoring actor dies whenever it is asked, or does not come back."""

    exit_status = ENDED_IN_THE_MIDDLE


class ScorerClient:
    """A scoring actor and the checkpoint that it shall score by.

    consumes       (first prompt, response) pairs
    waits for      the actor, which answers one call after the other and loads the checkpoint if it has another
    produces       one number per pair
    unblocked by   the answer; no batch scored for `stall_s`, of nobody's pairs, or the actor's death: then the actor
                   that Ray starts in its place is asked, and after ATTEMPTS the error says what to do
    """

    def __init__(self, handle: Any, verifier: Checkpoint, stall_s: float = 600.0) -> None:
        """`handle`: Ray's handle of a ScorerActor."""
        self.handle, self.verifier, self.stall_s = handle, verifier, stall_s
        self.watch = ProgressWatch("the verifier", SETTING, stall_s, self._moved)
        self._signs_awaited = 0

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.handle, self.verifier, self.stall_s)

    @property
    def moves(self) -> int:
        """Changes while the actor scores, or is waited for until it is back, which has a limit of its own."""
        return self.watch.moves + self._signs_awaited

    async def __call__(self, pairs: Sequence[Pair]) -> list[float]:
        """Raises StalledError or ScorerLostError if the actor hangs or dies again and again, or stays away."""
        what = f"scores of {len(pairs)} answers"
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return await self.watch.wait(what, self._ask(pairs))
            except StalledError:
                if not await self._revive(attempt, self.watch.level):
                    raise
            except Exception as error:
                if not is_loss(error):
                    raise
                if not await self._revive(attempt):
                    raise ScorerLostError(_lost_text(what, attempt, error)) from error
        raise AssertionError("the last attempt returns or raises")

    async def _revive(self, attempt: int, stalled_at: float | None = None) -> bool:
        """Whether the actor is back, and another attempt is left."""
        return attempt < ATTEMPTS and await revive_actor(self.handle, self._sign, stalled_at, RETURN_S)

    async def _ask(self, pairs: Sequence[Pair]) -> list[float]:
        return await self.handle.score.remote(self.verifier, list(pairs))

    async def _moved(self) -> float:
        return await self.handle.moved.options(concurrency_group="moved").remote()

    async def _sign(self) -> float:
        self._signs_awaited += 1
        return await self._moved()

    def score_and_wait(self, pairs: Sequence[Pair]) -> list[float]:
        """As a call, for who has no event loop."""
        return asyncio.run(self(pairs))


def _lost_text(what: str, attempts: int, error: Exception) -> str:
    ends = f"{attempts} times" if attempts == ATTEMPTS else "and did not come back"
    return (
        f"{what}: the verifier's actor was lost {ends}: {str(error).strip()} If the system ended it for lack of memory "
        "(`dmesg` says so), lower training.micro_batch_tokens"
    )
