"""Evaluation problems that are also training problems: a number from those says nothing about unseen ones."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from sandbox.problem import Problem
from sandbox.problems.published.starter import STARTER

FAMILIES = dict.fromkeys(("python", "javascript", "js", "cpp", "c++", "go", "java", "rust"), "humaneval")
"""HumanEvalPack numbers HumanEval's problems under the names of languages."""
SHOWN = 3


@dataclass(frozen=True, slots=True)
class Overlap:
    """One evaluation problem that is in the training split; by id if its id is, else by its text."""

    test_id: str
    train_id: str
    by_id: bool


def find_overlap(train: Iterable[Problem], test: Iterable[Problem]) -> list[Overlap]:
    """Evaluation problems with a training problem's id or text, in their order.

    Ids are compared without case, text as its words without case: layout and punctuation do not count.
    """
    ids: dict[str, str] = {}
    texts: dict[str, str] = {}
    for problem in train:
        ids.setdefault(_identity(problem), problem.problem_id)
        texts.setdefault(_text(problem), problem.problem_id)
    texts.pop("", None)
    found = []
    for problem in test:
        if (same := ids.get(_identity(problem))) is not None:
            found.append(Overlap(problem.problem_id, same, by_id=True))
        elif (same := texts.get(_text(problem))) is not None:
            found.append(Overlap(problem.problem_id, same, by_id=False))
    return found


def _identity(problem: Problem) -> str:
    family, slash, number = problem.problem_id.casefold().partition("/")
    return f"{FAMILIES.get(family, family)}{slash}{number}"


def _text(problem: Problem) -> str:
    statement = problem.prompt.partition(STARTER)[0]  # sets that share a problem begin its program differently
    return " ".join(re.findall(r"\w+", statement.casefold()))


def overlap_summary(found: list[Overlap], of: int, what: str) -> str | None:
    """`108 of 378 test problems are in the training split (108 by id, 0 by text): Mbpp/602, …`; None for none."""
    if not found:
        return None
    by_id = sum(item.by_id for item in found)
    first = ", ".join(item.test_id for item in found[:SHOWN]) + ", …" * (len(found) > SHOWN)
    kinds = f"{by_id} by id, {len(found) - by_id} by text"
    return f"{len(found)} of {of} {what} problems are in the training split ({kinds}): {first}"
