"""What ranks answers by a number: the protocol of scorers, and what a row of their table holds."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from sandbox.errors import ENDED_IN_THE_MIDDLE, UserError

Pair = tuple[str, str]
"""The first prompt of an episode and a response to one of its turns."""


class ScorerError(UserError, ValueError):
    """A scorer returned what it may not; the message says which, what, and what was expected."""

    exit_status = ENDED_IN_THE_MIDDLE


class Scorer(Protocol):
    """A loaded scorer.

    One whose calls may take longer than verifier.stall_s also has a number `batches` that grows while it scores.
    """

    def score_pairs(self, pairs: Sequence[Pair]) -> list[float]:
        """One number per pair, in order: the higher, the better. Without unit; only their order is used to select.

        NaN for a pair that cannot be scored (too long, say); such an answer ranks last. Equal pairs get equal numbers,
        whatever else is asked for beside them. Raises CheckpointError if no pair can be scored at all.
        """


class ScorerLoader(Protocol):
    """How a scorer is made of a checkpoint."""

    def __call__(self, checkpoint: str, *, dtype: str, max_tokens: int, batch_tokens: int) -> Scorer:
        """`checkpoint`: a local directory, as the stage `verifier` wrote it or `--verifier` names it.

        `dtype`: "float32" or "bfloat16". `max_tokens`: longest prompt and answer together. `batch_tokens`: padded
        tokens per forward pass. Raises CheckpointError if the directory holds something else.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class ScorerKind:
    """A row of the table of scorers: `load` runs in the scoring actor, which may have an accelerator of its own."""

    label: str
    description: str
    load: ScorerLoader
    prepare: Callable[[], None] = lambda: None
    """Imports what `load` will need; called in the scoring actor before there is a checkpoint, or not at all."""
