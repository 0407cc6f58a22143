"""What each turn of a search solved and had spent, read from episodes without their texts but the programs."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from actors.search.selectors import SELECTORS
from actors.storage.parquet import read_batches
from pipeline.evaluation.search_records import OUTCOME_COLUMNS, SearchOutcome, executions_by_turn, search_outcome

_ANSWER = "turns.list.element.answers.list.element"
COST_COLUMNS = [
    *(*OUTCOME_COLUMNS, "sample", "turns.list.element.prompt_tokens"),
    *(f"{_ANSWER}.tokens", f"{_ANSWER}.program", f"{_ANSWER}.behaviour"),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchCost:
    """One search of one problem. The tuples have one entry per turn that was searched, with what this turn cost: tokens
    that were sampled, tokens of the histories that were read, and runs for the choices of programs that had not run
    yet (None for a selector of another package, which says what it looks at only when it is imported)."""

    outcome: SearchOutcome
    sample: int
    tokens: tuple[int, ...]
    prompt_tokens: tuple[int, ...]
    executions: tuple[int, ...] | None


def read_search_costs(files: Iterable[str]) -> Iterator[SearchCost]:
    """Episodes of committed parts, streamed."""
    for batch in read_batches(files, COST_COLUMNS):
        yield from map(_search_cost, batch.to_pylist())


def _search_cost(row: Mapping[str, Any]) -> SearchCost:
    turns = row["turns"]
    return SearchCost(
        outcome=search_outcome(row),
        sample=row["sample"],
        tokens=tuple(sum(answer["tokens"] for answer in turn["answers"]) for turn in turns),
        prompt_tokens=tuple(turn["prompt_tokens"] for turn in turns),
        executions=_executions(row["selector"], turns) if row["selector"] in SELECTORS else None,
    )


def _executions(selector: str, turns: Sequence[Mapping[str, Any]]) -> tuple[int, ...]:
    until = executions_by_turn(
        selector,
        (
            (
                turn["kept"] or (turn["chosen"],),
                [(answer["program"], answer["behaviour"] is not None) for answer in turn["answers"]],
            )
            for turn in turns
        ),
    )
    return tuple(now - before for before, now in pairwise((0, *until)))
