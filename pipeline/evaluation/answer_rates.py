"""Of the answers of a search, by turn: how many hold no program and why, how many were cut, and how many are right of
those that hold one. So a model's format is told apart from its skill."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import get_args

from actors.prompting.reading import MissingReason
from pipeline.evaluation.search_records import SearchRecord

ANSWERS, NO_PROGRAM, CUT, WITH_PROGRAM = "answers", "no_program", "cut_short", "accuracy_with_program"
REPEATED = "repeated"
REASON_TITLES: dict[MissingReason, str] = {
    "cut": "cut before a program",
    "empty": "nothing said",
    "reasoning": "ends in its reasoning",
    "no_fence": "no code block",
    "wrong_fence": "a code block not taken",
}
REASON_METRICS = {f"{NO_PROGRAM}_{reason}": f"  {REASON_TITLES[reason]}" for reason in get_args(MissingReason)}
ANSWER_MEASURES = {
    ANSWERS: "answers",
    NO_PROGRAM: "without a program, %",
    **REASON_METRICS,
    CUT: "cut at max_tokens, %",
    REPEATED: "same program again, %",
    WITH_PROGRAM: "right if a program, %",
}
"""Metrics of a search's answers, in words; docs/evaluation.md defines them. All but the first are shares."""
MANY_REPEATED = 1 / 2
"""A share of a turn's programs from which on its search hardly uses the turn."""
NEGLIGIBLE = 1 / 200
"""A share of answers that nobody needs to be told of."""
TURNS_PER_LINE = 5
Values = dict[str, Sequence[tuple[str, float | None]]]


def answer_values(records: Sequence[SearchRecord], turn: int) -> Values:
    """Of each metric its values and their problems, at `turn` (1-based): of each answer, or of each episode.

    A reason is there only if it occurs. Masked episodes count in none.
    """
    known = [one for one in records if not one.masked]
    played = [(one.problem_id, one.forms[turn - 1] if len(one.forms) >= turn else ()) for one in known]
    forms = [(problem, form) for problem, found in played for form in found]
    reasons = {form.missing for _, form in forms} - {None}
    return {
        ANSWERS: [(problem, float(len(found))) for problem, found in played],
        NO_PROGRAM: [(problem, float(form.missing is not None)) for problem, form in forms],
        **{
            f"{NO_PROGRAM}_{reason}": [(problem, float(form.missing == reason)) for problem, form in forms]
            for reason in REASON_TITLES
            if reason in reasons
        },
        CUT: [(problem, float(form.cut)) for problem, form in forms],
        REPEATED: [(problem, float(form.repeated)) for problem, form in forms if form.repeated is not None],
        WITH_PROGRAM: [(one.problem_id, one.label(turn)) for one in known if one.has_program(turn)],
    }


# ---- for tables -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerRates:
    """Of one search the values of ANSWER_MEASURES by turn, `answers` as a count."""

    label: str
    values: Mapping[str, Mapping[int, float]]

    @property
    def turns(self) -> int:
        return max((turn for turn, count in self.values.get(ANSWERS, {}).items() if count), default=0)

    @property
    def clean(self) -> bool:
        """Whether hardly any answer holds no program or was cut."""
        return self.worst <= NEGLIGIBLE

    @property
    def worst(self) -> float:
        """The largest share of a turn's answers that hold no program, or were cut."""
        return max((value for name in (NO_PROGRAM, CUT) for value in self.values.get(name, {}).values()), default=0.0)

    @property
    def repeating(self) -> str:
        """At which turns most programs are the one before again; "" if at none."""
        found = {turn: share for turn, share in self.values.get(REPEATED, {}).items() if share > MANY_REPEATED}
        return ", ".join(f"{share:.0%} of turn {turn}" for turn, share in sorted(found.items()))

    def lines(self) -> Iterator[tuple[str, list[str]]]:
        """What is measured, and a cell per turn."""
        for name, title in ANSWER_MEASURES.items():
            if name in self.values:
                found = [self.values[name].get(turn) for turn in range(1, self.turns + 1)]
                scale = (lambda value: f"{value:.0f}") if name == ANSWERS else (lambda value: f"{100 * value:.1f}")
                yield title, ["-" if value is None else scale(value) for value in found]


def answer_block(table: Sequence[AnswerRates]) -> list[str]:
    """Lines of at most 100 columns; searches whose answers hold a program are not shown one by one."""
    found = [one for one in table if one.turns]
    if not found:
        return []
    repeating = [f"{one.label}: {one.repeating}" for one in found if one.repeating]
    if repeating:
        repeating = ["programs that only repeat the one that failed", *(f"  {line}" for line in repeating)]
    return [*_form_lines(found), *repeating, ""]


def _form_lines(found: Sequence[AnswerRates]) -> list[str]:
    shown = [one for one in found if not one.clean]
    if not shown and not max(one.worst for one in found):
        return ["every answer holds a program, and none was cut"]
    few = "at most one answer in 200 holds no program or was cut"
    if not shown:
        return [few]
    turns = min(max(one.turns for one in shown), TURNS_PER_LINE)
    lines = [f"{'answers of a turn':<55}" + "".join(f"{f'turn {turn}':>9}" for turn in range(1, turns + 1))]
    for one in shown:
        for number, (title, cells) in enumerate(one.lines()):
            label = one.label if number == 0 else ""
            lines.append(f"{label + ' ':<31}{title:<24}" + "".join(f"{cell:>9}" for cell in cells[:turns]))
    return [*lines, *([f"of the other searches {few}"] if len(shown) < len(found) else [])]
