"""Which of N answers a turn keeps. Pure functions over what the selector may see.

Only `oracle` sees labels. The others get `Candidate`, which has no place for a private result, and have
the public result and the score only where their row says that they use it.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """What a selector may know of an answer; `index` is its place among the N."""

    index: int
    passes_public: bool | None = None
    score: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledCandidate(Candidate):
    """What the oracle knows besides: whether public and private tests pass."""

    label: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Selector:
    """`pick(candidates, seed)` returns the index of one of them. The flags say what it must be shown."""

    pick: Callable[[Sequence[Any], int], int]
    public: bool = False
    scores: bool = False
    labels: bool = False


def first(candidates: Sequence[Candidate], seed: int) -> int:
    return candidates[0].index


def random(candidates: Sequence[Candidate], seed: int) -> int:
    return candidates[seed % len(candidates)].index


def pt(candidates: Sequence[Candidate], seed: int) -> int:
    """The first that passes the public tests, else the first."""
    return max(candidates, key=lambda candidate: candidate.passes_public is True).index


def lv(candidates: Sequence[Candidate], seed: int) -> int:
    """The learned verifier's favourite; the first of equals."""
    return max(candidates, key=_score).index


def pt_lv(candidates: Sequence[Candidate], seed: int) -> int:
    """Public tests first; the verifier breaks ties, also where none or all pass."""
    return max(candidates, key=lambda candidate: (candidate.passes_public is True, _score(candidate))).index


def oracle(candidates: Sequence[LabelledCandidate], seed: int) -> int:
    """A correct answer where there is one; an upper bound, never a method."""
    return max(candidates, key=lambda candidate: (candidate.label, candidate.passes_public is True)).index


def _score(candidate: Candidate) -> float:
    """NaN (an answer too long for the verifier, say) ranks last; it would compare false with everything."""
    assert candidate.score is not None, "a selector that uses scores was shown none"
    return -math.inf if math.isnan(candidate.score) else candidate.score


SELECTORS: dict[str, Selector] = {
    "first": Selector(pick=first),
    "random": Selector(pick=random),
    "pt": Selector(pick=pt, public=True),
    "lv": Selector(pick=lv, scores=True),
    "pt_lv": Selector(pick=pt_lv, public=True, scores=True),
    "oracle": Selector(pick=oracle, public=True, labels=True),
}
