"""What evaluation keeps of an episode: which answers were right, after which turn, and what they cost."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from actors.prompting.reading import MissingReason, missing_reason
from actors.search.episode import MASK_COLUMNS, Answer, Episode, MaskReason, Turn, mask_of_row
from actors.search.selectors import SELECTORS
from actors.storage.parquet import read_batches, read_rows
from sandbox.verdict import Verdict, settling_verdict

ValueT = TypeVar("ValueT")
ProblemSums = Mapping[str, tuple[float, float]]
"""Of each problem the sum of a quantity, and over how many episodes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstTurnSample:
    """One answer of the first turn, if all of them were judged. `behaviour`: as in `Answer`."""

    label: bool
    passes_public: bool
    score: float | None
    behaviour: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerForm:
    """What can be said of an answer that nobody has run. `missing`: why it holds no program; None if it holds one.
    `repeated`: whether its program is that of the answer it shall correct; None if one of the two holds none."""

    missing: MissingReason | None
    cut: bool
    repeated: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchRecord:
    """One search of one problem. Tuples have one entry per turn that was searched.

    `labels` and `public` are of the answer that was final if the search stopped after the turn (None: not judged);
    `tokens` and `executions` are what was spent until then; `first_turn_samples` are the answers of the first turn, ()
    unless all were judged. `forms` are of all answers of a turn, `programs` whether the final one holds one.
    """

    problem_id: str
    selector: str
    width: int
    beam: int
    sample: int
    policy_id: str
    verifier_id: str
    masked: MaskReason | None
    labels: tuple[bool | None, ...]
    public: tuple[bool | None, ...]
    tokens: tuple[int, ...]
    executions: tuple[int, ...]
    first_turn_samples: tuple[FirstTurnSample, ...]
    forms: tuple[tuple[AnswerForm, ...], ...] = ()
    programs: tuple[bool, ...] = ()

    def label(self, turn: int) -> bool | None:
        """Whether the final answer after `turn` (1-based) passes all tests; None if that is not known.

        An episode that ended earlier keeps its last answer. One whose prompt left no room has none: not right.
        """
        return None if self.masked else self._at(self.labels, turn, False)

    def passes_public(self, turn: int) -> bool | None:
        return None if self.masked else self._at(self.public, turn, False)

    def has_program(self, turn: int) -> bool:
        """Whether the final answer after `turn` holds a program."""
        return self._at(self.programs, turn, False)

    def spent(self, what: str, turn: int) -> int:
        """Sampled "tokens", or "executions" of distinct programs, until the end of `turn`."""
        return self._at(self.tokens if what == "tokens" else self.executions, turn, 0)

    @staticmethod
    def _at(values: Sequence[ValueT], turn: int, none: ValueT) -> ValueT:
        return values[min(turn, len(values)) - 1] if values else none


def read_search_records(files: Iterable[str]) -> Iterator[SearchRecord]:
    """Episodes of committed parts, one part at a time."""
    return (search_record(Episode.from_row(row)) for row in read_rows(files))


OUTCOME_COLUMNS = [
    *("problem_id", "selector", "width", "turns.list.element.chosen", "turns.list.element.kept"),
    *MASK_COLUMNS,
]


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchOutcome:
    """Of a SearchRecord what tells who solved what; `labels` has one entry per turn that was searched."""

    problem_id: str
    selector: str
    width: int
    masked: MaskReason | None
    labels: tuple[bool | None, ...]

    def label(self, turn: int) -> bool | None:
        """As `SearchRecord.label`."""
        if self.masked:
            return None
        return self.labels[min(turn, len(self.labels)) - 1] if self.labels else False


def read_search_outcomes(files: Iterable[str]) -> Iterator[SearchOutcome]:
    """Episodes of committed parts, streamed; of their answers the verdicts alone are read."""
    for batch in read_batches(files, OUTCOME_COLUMNS):
        yield from map(search_outcome, batch.to_pylist())


def search_outcome(row: Mapping[str, Any]) -> SearchOutcome:
    """Of a row that has at least the OUTCOME_COLUMNS."""
    return SearchOutcome(
        **{name: row[name] for name in ("problem_id", "selector", "width")},
        masked=mask_of_row(row),
        labels=tuple(_label_of_final(turn) for turn in row["turns"]),
    )


