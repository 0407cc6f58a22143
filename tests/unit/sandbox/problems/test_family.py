"""The built-in problem family: right by construction, the same everywhere, and disjoint between splits."""

import hashlib
import random
import re
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.problem import FunctionTest
from sandbox.problems.builtin import family
from sandbox.problems.builtin.operators import SLOTS, apply_program, every_program, parse_program, program_source

ROOT = Path(__file__).parents[4]
PINNED = {
    "test": "9818f98336746806f4c0",
    "validation": "fb8a5ea87b25dadd3fcc",
    "train": "53891f5eec906fa42669",
    "warm": "9aab90548dc19f719bdb",
}
"""Of the problems' digests. Published numbers and the shipped models rest on these problems."""


@pytest.mark.parametrize(
    ("text", "xs", "value"),
    [
        ("def f(xs):\n    xs = xs[-2:]\n    xs = [x - 3 for x in xs]\n    return sorted(xs)", [9, 8, 7], [4, 5]),
        (
            "def f(xs):\n    xs = [x for x in xs if x % 2 == 1]\n    xs = [x * x for x in xs]\n    return sum(xs)",
            [1, 2, 3],
            10,
        ),
        (
            "def f(xs):\n    xs = xs[1::2]\n    xs = [7 - x for x in xs]\n    return xs + xs",
            [1, 2, 3, 9],
            [5, -2, 5, -2],
        ),
        ("def f(xs):\n    xs = xs[:-1]\n    xs = [x // 2 for x in xs]\n    return xs[-1]", [4, 7, 9], 3),
    ],
)
def test_a_program_means_what_python_says(text: str, xs: list[int], value: object) -> None:
    program = parse_program(text)
    assert program is not None
    assert program_source(program) == text
    assert apply_program(program, xs) == value


def test_every_line_of_the_language_agrees_with_python() -> None:
    """The one place where text of the family is executed: our own templates, never a model's."""
    rng = random.Random(0)
    for program in rng.sample(every_program(), 300):
        scope: dict[str, object] = {}
        exec(program_source(program), scope)
        xs = [rng.randint(0, 9) for _ in range(8)]
        assert _outcome(lambda xs=xs, scope=scope: scope["f"](xs)) == _outcome(
            lambda xs=xs, program=program: apply_program(program, xs)
        )


def _outcome(call: object) -> object:
    try:
        return call()  # type: ignore[operator]
    except (IndexError, ValueError) as error:
        return repr(error)


@pytest.mark.parametrize("text", ["", "def f(xs):", "def f(xs):\n    return 3", "import os", "def f(xs):\n    xs = xs"])
def test_other_python_is_not_a_program(text: str) -> None:
    assert parse_program(text) is None


@pytest.mark.parametrize("split", family.SPLITS)
def test_problems_are_whole(split: str) -> None:
    problems = family.load_family(split)
    assert len(problems) == family.SIZES[split]
    assert len({problem.problem_id for problem in problems}) == len(problems)
    for problem in problems:
        (public,) = problem.public_tests
        assert isinstance(public, FunctionTest)
        assert problem.prompt.endswith("\n" + public.source.removeprefix("assert "))
        assert len(problem.prompt) < 160
        assert len(problem.private_tests) == family.PRIVATE_TESTS
        assert problem.entry_point == "f"
        assert problem.limits.cpu_limit_s == 1.0


@pytest.mark.parametrize("split", family.SPLITS)
def test_references_pass_their_tests(split: str) -> None:
    for problem in family.load_family(split):
        program = parse_program(problem.reference or "")
        assert program is not None
        for test in (*problem.public_tests, *problem.private_tests):
            assert isinstance(test, FunctionTest)
            match = re.fullmatch(r"assert f\(\[([\d, ]+)\]\) == (.+)", test.source)
            assert match is not None
            assert repr(apply_program(program, [int(x) for x in match[1].split(", ")])) == match[2]


def test_splits_share_no_prompt_and_no_function() -> None:
    """No program of one split computes what a program of another does: some list tells them apart."""
    rng = random.Random("fresh lists, not those by which the family tells functions apart")
    probes = [[rng.randint(0, 9) for _ in range(length)] for length in 10 * (1, 2, 3, 4) + 4 * (5, 6, 7, 8)]
    owner: dict[str, str] = {}
    for split in family.SPLITS:
        problems = family.load_family(split)
        facts = {problem.prompt for problem in problems}
        for text in {problem.reference or "" for problem in problems}:
            program = parse_program(text)
            assert program is not None
            facts.add(text)
            facts.add(repr([_outcome(lambda xs=xs, program=program: apply_program(program, xs)) for xs in probes]))
        for fact in facts:
            assert owner.setdefault(fact, split) == split


def test_rare_phrases_stay_out_of_the_warm_start() -> None:
    warm = "\n".join(problem.prompt for problem in family.load_family("warm"))
    train = "\n".join(problem.prompt for problem in family.load_family("train"))
    for operator in (operator for slot in SLOTS for operator in slot):
        stem = operator.rare.replace("{k}", "").strip()
        assert stem not in warm
        assert stem in train


@pytest.mark.parametrize("split", family.SPLITS)
def test_the_published_splits_never_change(split: str) -> None:
    digests = repr([problem.digest() for problem in family.load_family(split)])
    assert hashlib.sha256(digests.encode()).hexdigest()[:20] == PINNED[split]


def test_the_family_is_the_same_in_every_process() -> None:
    code = (
        "import hashlib; from sandbox.problems.builtin import family;"
        "print(*[hashlib.sha256(repr([p.digest() for p in family.load_family(s)]).encode()).hexdigest()"
        " for s in family.SPLITS])"
    )
    command = [sys.executable, "-c", code]
    fresh = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60).stdout.split()
    assert fresh == [
        hashlib.sha256(repr([problem.digest() for problem in family.load_family(split)]).encode()).hexdigest()
        for split in family.SPLITS
    ]


def test_an_unknown_split_is_named() -> None:
    with pytest.raises(ValueError, match="no split 'tests'"):
        family.load_family("tests")
