"""What a turn's answers say: whether one ends the search, how a program behaves, which answers are kept."""

from collections.abc import Sequence

from actors.ids import stable_id, stable_seed
from actors.search.episode import Answer
from actors.search.plan import SearchPlan
from actors.search.selector import Candidate, Selector
from sandbox.verdict import Outcome


def ends_search(answer: Answer, plan: SearchPlan) -> bool:
    """Whether this answer ends its search."""
    return answer.label is True if plan.stop == "all" else passes_public_tests(answer)


def passes_public_tests(answer: Answer) -> bool:
    return answer.public is not None and answer.public.accepted


def has_no_verdict(answer: Answer) -> bool:
    """Whether a suite was asked for in vain: the sandbox failed, or the problem's own tests cannot be judged."""
    return any(outcome is not None and outcome.label is None for outcome in answer.outcomes)


def digest_behaviour(outcome: Outcome) -> str | None:
    """What a program did on each extra input, 8 hex digits for each, spaces between; None if there were none."""
    seen = [stable_id(str(test.verdict), test.message)[:8] for test in outcome.tests]
    return " ".join(seen) or None


def keep_best(
    answers: Sequence[Answer], selector: Selector, seed: int, failed: frozenset[str | None], beam: int = 1
) -> list[int]:
    """Indices of the at most `beam` answers that the selector keeps, best first, no program twice.

    `failed` programs are kept only if nothing else is left.
    """
    candidates = [_view(index, answer, selector) for index, answer in enumerate(answers)]
    fresh = [candidate for candidate in candidates if answers[candidate.index].program not in failed]
    kept: dict[str | None, int] = {}
    for candidate in selector.ranked(fresh or candidates, stable_seed("select", seed)):
        kept.setdefault(answers[candidate.index].program, candidate.index)
    return list(kept.values())[:beam]


def _view(index: int, answer: Answer, selector: Selector) -> Candidate:
    return selector.view(
        index,
        passes_public=answer.public.accepted if answer.public is not None else None,
        score=answer.score,
        behaviour=answer.behaviour,
        label=answer.label is True,
    )
