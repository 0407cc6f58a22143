"""What evaluation keeps of an episode: who answered right when, and what it cost. Small enough for whole studies."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from actors.search.episode import Episode, Turn
from actors.search.selectors import SELECTORS
from actors.storage.parquet import read_rows
from pipeline.evaluation.statistics import Array

Cells = Mapping[str, tuple[float, float]]
"""Of each problem the sum of a quantity, and over how many episodes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """One answer of the first turn, where all of them were judged."""

    label: bool
    passes_public: bool
    score: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """One search of one problem. Tuples have one entry per turn that was played.

    `labels` and `public` are of the answer held after the turn (None: not judged), `tokens` and `executions` what was
    spent until then, `drawn` the answers of the first turn, () unless all were judged.
    """

    problem_id: str
    selector: str
    width: int
    beam: int
    sample: int
    policy_id: str
    verifier_id: str
    infrastructure: bool
    labels: tuple[bool | None, ...]
    public: tuple[bool | None, ...]
    tokens: tuple[int, ...]
    executions: tuple[int, ...]
    drawn: tuple[Drawn, ...]

    def label(self, turn: int) -> bool | None:
        """Whether the answer held after `turn` (1-based) passes all tests; None where that is not known.

        An episode that ended earlier keeps its last answer. One whose prompt left no room holds none: not right.
        """
        return None if self.infrastructure else self._at(self.labels, turn, False)

    def passes_public(self, turn: int) -> bool | None:
        return None if self.infrastructure else self._at(self.public, turn, False)

    def spent(self, what: str, turn: int) -> int:
        """Sampled "tokens", or "executions" of distinct programs, until the end of `turn`."""
        return self._at(self.tokens if what == "tokens" else self.executions, turn, 0)

    @staticmethod
    def _at(values: Sequence[Any], turn: int, none: Any) -> Any:
        return values[min(turn, len(values)) - 1] if values else none


def read_played(files: Iterable[str]) -> Iterator[Played]:
    """Episodes of committed parts, one part at a time."""
    return (played(Episode.from_row(row)) for row in read_rows(files))


def played(episode: Episode) -> Played:
    held = [turn.held for turn in episode.turns]
    return Played(
        problem_id=episode.problem_id,
        selector=episode.selector,
        width=episode.width,
        beam=episode.beam,
        sample=episode.sample,
        policy_id=episode.policy_id,
        verifier_id=episode.verifier_id,
        infrastructure=episode.infrastructure,
        labels=tuple(answer.label for answer in held),
        public=tuple(answer.public.label if answer.public else None for answer in held),
        tokens=_summed(sum(answer.tokens for answer in turn.answers) for turn in episode.turns),
        executions=_executions(episode),
        drawn=_drawn(episode.turns[:1]),
    )


def _summed(values: Iterable[int]) -> tuple[int, ...]:
    return tuple(np.cumsum(list(values), dtype=int).tolist())


def _executions(episode: Episode) -> tuple[int, ...]:
    """Runs that the choices needed: distinct programs on public tests, and on extra inputs; never a private test.

    A selector that looks at public results runs everybody, another one only what it keeps; results that were
    recorded besides are not counted.
    """
    everyone = SELECTORS[episode.selector].needs_public
    ran: set[tuple[str, str]] = set()
    counts = []
    for turn in episode.turns:
        kept = turn.kept or (turn.chosen,)
        answers = turn.answers if everyone else [turn.answers[index] for index in kept]
        ran |= {("public", answer.program) for answer in answers if answer.program is not None}
        ran |= {("probes", str(answer.program)) for answer in turn.answers if answer.behaviour is not None}
        counts.append(len(ran))
    return tuple(counts)


def _drawn(turns: Sequence[Turn]) -> tuple[Drawn, ...]:
    answers = [answer for turn in turns for answer in turn.answers]
    if any(answer.label is None or answer.public is None for answer in answers):
        return ()
    return tuple(
        Drawn(
            label=bool(answer.label), passes_public=bool(answer.public and answer.public.accepted), score=answer.score
        )
        for answer in answers
    )


# ---- per problem ----------------------------------------------------------------------------------------------------


def accuracy_cells(records: Iterable[Played], turn: int) -> dict[str, tuple[float, float]]:
    """Right answers held after `turn`, and known ones, of each problem."""
    return cells((record.problem_id, record.label(turn)) for record in records)


def cells(values: Iterable[tuple[str, float | None]]) -> dict[str, tuple[float, float]]:
    """Sum and number of the values of each problem; None is not counted, but its problem is there."""
    found: dict[str, tuple[float, float]] = {}
    for problem_id, value in values:
        total, count = found.get(problem_id, (0.0, 0.0))
        found[problem_id] = (total, count) if value is None else (total + value, count + 1)
    return found


def tables(*series: Sequence[Cells]) -> list[tuple[Array, Array]]:
    """(totals, counts) of each series, seeds × problems, all over the same problems in the same order.

    A series is one method: its cells under each seed. What a seed lacks of a problem counts 0.
    """
    problems = sorted({problem for seeds in series for found in seeds for problem in found})

    def table(seeds: Sequence[Cells], part: int) -> Array:
        return np.array([[found.get(problem, (0.0, 0.0))[part] for problem in problems] for found in seeds], float)

    return [(table(seeds, 0), table(seeds, 1)) for seeds in series]
