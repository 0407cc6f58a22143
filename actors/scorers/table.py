"""The table of scorers. Imports nothing heavy: a row's scorer is imported when it is loaded."""

from actors.scorers.scorer import Scorer, ScorerKind
from sandbox.registry import Registry


def _load_learned_verifier(checkpoint: str, *, dtype: str, max_tokens: int, batch_tokens: int) -> Scorer:
    from actors.scorers.verifier import LearnedVerifier

    return LearnedVerifier(checkpoint, dtype=dtype, max_tokens=max_tokens, batch_tokens=batch_tokens)


SCORERS: Registry[ScorerKind] = Registry(
    "scorer",
    ScorerKind,
    {
        "learned_verifier": ScorerKind(
            label="learned verifier",
            description="The raw logit of a sequence-classification model at the end of the answer.",
            load=_load_learned_verifier,
        ),
    },
)
