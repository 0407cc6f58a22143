"""A scorer as a Ray actor, whichever row of the table it is."""

import random
from collections.abc import Sequence

from actors.allocator import keep_memory
from actors.batch_tokens import tokens_per_pass
from actors.scorers.scorer import Pair, Scorer, ScorerError
from actors.scorers.table import SCORERS
from actors.storage.checkpoint import Checkpoint, CheckpointError, fetch_checkpoint, weights_checksum
from actors.supervision.restart_watch import LifeSign, life_sign
from actors.threads import use_threads

MOVED_GROUP = {"moved": 1}
"""Ray's concurrency groups of the actor: how far it is can be asked while it scores."""


class ScorerActor:
    """Outlives checkpoints, for Ray: each call names the one it wants, so a restarted actor is no trap."""

    def __init__(
        self,
        kind: str = "learned_verifier",
        *,
        dtype: str = "float32",
        max_tokens: int = 2048,
        batch_tokens: int | None = None,
        threads: int = 1,
    ) -> None:
        """`kind`: a row of SCORERS; `threads`: of the CPU; the rest as in `ScorerLoader`.

        `batch_tokens` None: what suits the device.
        """
        use_threads(threads)
        keep_memory()
        self.kind, self.dtype, self.max_tokens, self.batch_tokens = kind, dtype, max_tokens, batch_tokens
        self.loaded: tuple[str, Scorer] | None = None
        self._moves = random.random()  # of no two lives the same
        self._answered = 0

    def prepare(self) -> None:
        """Import what a checkpoint will need, before there is one."""
        SCORERS[self.kind].prepare()

    def score(self, verifier: Checkpoint, pairs: Sequence[Pair]) -> list[float]:
        """As `Scorer.score_pairs`, by `verifier`.

        Raises CheckpointError if its path holds other weights, ScorerError if the scorer gives anything but one number
        per pair.
        """
        self._moves += 1
        if self.loaded is None or self.loaded[0] != verifier.policy_id:
            self.loaded = None  # two at once may not fit into memory
            self.loaded = verifier.policy_id, self._load(verifier)
            self._moves += 1
        numbers = _require_numbers(self.kind, self.loaded[1].score_pairs(pairs), len(pairs))
        self._answered += 1
        return numbers

    def moved(self) -> float:
        """Changes while calls are begun and batches are scored; answered beside `score`, on a thread of its own."""
        return self._moves + (getattr(self.loaded[1], "batches", 0) if self.loaded else 0)

    def life(self) -> LifeSign:
        """Which process this is: Ray starts one that died again without a word. Answered as `moved` is."""
        return life_sign(self._answered)

    def _load(self, verifier: Checkpoint) -> Scorer:
        path = fetch_checkpoint(verifier.path)
        if (found := weights_checksum(path)) != verifier.policy_id:
            raise CheckpointError(f"{verifier.path} holds {found}, not {verifier.policy_id}")
        return SCORERS[self.kind].load(
            path, dtype=self.dtype, max_tokens=self.max_tokens, batch_tokens=tokens_per_pass(self.batch_tokens)
        )


def _require_numbers(kind: str, scores: object, expected: int) -> list[float]:
    """Scores as plain numbers, of arrays too."""
    try:
        numbers = [float(score) for score in scores]  # type: ignore[attr-defined]
    except (TypeError, ValueError) as error:
        raise ScorerError(
            f"score_pairs of scorer {kind!r} returned no numbers ({error}); expected a float per pair"
        ) from None
    if len(numbers) != expected:
        raise ScorerError(f"score_pairs of scorer {kind!r} returned {len(numbers)} numbers for {expected} pairs")
    return numbers
