"""The learned verifier as a Ray actor."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from actors.storage.checkpoint import Checkpoint, CheckpointError

if TYPE_CHECKING:
    pass
from actors.scorers.verifier import Scorer


class ScorerActor:
    """A scorer that outlives verifiers, for Ray: each call names the one it wants, so a restarted actor is no trap."""

    def __init__(self, *, dtype: str = "float32", max_tokens: int = 2048, batch_tokens: int = 16384) -> None:
        self.settings: dict[str, Any] = {"dtype": dtype, "max_tokens": max_tokens, "batch_tokens": batch_tokens}
        self.scorer: Scorer | None = None

    def score(self, verifier: Checkpoint, pairs: Sequence[tuple[str, str]]) -> list[float]:
        """As `Scorer.score`, by `verifier`. Raises CheckpointError where its path holds other weights."""
        if self.scorer is None or self.scorer.verifier_id != verifier.policy_id:
            self.scorer = None
            scorer = Scorer(verifier.path, **self.settings)
            if scorer.verifier_id != verifier.policy_id:
                raise CheckpointError(f"{verifier.path} holds {scorer.verifier_id}, not {verifier.policy_id}")
            self.scorer = scorer
        scores, statuses = self.scorer.score_with_status(pairs)
        if statuses and all(status.startswith("error") for status in statuses):  # of the template, so of every answer
            raise CheckpointError(f"{verifier.path} cannot read an answer: {statuses[0]}")
        return scores
