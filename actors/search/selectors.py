"""Which of the sampled answers a turn keeps: a selector is a row of `SELECTORS`, and all that is known of it is there.

Rows are pure functions over what the selector may see of the answers (actors.search.selector).
"""

import math
import random
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from actors.search.selector import Candidate, LabelledCandidate, Selector
from sandbox.registry import Registry, RegistryError


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


def rank_by_agreement(candidates: Sequence[Candidate], seed: int) -> list[Candidate]:
    """Public tests first; of those that pass, by the share of extra inputs on which the others do the same.

    The program of minimum Bayes risk, argmin_p Σ_q ℓ(p, q) over the passing candidates q (Shi et al. 2022, arXiv
    2204.11454, section 3), where ℓ is the share of inputs on which p and q differ. There ℓ is 1 if any differs; a share
    lets programs that differ on a few odd inputs still vote for each other. Equals in the order in which they were
    sampled; a program without a behaviour agrees with nobody.
    """
    passing = [candidate for candidate in candidates if candidate.passes_public]
    behaviours = [(candidate.behaviour or "").split() for candidate in passing]
    agreed = {
        candidate.index: sum(_agreements(own, other) for other in behaviours)
        for candidate, own in zip(passing, behaviours, strict=True)
    }
    return _descending(candidates, lambda candidate: (_passes_public(candidate), agreed.get(candidate.index, 0)))


def rank_by_label(candidates: Sequence[LabelledCandidate], seed: int) -> list[LabelledCandidate]:
    """Correct answers first, then those that pass the public tests."""
    return _descending(candidates, lambda candidate: (candidate.label, _passes_public(candidate)))


def _descending(candidates: Sequence[Any], key: Callable[[Any], Any]) -> list[Any]:
    return sorted(candidates, key=key, reverse=True)  # stable: equals keep their order


def _group(candidate: Candidate) -> object:
    return candidate.index if candidate.behaviour is None else candidate.behaviour


def _agreements(one: Sequence[str], other: Sequence[str]) -> int:
    """How many inputs both did the same on; all programs of a problem run on the same ones."""
    return sum(left == right for left, right in zip(one, other, strict=False))


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
        "mbr": Selector(
            rank=rank_by_agreement,
            label="MBR",
            description="Of the answers that pass the public tests, the one that agrees most with the others.",
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
