"""Which of the sampled answers a turn keeps. Pure functions over what the selector may see.

Only `oracle` sees labels. The others get `Candidate`, which has no place for a private result, and have
the public result, the score and the behaviour only where their row says that they use it.
"""

import math
import random as _random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """What a selector may know of an answer; `index` is its place among those sampled.

    `behaviour` is a digest of what the program does on extra inputs; None where it was not run on any.
    """

    index: int
    passes_public: bool | None = None
    score: float | None = None
    behaviour: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledCandidate(Candidate):
    """What the oracle knows besides: whether public and private tests pass."""

    label: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Selector:
    """`rank(candidates, seed)` returns all of them, best first. The flags say what it must be shown."""

    rank: Callable[[Sequence[Any], int], list[Any]]
    public: bool = False
    scores: bool = False
    behaviour: bool = False
    labels: bool = False


def first(candidates: Sequence[Candidate], seed: int) -> list[Candidate]:
    return list(candidates)


def random(candidates: Sequence[Candidate], seed: int) -> list[Candidate]:
    rest = list(candidates)
    chosen = rest.pop(seed % len(rest))
    _random.Random(seed).shuffle(rest)
    return [chosen, *rest]


def pt(candidates: Sequence[Candidate], seed: int) -> list[Candidate]:
    """Those that pass the public tests before the others, each in the order in which they were sampled."""
    return _descending(candidates, lambda candidate: candidate.passes_public is True)


def lv(candidates: Sequence[Candidate], seed: int) -> list[Candidate]:
    """By the learned verifier's score; equals in the order in which they were sampled."""
    return _descending(candidates, _score)


def pt_lv(candidates: Sequence[Candidate], seed: int) -> list[Candidate]:
    """Public tests first; the verifier breaks ties, also where none or all pass."""
    return _descending(candidates, lambda candidate: (candidate.passes_public is True, _score(candidate)))


def cluster(candidates: Sequence[Candidate], seed: int) -> list[Candidate]:
    """Public tests first; of those that pass, one of the largest group that behaves alike, then one of the next.

    As AlphaCode submits (Li et al. 2022, section 4.5). Groups of one size go by their first member, and second
    members come after the first members of all groups. A program without a behaviour is a group of its own.
    """
    passing = [candidate for candidate in candidates if candidate.passes_public]
    sizes = Counter(map(_group, passing))
    seen: Counter[object] = Counter()
    place: dict[int, int] = {}
    for candidate in passing:
        place[candidate.index] = seen[_group(candidate)]
        seen[_group(candidate)] += 1
    ordered = sorted(passing, key=lambda candidate: (place[candidate.index], -sizes[_group(candidate)]))
    return [*ordered, *(candidate for candidate in candidates if not candidate.passes_public)]


def oracle(candidates: Sequence[LabelledCandidate], seed: int) -> list[LabelledCandidate]:
    """Correct answers first; an upper bound, never a method."""
    return _descending(candidates, lambda candidate: (candidate.label, candidate.passes_public is True))


def _descending(candidates: Sequence[Any], key: Callable[[Any], Any]) -> list[Any]:
    return sorted(candidates, key=key, reverse=True)  # stable: equals keep their order


def _group(candidate: Candidate) -> object:
    return candidate.index if candidate.behaviour is None else candidate.behaviour


def _score(candidate: Candidate) -> float:
    """NaN (an answer too long for the verifier, say) ranks last; it would compare false with everything."""
    assert candidate.score is not None, "a selector that uses scores was shown none"
    return -math.inf if math.isnan(candidate.score) else candidate.score


SELECTORS: dict[str, Selector] = {
    "first": Selector(rank=first),
    "random": Selector(rank=random),
    "pt": Selector(rank=pt, public=True),
    "lv": Selector(rank=lv, scores=True),
    "pt_lv": Selector(rank=pt_lv, public=True, scores=True),
    "cluster": Selector(rank=cluster, public=True, behaviour=True),
    "oracle": Selector(rank=oracle, public=True, labels=True),
}
