"""The table of scorers. Imports nothing heavy: a row's scorer is imported when it is loaded."""

from actors.scorers.scorer import Scorer, ScorerKind
from sandbox.registry import Registry


def _load_learned_verifier(checkpoint: str, *, dtype: str, max_tokens: int, batch_tokens: int) -> Scorer:
    from actors.scorers.verifier import LearnedVerifier

    return LearnedVerifier(checkpoint, dtype=dtype, max_tokens=max_tokens, batch_tokens=batch_tokens)


def _import_learned_verifier() -> None:
    from transformers import AutoModelForSequenceClassification, AutoTokenizer  # noqa: F401


SCORERS: Registry[ScorerKind] = Registry(
    "scorer",
    ScorerKind,
    {
        "learned_verifier": ScorerKind(
            label="learned verifier",
            description="The raw logit of a sequence-classification model at the end of the answer.",
            load=_load_learned_verifier,
            prepare=_import_learned_verifier,
        ),
    },
)
