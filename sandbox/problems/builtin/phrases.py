"""A test split by phrase: the same problems, once in the rare phrases of the training split, once in other words.

What a model gains on `known` and not on `new` it gained by learning what the training split's phrases mean.
"""

from dataclasses import replace
from functools import cache

from sandbox.problem import Problem
from sandbox.problems.builtin.family import load_family
from sandbox.problems.builtin.operators import SLOTS, Operator, parse_program

MADE_UP_WORDS = tuple(a + b + c + d for a in "bdglvz" for b in "aou" for c, d in (("nt", "il"), ("rv", "ek")))
"""The tokenizer of the shipped models knows them. In their warm start each stands for a random operator every time."""
FORMS = ("{0}", "{0} {1}", "{0} the {1}", "the {0}")
"""Of a phrase of made-up words, before its number."""
SPLITS = ("known", "new")


def load_phrases(split: str) -> list[Problem]:
    """The problems of the family's test split that say a rare phrase, always the same.

    `known` has them as they are. `new` says the new phrase of the operator instead; ids, tests and all other words are
    those of `known`. Raises ValueError for another name.
    """
    if split not in SPLITS:
        raise ValueError(f"the split by phrase has no split {split!r}; choose one of {', '.join(SPLITS)}")
    pairs = [(problem, _reworded(problem)) for problem in load_family("test")]
    return [(known, new)[SPLITS.index(split)] for known, new in pairs if known.prompt != new.prompt]


@cache
def new_phrases() -> dict[str, str]:
    """By the rare phrase of every operator a phrase that no other split says, with `{k}` where the rare one has it.

    No two share their first made-up word.
    """
    operators = [operator for slot in SLOTS for operator in slot]
    others = MADE_UP_WORDS[len(operators) :]
    phrases = {}
    for index, operator in enumerate(operators):
        phrase = FORMS[index % len(FORMS)].format(MADE_UP_WORDS[index], others[index % len(others)])
        phrases[operator.rare] = f"{phrase} {{k}}" if "{k}" in operator.rare else phrase
    return phrases


def _reworded(problem: Problem) -> Problem:
    program = parse_program(problem.reference or "")
    assert program is not None
    words, test = problem.prompt.split("\n")
    phrases = [_new(phrase, step.operator, step.k) for phrase, step in zip(words.split(", "), program, strict=True)]
    return replace(problem, prompt=f"{', '.join(phrases)}\n{test}")


def _new(phrase: str, operator: Operator, k: int) -> str:
    return new_phrases()[operator.rare].format(k=k) if phrase == operator.rare.format(k=k) else phrase
