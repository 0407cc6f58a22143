"""Best of N of one turn, over all choices of N of the answers that were drawn and judged.

A search of one turn looks at the first N answers alone. All choices of N of them have the same mean and vary less, so
cells of one turn say how many of the choices are right, a number between 0 and 1.
"""

from collections.abc import Iterable

from actors.search.selectors import SELECTORS
from pipeline.evaluation.search_metrics import best_of_first_answers, with_first_answers_for
from pipeline.evaluation.search_records import SearchRecord

ChoiceKey = tuple[str, int, str, int]
"""Selector, N, problem and which search of the problem."""


def shares_of_choices(records: Iterable[SearchRecord], searches: Iterable[tuple[str, int]]) -> dict[ChoiceKey, float]:
    """Of each search (selector, N) whose answers tell it: shares of the choices whose answer is right."""
    drawn = list(records)
    found = {}
    for name, width in searches:
        if name in SELECTORS:  # those of packages that are not installed cannot be asked
            for one in with_first_answers_for(SELECTORS[name], drawn):
                if len(one.first_turn_samples) >= width:
                    key = (name, width, one.problem_id, one.sample)
                    found[key] = best_of_first_answers(one, name, width)
    return found
