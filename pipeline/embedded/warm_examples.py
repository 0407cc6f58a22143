"""What the warm start teaches: programs for prompts, repairs after feedback, and wrong programs to reject."""

import random
from dataclasses import dataclass
from typing import Any

from actors.prompting.chat_template import example_ids
from pipeline.embedded.judge import first_failure, passes_all_tests
from sandbox.problem import Problem
from sandbox.problems.builtin.operators import SLOTS, Operator, Step, parse_program, program_source, spelled_source
from sandbox.problems.builtin.phrases import MADE_UP_WORDS

REPAIRS = 0.25
"""Share of examples with failed turns before the right program."""
MADE_UP = 0.2
"""Share of phrases replaced by made-up words, whose meaning only the public test can tell."""


@dataclass(frozen=True, slots=True)
class WarmExample:
    """Token ids of a chat; the loss belongs on `ids[start:]`."""

    ids: list[int]
    start: int


def make_example(tokenizer: Any, problem: Problem, rng: random.Random, spellings: int = 1) -> WarmExample:
    """A chat that ends with the reference, sometimes after one or two wrong programs and their feedback.

    Every line of a program is in one of its first `spellings` spellings.
    """
    assert problem.reference is not None
    messages = [{"role": "user", "content": paraphrase(problem, rng)}]
    for _ in range(rng.choice((1, 1, 2)) if rng.random() < REPAIRS else 0):
        wrong = mutate(problem.reference, rng)
        if message := first_failure(wrong, problem.public_tests):
            text = respell(wrong, rng, spellings)
            messages += [{"role": "assistant", "content": text}, {"role": "user", "content": message}]
    return WarmExample(*example_ids(tokenizer, messages, respell(problem.reference, rng, spellings)))


def respell(text: str, rng: random.Random, spellings: int) -> str:
    """A text of the same program, each line in a random one of its first `spellings` spellings."""
    if spellings == 1:
        return text
    program = parse_program(text)
    assert program is not None
    return spelled_source(program, [rng.randrange(spellings) for _ in program])


def paraphrase(problem: Problem, rng: random.Random) -> str:
    """The prompt with some phrases made up: teaches to guess widely, within what the test allows, at new words."""
    program = parse_program(problem.reference or "")
    assert program is not None
    words, test = problem.prompt.split("\n")
    phrases = words.split(", ")
    for slot, step in enumerate(program):
        if rng.random() < MADE_UP:
            phrase = rng.choice(("{0}", "{0} {1}", "{0} the {1}", "the {0}")).format(*rng.sample(MADE_UP_WORDS, 2))
            phrases[slot] = f"{phrase} {step.k}" if step.k else phrase
    return ", ".join(phrases) + "\n" + test


def mutate(text: str, rng: random.Random) -> str:
    """The program with one line changed: half of the time to one that the same vague phrase could mean."""
    program = parse_program(text)
    assert program is not None
    line = rng.randrange(len(program))
    old = program[line]
    slot = next(slot for slot in SLOTS if old.operator in slot)
    others = [operator for operator in slot if operator is not old.operator]
    alike = [operator for operator in others if operator.vague == old.operator.vague]
    new = rng.choice(alike if alike and rng.random() < 0.5 else others)
    steps = list(program)
    steps[line] = Step(new, _parameter(new, old.k, rng))
    return program_source(tuple(steps))


def _parameter(operator: Operator, k: int, rng: random.Random) -> int:
    """The number in the prompt, which also the wrong program would use, if the operator takes one."""
    return k if k and operator.parameters != (0,) else rng.choice(operator.parameters)


def wrong_programs(problem: Problem, rng: random.Random, count: int) -> list[str]:
    """Up to `count` different mutants of the reference that fail a test."""
    assert problem.reference is not None
    mutants = {mutate(problem.reference, rng): None for _ in range(3 * count)}
    return [text for text in mutants if not passes_all_tests(text, problem)][:count]
