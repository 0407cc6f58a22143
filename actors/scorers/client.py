"""What asks a scoring actor: searches wait for it as a coroutine, stages block on it."""

from collections.abc import Sequence
from typing import Any

from actors.scorers.scorer import Pair
from actors.storage.checkpoint import Checkpoint

SCORING_DEADLINE_S = 3600.0
"""For one shard, the shards before it at the same scorer included."""


class ScorerClient:
    """A scoring actor and the checkpoint that it shall score by.

    consumes       (first prompt, response) pairs
    waits for      the actor, which answers one call after the other and loads the checkpoint if it has another
    produces       one number per pair
    unblocked by   the answer, the actor's death, or for `score_and_wait` the deadline's GetTimeoutError
    """

    def __init__(self, handle: Any, verifier: Checkpoint) -> None:
        """`handle`: Ray's handle of a ScorerActor."""
        self.handle, self.verifier = handle, verifier

    async def __call__(self, pairs: Sequence[Pair]) -> list[float]:
        return await self.handle.score.remote(self.verifier, list(pairs))

    def score_and_wait(self, pairs: Sequence[Pair]) -> list[float]:
        import ray

        return ray.get(self.handle.score.remote(self.verifier, list(pairs)), timeout=SCORING_DEADLINE_S)
