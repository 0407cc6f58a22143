"""The little language of the built-in family: `f(xs)` selects from a list, changes each item, finishes.

Every operator owns its line of Python, its meaning and its English. A program of the family is run by
these meanings, so expected values never come from executing text.
"""

import itertools
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sandbox.problems.builtin.spellings import SPELLINGS

Value = int | list[int]


@dataclass(frozen=True, slots=True)
class Operator:
    """One line of a program, with `{k}` in place of its parameter.

    Phrases: `common` is what everybody says; `rare` never occurs in the warm start, so that only search
    and tests can teach it; `vague` is shared by two or three operators, so that only the public test
    tells them apart.
    """

    code: str
    apply: Callable[[Any, int], Any]
    common: str
    rare: str
    vague: str
    parameters: tuple[int, ...] = (0,)

    @property
    def spellings(self) -> tuple[str, ...]:
        """Every text of the line, `code` first."""
        return (self.code, *SPELLINGS[self.code])


@dataclass(frozen=True, slots=True)
class Step:
    """An operator with its parameter."""

    operator: Operator
    k: int

    def __str__(self) -> str:
        return self.operator.code.format(k=self.k)


Program = tuple[Step, ...]

SELECT = (
    Operator(
        "xs = [x for x in xs if x % 2 == 0]",
        lambda xs, k: [x for x in xs if x % 2 == 0],
        *("keep the even ones", "retain halvable items", "keep one parity"),
    ),
    Operator(
        "xs = [x for x in xs if x % 2 == 1]",
        lambda xs, k: [x for x in xs if x % 2 == 1],
        *("keep the odd ones", "retain unpaired items", "keep one parity"),
    ),
    Operator(
        "xs = [x for x in xs if x > {k}]",
        lambda xs, k: [x for x in xs if x > k],
        *("keep those above {k}", "demand beyond {k}", "filter against {k}"),
        parameters=(2, 3, 4, 5, 6),
    ),
    Operator(
        "xs = [x for x in xs if x < {k}]",
        lambda xs, k: [x for x in xs if x < k],
        *("keep those below {k}", "cap under {k}", "filter against {k}"),
        parameters=(4, 5, 6, 7, 8),
    ),
    Operator(
        "xs = xs[{k}:]",
        lambda xs, k: xs[k:],
        *("drop the first {k}", "behead by {k}", "cut {k} at one end"),
        parameters=(1, 2, 3),
    ),
    Operator(
        "xs = xs[:-{k}]",
        lambda xs, k: xs[:-k],
        *("drop the last {k}", "dock the tail by {k}", "cut {k} at one end"),
        parameters=(1, 2, 3),
    ),
    Operator(
        "xs = xs[:{k}]",
        lambda xs, k: xs[:k],
        *("take the first {k}", "hold the front {k}", "save {k} at one end"),
        parameters=(2, 3, 4),
    ),
    Operator(
        "xs = xs[-{k}:]",
        lambda xs, k: xs[-k:],
        *("take the last {k}", "hold the rear {k}", "save {k} at one end"),
        parameters=(2, 3, 4),
    ),
    Operator(
        "xs = xs[::2]",
        lambda xs, k: xs[::2],
        *("take every other from the start", "hop along", "alternate"),
    ),
    Operator(
        "xs = xs[1::2]",
        lambda xs, k: xs[1::2],
        *("take every other from the second", "hop after a pause", "alternate"),
    ),
    Operator("xs = xs", lambda xs, k: xs, "take all", "spare nobody", "take what is there"),
)

