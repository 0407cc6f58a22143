"""What asks a scoring actor: searches wait for it as a coroutine, stages block on it."""

import asyncio
from collections.abc import Sequence
from typing import Any

from actors.deadline import ProgressWatch, StalledError
from actors.scorers.scorer import Pair
from actors.storage.checkpoint import Checkpoint
from actors.supervision import revive_actor

SETTING = "verifier.stall_s"
ATTEMPTS = 3
"""Actors that one call is tried on: one that dies or hangs is started again by Ray."""


class ScorerClient:
    """A scoring actor and the checkpoint that it shall score by.

    consumes       (first prompt, response) pairs
    waits for      the actor, which answers one call after the other and loads the checkpoint if it has another
    produces       one number per pair
    unblocked by   the answer; no batch scored for `stall_s`, of nobody's pairs, or the actor's death: then another
                   actor is asked, and after ATTEMPTS the error names the setting
    """

    def __init__(self, handle: Any, verifier: Checkpoint, stall_s: float = 600.0) -> None:
        """`handle`: Ray's handle of a ScorerActor."""
        self.handle, self.verifier, self.stall_s = handle, verifier, stall_s
        self.watch = ProgressWatch("the verifier", SETTING, stall_s, self._moved)
        self._failures = 0

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.handle, self.verifier, self.stall_s)

    @property
    def moves(self) -> int:
        """Changes while the actor scores."""
        return self.watch.moves + self._failures

    async def __call__(self, pairs: Sequence[Pair]) -> list[float]:
        """Raises StalledError if the actor hangs again and again."""
        from ray.exceptions import RayActorError, RayTaskError

        for left in reversed(range(ATTEMPTS)):
            try:
                return await self.watch.wait(f"scores of {len(pairs)} answers", self._ask(pairs))
            except (RayActorError, StalledError) as error:
                if isinstance(error, RayTaskError) or not left:
                    raise
                hangs = isinstance(error, StalledError)
                self._failures += 1
                await revive_actor(self.handle, self._moved, hangs)
        raise AssertionError("the last attempt returns or raises")

    async def _ask(self, pairs: Sequence[Pair]) -> list[float]:
        return await self.handle.score.remote(self.verifier, list(pairs))

    async def _moved(self) -> float:
        return await self.handle.moved.options(concurrency_group="moved").remote()

    def score_and_wait(self, pairs: Sequence[Pair]) -> list[float]:
        """As a call, for who has no event loop."""
        return asyncio.run(self(pairs))
