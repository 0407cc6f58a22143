"""Training splits of which a share cannot be solved: problems that need two changes, where the language has one.

A model that writes the family's programs of three lines finds nothing right for them, however often it tries.
"""

import ast
import random
from functools import cache

from sandbox.problem import FunctionTest, Problem, Test
from sandbox.problems.builtin.family import MIX, attempt_program, load_family, make_problem
from sandbox.problems.builtin.operators import CHANGE, FINISH, SELECT, SLOTS, Program, Step, Value

SPLITS = {"train25": 0.25, "train50": 0.5, "train75": 0.75}
"""Share of the problems that no program of three lines solves."""
SIZE = 1200
Example = tuple[list[int], Value]
SELECTS, CHANGES, FINISHES = ([Step(operator, k) for operator in slot for k in operator.parameters] for slot in SLOTS)
_OF_NOTHING = "return sum(xs)"
"""The one finish that makes something of an empty list; no example expects an empty one."""


def load_unsolved(split: str) -> list[Problem]:
    """1,200 problems, always the same: the first ones of the family's train split, and among them, evenly, the others.

    So every beginning of the split has the share, too. Raises ValueError for another name.
    """
    if split not in SPLITS:
        raise ValueError(f"the splits with unsolved problems are {', '.join(SPLITS)}; there is no {split!r}")
    share = SPLITS[split]
    solvable, others = iter(load_family("train")), iter(_longer_problems())
    return [next(others if int((n + 1) * share) > int(n * share) else solvable) for n in range(SIZE)]


@cache
def _longer_problems() -> tuple[Problem, ...]:
    """As many as the largest share takes. Two changes that one would do (add 3, add 4), or that the tests do not tell
    from one, are left out."""
    problems: list[Problem] = []
    prompts = {problem.prompt for problem in load_family("train")}
    attempt = 0
    while len(problems) < SIZE * max(SPLITS.values()):
        rng = random.Random(f"longer/{attempt}")
        attempt += 1
        problem = make_problem(f"family/longer/{len(problems):05d}", _longer_program(rng), rng, MIX)
        if problem is not None and problem.prompt not in prompts and not solving_programs(problem):
            prompts.add(problem.prompt)
            problems.append(problem)
    return tuple(problems)


def _longer_program(rng: random.Random) -> Program:
    operators = [rng.choice(slot) for slot in (SELECT, CHANGE, CHANGE, FINISH)]
    return tuple(Step(operator, rng.choice(operator.parameters)) for operator in operators)


def solving_programs(problem: Problem) -> list[Program]:
    """Every program of three lines that passes all tests of a problem of the family."""
    examples = [_example(test) for test in (*problem.private_tests, *problem.public_tests)]
    xs, expected = examples[0]
    found: list[Program] = []
    for changed, beginnings in _beginnings(xs).items():
        for finish in FINISHES:
            if (changed or finish.operator.code == _OF_NOTHING) and finish.operator.apply([*changed], 0) == expected:
                found += [(*beginning, finish) for beginning in beginnings]
    return [program for program in found if _passes(program, examples)]


def _beginnings(xs: list[int]) -> dict[tuple[int, ...], list[Program]]:
    """Every select with every change, by what they make of a list."""
    chosen: dict[tuple[int, ...], list[Step]] = {}
    for select in SELECTS:
        chosen.setdefault(tuple(select.operator.apply(xs, select.k)), []).append(select)
    found: dict[tuple[int, ...], list[Program]] = {}
    for kept, selects in chosen.items():
        for change in CHANGES:
            changed = tuple(change.operator.apply(kept, change.k))
            found.setdefault(changed, []).extend((select, change) for select in selects)
    return found


def _passes(program: Program, examples: list[Example]) -> bool:
    return all(attempt_program(program, xs) == expected for xs, expected in examples)


def _example(test: Test) -> Example:
    """Input and expected value of `assert f([9, 8]) == [4]`."""
    assert isinstance(test, FunctionTest)
    call, expected = test.source.removeprefix("assert f(").split(") == ")
    return ast.literal_eval(call), ast.literal_eval(expected)