CHANGE = (
    Operator(
        "xs = [x + {k} for x in xs]",
        lambda xs, k: [x + k for x in xs],
        *("add {k}", "hoist by {k}", "shift each by {k}"),
        parameters=tuple(range(1, 10)),
    ),
    Operator(
        "xs = [x - {k} for x in xs]",
        lambda xs, k: [x - k for x in xs],
        *("subtract {k}", "sink by {k}", "shift each by {k}"),
        parameters=tuple(range(1, 10)),
    ),
    Operator(
        "xs = [x * {k} for x in xs]",
        lambda xs, k: [x * k for x in xs],
        *("multiply by {k}", "swell by {k}", "rescale by {k}"),
        parameters=(2, 3, 4, 5),
    ),
    Operator(
        "xs = [x // {k} for x in xs]",
        lambda xs, k: [x // k for x in xs],
        *("divide by {k}", "shrink by {k}", "rescale by {k}"),
        parameters=(2, 3, 4, 5),
    ),
    Operator(
        "xs = [x % {k} for x in xs]",
        lambda xs, k: [x % k for x in xs],
        *("reduce modulo {k}", "wrap around {k}", "fold at {k}"),
        parameters=(3, 4, 5, 6, 7),
    ),
    Operator(
        "xs = [{k} - x for x in xs]",
        lambda xs, k: [k - x for x in xs],
        *("subtract from {k}", "mirror about {k}", "fold at {k}"),
        parameters=(5, 6, 7, 8, 9),
    ),
    Operator(
        "xs = [x * x for x in xs]",
        lambda xs, k: [x * x for x in xs],
        *("square each", "pair each with itself", "raise to some power"),
    ),
    Operator(
        "xs = [x for x in xs]",
        lambda xs, k: list(xs),
        *("change nothing", "leave in peace", "raise to some power"),
    ),
)

FINISH = (
    Operator("return sum(xs)", lambda xs, k: sum(xs), "the sum", "pooled together", "as one number"),
    Operator("return max(xs)", lambda xs, k: max(xs), "the largest", "the champion", "as one number"),
    Operator("return min(xs)", lambda xs, k: min(xs), "the smallest", "the runt", "as one number"),
    Operator("return sorted(xs)", lambda xs, k: sorted(xs), "sorted upwards", "climbing", "in order"),
    Operator(
        "return sorted(xs, reverse=True)",
        lambda xs, k: sorted(xs, reverse=True),
        *("sorted downwards", "descent", "in order"),
    ),
    Operator("return xs[::-1]", lambda xs, k: xs[::-1], "reversed", "tail leading", "either way round"),
    Operator("return xs", lambda xs, k: xs, "as a list", "handed over", "either way round"),
    Operator("return xs + xs", lambda xs, k: xs + xs, "twice over", "with an echo", "either way round"),
    Operator("return xs[0]", lambda xs, k: xs[0], "the first one", "the leader", "from an end"),
    Operator("return xs[-1]", lambda xs, k: xs[-1], "the last one", "the straggler", "from an end"),
)

SLOTS = (SELECT, CHANGE, FINISH)
_HEAD, _INDENT = "def f(xs):\n", "    "


def program_source(program: Program) -> str:
    """The Python text of a program."""
    return _HEAD + "\n".join(_INDENT + str(step) for step in program)


def spelled_source(program: Program, choices: Sequence[int]) -> str:
    """The text of a program with one of the `spellings` of each line, by their numbers; all 0 is `program_source`."""
    lines = [step.operator.spellings[n].format(k=step.k) for step, n in zip(program, choices, strict=True)]
    return _HEAD + "\n".join(_INDENT + line for line in lines)


def apply_program(program: Program, xs: list[int]) -> Value:
    """What the program returns for `xs`. Raises what the Python text would: IndexError, ValueError."""
    value: Any = xs
    for step in program:
        value = step.operator.apply(value, step.k)
    return value


def parse_program(text: str) -> Program | None:
    """The program that `text` is, in any spelling, with any parameters and any number of changes; None for other
    Python."""
    if not text.startswith(_HEAD):
        return None
    lines = text[len(_HEAD) :].rstrip().split("\n")
    steps = [_step(line.removeprefix(_INDENT)) for line in lines if line.startswith(_INDENT)]
    if len(steps) != len(lines) or None in steps:
        return None
    program = tuple(step for step in steps if step is not None)
    finishes = [step.operator in FINISH for step in program]
    return program if finishes == [False] * (len(program) - 1) + [True] else None


@cache
def every_program() -> tuple[Program, ...]:
    """All compositions of one operator per slot: select, change, finish."""
    slots = [[Step(operator, k) for operator in slot for k in operator.parameters] for slot in SLOTS]
    return tuple(itertools.product(*slots))


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], Operator], ...]:
    return tuple(
        (re.compile(re.escape(code).replace(r"\{k\}", r"(\d{1,4})")), operator)
        for slot in SLOTS
        for operator in slot
        for code in operator.spellings
    )


@cache
def _step(line: str) -> Step | None:
    for pattern, operator in _patterns():
        if match := pattern.fullmatch(line):
            k = int(match[1]) if match.groups() else 0
            return None if k == 0 and match.groups() else Step(operator, k)
    return None
