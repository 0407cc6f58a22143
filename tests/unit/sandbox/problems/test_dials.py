"""Sets made of the built-in family in which one thing differs: what differs, and that nothing else does."""

import re
from dataclasses import replace
from itertools import product

import pytest

from sandbox.problem import Problem
from sandbox.problems.builtin import family, phrases, unsolved
from sandbox.problems.builtin.operators import SLOTS, Step, apply_program, parse_program, spelled_source
from sandbox.problems.builtin.spellings import MOST, SPELLINGS
from sandbox.problems.load import load_problems

OPERATORS = [operator for slot in SLOTS for operator in slot]


def words_of(problems: list[Problem]) -> set[str]:
    return set(re.findall("[a-z]+", "\n".join(problem.prompt.partition("\n")[0] for problem in problems)))


# ---- by phrase ---------------------------------------------------------------------------------------------------


def test_new_phrases_are_said_by_no_other_split() -> None:
    """Nor are their words, but for the article, which many phrases have."""
    known, new = load_problems("builtin_phrases:known"), load_problems("builtin_phrases:new")
    others = set().union(*(words_of(load_problems(f"builtin:{split}")) for split in family.SPLITS))
    assert (words_of(new) - words_of(known)) & others == set()
    made_up = {word for phrase in phrases.new_phrases().values() for word in phrase.split()}
    assert made_up - {"the", "{k}"} == words_of(new) & set(phrases.MADE_UP_WORDS)
    assert len(set(phrases.new_phrases().values())) == len(OPERATORS) == 29
    assert all(("{k}" in rare) == ("{k}" in new) for rare, new in phrases.new_phrases().items())


def test_the_two_splits_by_phrase_differ_in_rare_phrases_alone() -> None:
    known, new = load_problems("builtin_phrases:known"), load_problems("builtin_phrases:new")
    assert len(known) == 786
    in_test = set(load_problems("builtin:test"))
    said = set()
    for one, other in zip(known, new, strict=True):
        assert one in in_test and replace(other, prompt=one.prompt) == one
        program = parse_program(one.reference or "")
        assert program is not None
        pairs = list(zip(*(problem.prompt.partition("\n")[0].split(", ") for problem in (one, other)), strict=True))
        changed = [(step, pair) for step, pair in zip(program, pairs, strict=True) if pair[0] != pair[1]]
        assert changed
        for step, pair in changed:
            rare = step.operator.rare
            assert pair == (rare.format(k=step.k), phrases.new_phrases()[rare].format(k=step.k))
            said.add(rare)
        for step, (phrase, _) in zip(program, pairs, strict=True):
            assert (phrase == step.operator.rare.format(k=step.k)) == (step in [step for step, _ in changed])
    assert said == {operator.rare for operator in OPERATORS}


# ---- unsolved ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("split", "share"), unsolved.SPLITS.items())
def test_every_beginning_of_a_split_has_its_share_of_longer_problems(split: str, share: float) -> None:
    problems = load_problems(f"builtin_unsolved:{split}")
    assert len(problems) == len({problem.problem_id for problem in problems}) == unsolved.SIZE
    longer = ["longer" in problem.problem_id for problem in problems]
    for count in (4, 60, 600, 1200):
        assert sum(longer[:count]) == share * count
    solvable = [problem for problem, is_longer in zip(problems, longer, strict=True) if not is_longer]
    assert solvable == load_problems("builtin:train")[: len(solvable)]


def test_no_program_of_three_lines_solves_a_longer_problem() -> None:
    """On problems from all over the split; and the search does find the programs that solve others."""
    longer = [problem for problem in load_problems("builtin_unsolved:train75") if "longer" in problem.problem_id]
    assert [problem.problem_id for problem in longer[::90] if unsolved.solving_programs(problem)] == []
    for problem in load_problems("builtin:train")[:20]:
        assert parse_program(problem.reference or "") in unsolved.solving_programs(problem)


# ---- spellings ---------------------------------------------------------------------------------------------------


def test_every_line_has_its_spellings_and_none_is_two_lines() -> None:
    assert set(SPELLINGS) == {operator.code for operator in OPERATORS}
    texts = [text.format(k=3) for operator in OPERATORS for text in operator.spellings]
    assert len(texts) == len(set(texts)) == MOST * len(OPERATORS)


@pytest.mark.parametrize("spelling", range(MOST))
def test_every_spelling_means_what_python_says(spelling: int) -> None:
    """Our own templates, never a model's text: all lines with all parameters, on empty lists, too."""
    lists = [[], [4], [7, 0], [3, 9, 9], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]]
    for slot, operators in enumerate(SLOTS):
        for operator in operators:
            for k in operator.parameters:
                program = [Step(SLOTS[0][-1], 0), Step(SLOTS[1][-1], 0), Step(SLOTS[2][6], 0)]
                program[slot] = Step(operator, k)
                text = spelled_source(tuple(program), [spelling if n == slot else 0 for n in range(3)])
                assert parse_program(text) == tuple(program)
                scope: dict[str, object] = {}
                exec(text, scope)
                for xs in lists:
                    assert outcome(scope["f"], xs) == outcome(lambda xs, p=tuple(program): apply_program(p, xs), xs)


def outcome(call: object, xs: list[int]) -> object:
    try:
        return call(list(xs))  # type: ignore[operator]
    except (IndexError, ValueError) as error:
        return repr(error)


def test_a_program_has_27_texts() -> None:
    program = parse_program(load_problems("builtin:train")[0].reference or "")
    assert program is not None
    texts = {spelled_source(program, choices) for choices in product(range(MOST), repeat=3)}
    assert len(texts) == 27 and {parse_program(text) for text in texts} == {program}
