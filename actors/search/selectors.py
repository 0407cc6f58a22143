"""Which of the sampled answers a turn keeps: a selector is a row of `SELECTORS`, and all that is known of it is there.

Pure functions over what the selector may see. Only a selector that needs labels sees them. The others get
`Candidate`, which has no place for a private result, and have the public result, the score and the behaviour only if
their row says that they need it.
"""

import math
import random
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.errors import ENDED_IN_THE_MIDDLE, UserError
from sandbox.registry import Registry, RegistryError


class SelectorError(UserError, ValueError):
    """A selector's function returned what it may not; the message says which, what, and what was expected."""

    exit_status = ENDED_IN_THE_MIDDLE


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """What a selector may know of an answer; `index` is its place among those sampled.

    `score` is the verifier's raw logit. `behaviour` is a digest of what the program does on extra inputs; None if it
    was not run on any.
    """

    index: int
    passes_public: bool | None = None
    score: float | None = None
    behaviour: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledCandidate(Candidate):
    """What a selector that needs labels knows besides: whether public and private tests pass."""

    label: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Selector:
    """One way to choose among the answers of a turn.

    rank         (candidates, seed) -> all candidates, best first; equal input and seed give equal output
    label        how tables and figures call it
    description  one sentence for help texts
    needs_*      what it must be shown: public test results, verifier scores, behaviour on extra inputs, labels
    rank_key     (candidate) -> a value; the highest wins. It ranks one answer without looking at the others, so that
                 best-of-N at the first turn can be computed over all choices of N answers. None if there is no such key
    default      whether `mucode eval` uses it if no selectors are named
    evaluated    whether `eval.selectors` may name it
    """

    rank: Callable[[Sequence[Any], int], list[Any]]
    label: str
    description: str
    needs_public: bool = False
    needs_scores: bool = False
    needs_behaviour: bool = False
    needs_labels: bool = False
    rank_key: Callable[[Any], Any] | None = None
    default: bool = False
    evaluated: bool = True

    def ranked(self, candidates: Sequence[Any], seed: int) -> list[Any]:
        """All candidates, best first. Raises SelectorError if `rank` gives anything else."""
        found = self.rank(candidates, seed)
        indices = [getattr(one, "index", None) for one in found] if isinstance(found, Sequence) else []
        if len(indices) != len(candidates) or {*indices} != {one.index for one in candidates}:
            shown = f"{len(found)} things" if isinstance(found, Sequence) else repr(found)
            raise SelectorError(
                f"rank of selector {self.label!r} was given {len(candidates)} candidates and returned {shown}; "
                "expected a list of all that it was given, each once, best first"
            )
        return list(found)

    def view(
        self, index: int, *, passes_public: bool | None, score: float | None, behaviour: str | None, label: bool
    ) -> Candidate:
        """The answer at `index` as this selector may see it."""
        public = passes_public if self.needs_public else None
        seen = score if self.needs_scores else None
        done = behaviour if self.needs_behaviour else None
        if self.needs_labels:
            return LabelledCandidate(index=index, passes_public=public, score=seen, behaviour=done, label=label)
        return Candidate(index=index, passes_public=public, score=seen, behaviour=done)


def rank_as_sampled(candidates: Sequence[Candidate], seed: int) -> list[Candidate]:
    return list(candidates)


def rank_at_random(candidates: Sequence[Candidate], seed: int) -> list[Candidate]:
    rest = list(candidates)
    chosen = rest.pop(seed % len(rest))
    random.Random(seed).shuffle(rest)
    return [chosen, *rest]


def rank_by_public_tests(candidates: Sequence[Candidate], seed: int) -> list[Candidate]:
    """Those that pass the public tests before the others, each in the order in which they were sampled."""
    return _descending(candidates, _passes_public)


def rank_by_verifier(candidates: Sequence[Candidate], seed: int) -> list[Candidate]:
    """By the learned verifier's score; equals in the order in which they were sampled."""
    return _descending(candidates, _score)


def rank_by_public_tests_and_verifier(candidates: Sequence[Candidate], seed: int) -> list[Candidate]:
    """Public tests first; the verifier breaks ties, also if none or all pass."""
    return _descending(candidates, _passes_public_and_score)