def _label_of_final(turn: Mapping[str, Any]) -> bool | None:
    """As `Turn.held.label`, of a row that holds its verdicts only."""
    answer = turn["answers"][turn["kept"][0] if turn["kept"] else turn["chosen"]]
    verdicts = (answer[suite] and answer[suite]["verdict"] for suite in ("public", "private"))
    settling = settling_verdict(*(Verdict(verdict) if verdict else None for verdict in verdicts))
    return None if settling is None else settling.label


def search_record(episode: Episode) -> SearchRecord:
    """What evaluation keeps of one episode."""
    final = [turn.held for turn in episode.turns]
    return SearchRecord(
        problem_id=episode.problem_id,
        selector=episode.selector,
        width=episode.width,
        beam=episode.beam,
        sample=episode.sample,
        policy_id=episode.policy_id,
        verifier_id=episode.verifier_id,
        masked=episode.masked,
        labels=tuple(answer.label for answer in final),
        public=tuple(answer.public.label if answer.public else None for answer in final),
        tokens=_summed(sum(answer.tokens for answer in turn.answers) for turn in episode.turns),
        executions=_executions(episode),
        first_turn_samples=_first_turn_samples(episode.turns[:1]),
        forms=tuple(map(_answer_forms, (None, *episode.turns), episode.turns)),
        programs=tuple(answer.program is not None for answer in final),
    )


def _answer_forms(before: Turn | None, turn: Turn) -> tuple[AnswerForm, ...]:
    """Of all answers of a turn. `before`: the turn whose answers they shall correct; None if it is the first."""
    return tuple(
        AnswerForm(
            missing=missing_reason(answer.response, answer.finish_reason) if answer.program is None else None,
            cut=answer.finish_reason == "length",
            repeated=_is_repeated(answer, before.continued_by(turn, place)) if before else None,
        )
        for place, answer in enumerate(turn.answers)
    )


def _is_repeated(answer: Answer, corrected: Answer) -> bool | None:
    return None if None in (answer.program, corrected.program) else answer.program == corrected.program


def _summed(values: Iterable[int]) -> tuple[int, ...]:
    return tuple(np.cumsum(list(values), dtype=int).tolist())


def _executions(episode: Episode) -> tuple[int, ...]:
    turns = (
        (turn.kept or (turn.chosen,), [(answer.program, answer.behaviour is not None) for answer in turn.answers])
        for turn in episode.turns
    )
    return executions_by_turn(episode.selector, turns)


def executions_by_turn(
    selector: str, turns: Iterable[tuple[Sequence[int], Sequence[tuple[str | None, bool]]]]
) -> tuple[int, ...]:
    """Runs that the choices needed until the end of each turn: distinct programs on public tests, and on extra inputs;
    never a private test.

    `turns`: places of the answers that are kept, and of each answer its program and whether it ran on extra inputs. A
    selector that looks at public results runs everybody, another one only what it keeps; results that were recorded
    besides are not counted.
    """
    everyone = SELECTORS[selector].needs_public
    ran: set[tuple[str, str]] = set()
    counts = []
    for kept, answers in turns:
        judged = answers if everyone else [answers[index] for index in kept]
        ran |= {("public", program) for program, _ in judged if program is not None}
        ran |= {("probes", str(program)) for program, probed in answers if probed}
        counts.append(len(ran))
    return tuple(counts)


def _first_turn_samples(turns: Sequence[Turn]) -> tuple[FirstTurnSample, ...]:
    answers = [answer for turn in turns for answer in turn.answers]
    if any(answer.label is None or answer.public is None for answer in answers):
        return ()
    return tuple(
        FirstTurnSample(
            label=bool(answer.label),
            passes_public=bool(answer.public and answer.public.accepted),
            score=answer.score,
            behaviour=answer.behaviour,
        )
        for answer in answers
    )


# ---- per problem ----------------------------------------------------------------------------------------------------


def per_problem(values: Iterable[tuple[str, float | None]]) -> dict[str, tuple[float, float]]:
    """Sum and number of the values of each problem; None is not counted, but its problem is there."""
    found: dict[str, tuple[float, float]] = {}
    for problem_id, value in values:
        total, count = found.get(problem_id, (0.0, 0.0))
        found[problem_id] = (total, count) if value is None else (total + value, count + 1)
    return found
