"""The built-in problem family: short English, one weak public test, and a function `f(xs)` to write.

The English is imperfect on purpose (see `operators.Operator`): what a phrase means must be found by
trying and testing. The splits share no function: compositions that no list tells apart are counted as one.
"""

import hashlib
import random
from functools import cache

from sandbox.problem import FunctionTest, Limits, Problem
from sandbox.problems.builtin.operators import Program, Value, apply_program, every_program, program_source

SPLITS = ("test", "validation", "train", "warm")
"""In the order in which they choose their compositions and prompts."""
SIZES = {"test": 1000, "validation": 500, "train": 2400, "warm": 12000}
COMPOSITIONS = {"test": 1000, "validation": 500, "train": 2400}
"""Distinct functions of a split; the warm start takes all that remain, each in several wordings."""
KINDS = ("common", "rare", "vague")
WARM_MIX, MIX = (0.65, 0.0, 0.35), (0.35, 0.40, 0.25)
"""Probability of each kind, slot by slot."""
PUBLIC_LENGTHS, PRIVATE_LENGTHS, PRIVATE_TESTS = (2, 3), (4, 8), 8
LIMITS = Limits(cpu_limit_s=1.0, wall_limit_s=10.0, memory_mib=256)


def load_family(split: str) -> list[Problem]:
    """The problems of `train`, `validation`, `test` or `warm` (the warm start's own), always the same.

    No two splits share a function, a program or a prompt. Raises ValueError for another name.
    """
    if split not in SPLITS:
        raise ValueError(f"the built-in family has no split {split!r}; choose one of {', '.join(SPLITS)}")
    return list(_load(split))


@cache
def _load(split: str) -> tuple[Problem, ...]:
    programs, seen, mix = _programs(split), _prompts_before(split), WARM_MIX if split == "warm" else MIX
    problems: list[Problem] = []
    attempt = 0
    while len(problems) < SIZES[split]:
        rng = random.Random(f"{split}/{attempt}")
        program = programs[attempt % len(programs)]
        problem = make_problem(f"family/{split}/{len(problems):05d}", program, rng, mix)
        attempt += 1
        if problem is not None and problem.prompt not in seen:
            seen.add(problem.prompt)
            problems.append(problem)
    return tuple(problems)


def _prompts_before(split: str) -> set[str]:
    return {problem.prompt for earlier in SPLITS[: SPLITS.index(split)] for problem in _load(earlier)}


@cache
def _programs(split: str) -> tuple[Program, ...]:
    start = sum(COMPOSITIONS[earlier] for earlier in SPLITS[: SPLITS.index(split)])
    return _distinct_programs()[start : start + COMPOSITIONS.get(split, len(every_program()))]


@cache
def _distinct_programs() -> tuple[Program, ...]:
    """One composition per function, in an order fixed by the hash of its text."""
    order = sorted(every_program(), key=lambda program: hashlib.sha256(program_source(program).encode()).digest())
    rng = random.Random("probe")
    probes = [_numbers(rng, length) for length in (1, 2, 3, 4, 5, 6, 7, 8, 8, 8)]
    distinct: dict[str, Program] = {}
    for program in order:
        distinct.setdefault(repr([attempt_program(program, xs) for xs in probes]), program)
    return tuple(distinct.values())


def attempt_program(program: Program, xs: list[int]) -> Value | str:
    """What a program returns, or the name of what it raises."""
    try:
        return apply_program(program, xs)
    except (IndexError, ValueError) as error:
        return type(error).__name__


def make_problem(problem_id: str, program: Program, rng: random.Random, mix: tuple[float, ...]) -> Problem | None:
    """One wording of a program; None if it has no fitting test input (it drops all of any short list)."""
    public = _example(program, rng, PUBLIC_LENGTHS)
    private = [_example(program, rng, PRIVATE_LENGTHS) for _ in range(PRIVATE_TESTS)]
    if public is None or None in private:
        return None
    return Problem(
        problem_id=problem_id,
        prompt=f"{_words(program, rng, mix)}\n{public}",
        public_tests=(FunctionTest(f"assert {public}"),),
        private_tests=tuple(FunctionTest(f"assert {example}") for example in private),
        entry_point="f",
        reference=program_source(program),
        limits=LIMITS,
    )


def _words(program: Program, rng: random.Random, mix: tuple[float, ...]) -> str:
    kinds = rng.choices(KINDS, mix, k=len(program))
    phrases = [getattr(step.operator, kind) for step, kind in zip(program, kinds, strict=True)]
    return ", ".join(phrase.format(k=step.k) for phrase, step in zip(phrases, program, strict=True))


def _example(program: Program, rng: random.Random, lengths: tuple[int, int]) -> str | None:
    """`f([9, 8, 7]) == [4, 5]` for a random list; only results that say something (no error, not empty).

    A program that needs a longer list than usual (it drops three items, say) gets one.
    """
    for attempt in range(40):
        xs = _numbers(rng, rng.randint(*lengths) + attempt // 10)
        value = attempt_program(program, xs)
        if not isinstance(value, str) and value != []:
            return f"f({xs}) == {value}"
    return None


def _numbers(rng: random.Random, length: int) -> list[int]:
    return [rng.randint(0, 9) for _ in range(length)]