def rank_by_behaviour(candidates: Sequence[Candidate], seed: int) -> list[Candidate]:
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


def rank_by_label(candidates: Sequence[LabelledCandidate], seed: int) -> list[LabelledCandidate]:
    """Correct answers first, then those that pass the public tests."""
    return _descending(candidates, lambda candidate: (candidate.label, _passes_public(candidate)))


def _descending(candidates: Sequence[Any], key: Callable[[Any], Any]) -> list[Any]:
    return sorted(candidates, key=key, reverse=True)  # stable: equals keep their order


def _group(candidate: Candidate) -> object:
    return candidate.index if candidate.behaviour is None else candidate.behaviour


def _all_equal(candidate: Candidate) -> int:
    return 0


def _passes_public(candidate: Candidate) -> bool:
    return candidate.passes_public is True


def _score(candidate: Candidate) -> float:
    """NaN (an answer too long for the verifier, say) ranks last; it would compare false with everything."""
    assert candidate.score is not None, "a selector that needs scores was shown none"
    return -math.inf if math.isnan(candidate.score) else candidate.score


def _passes_public_and_score(candidate: Candidate) -> tuple[bool, float]:
    return _passes_public(candidate), _score(candidate)


def _label(candidate: LabelledCandidate) -> bool:
    return candidate.label


SELECTORS: Registry[Selector] = Registry(
    "selector",
    Selector,
    {
        "first": Selector(
            rank=rank_as_sampled,
            label="first",
            description="The answer that was sampled first.",
            evaluated=False,
        ),
        "random": Selector(
            rank=rank_at_random,
            label="random",
            description="Any answer, by the seed.",
            rank_key=_all_equal,
            default=True,
        ),
        "pt": Selector(
            rank=rank_by_public_tests,
            label="PT",
            description="The first answer that passes the public tests.",
            needs_public=True,
            rank_key=_passes_public,
            default=True,
        ),
        "lv": Selector(
            rank=rank_by_verifier,
            label="LV",
            description="The answer that the learned verifier scores highest.",
            needs_scores=True,
            rank_key=_score,
            default=True,
        ),
        "pt_lv": Selector(
            rank=rank_by_public_tests_and_verifier,
            label="PT+LV",
            description="Of the answers that pass the public tests, the one that the learned verifier scores highest.",
            needs_public=True,
            needs_scores=True,
            rank_key=_passes_public_and_score,
            default=True,
        ),
        "cluster": Selector(
            rank=rank_by_behaviour,
            label="cluster",
            description="Of the answers that pass the public tests, one of the largest group that behaves alike.",
            needs_public=True,
            needs_behaviour=True,
        ),
        "oracle": Selector(
            rank=rank_by_label,
            label="oracle",
            description="A correct answer if there is one: an upper bound, never a method.",
            needs_public=True,
            needs_labels=True,
            rank_key=_label,
            default=True,
        ),
    },
)


def evaluated_selectors() -> dict[str, Selector]:
    """The shipped rows that `eval.selectors` may name, in the order of the table."""
    return {name: row for name, row in SELECTORS.items() if row.evaluated}


RESERVED_NAMES = ("greedy", "validation", "control")
"""Series of results of searches that choose nothing; a selector's results stand under its name, beside these."""


def check_evaluated(name: str) -> str:
    """`name`, if `eval.selectors` may hold it; imports nothing. Raises RegistryError."""
    if name in RESERVED_NAMES:
        raise RegistryError(
            f"no selector may be named {name!r}, as tables and reports call other results so; name yours by its import "
            "path, package.module:NAME, or rename its entry point"
        )
    if name in SELECTORS and not SELECTORS[name].evaluated:
        raise RegistryError(
            f"selector {name!r} is what rollouts use and chooses nothing; choose of {', '.join(evaluated_selectors())}"
        )
    return SELECTORS.check(name)


def selector_label(name: str) -> str:
    """How tables and figures call a selector. Imports nothing, of plug-ins either."""
    return SELECTORS.label(name)


def in_table_order(names: Iterable[str]) -> list[str]:
    """Selectors by name, each once: shipped ones as the table has them, then plug-ins in the given order."""
    found = list(dict.fromkeys(names))
    return [name for name in SELECTORS if name in found] + [name for name in found if name not in SELECTORS]
