"""A generator whose chances are known: it answers from reference solutions, right, wrong or half right at set rates.

What evaluation reports of it can be computed by hand, so it judges the evaluation, not a model. Answers are those of
an instruction-tuned model: some words, then a fenced program.
"""

import ast
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from actors.executor.client import JudgeClient, RayLane
from actors.generator import Generator
from actors.ids import stable_seed
from actors.prompting.dialogue import build_dialogue
from pipeline.config.method_sections import DialogueSection
from sandbox.languages.python import tested_name
from sandbox.problem import FunctionTest, Problem
from tests.support.fakes import ByteTokenizer, FakeEngine

Kind = Literal["right", "half", "wrong"]
"""Right; passes public tests and fails private ones; fails public tests."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """Chances of a `right` and of a `half` right answer in each turn; the last ones go on for ever."""

    right: tuple[float, ...]
    half: tuple[float, ...]

    def at(self, turn: int) -> tuple[float, float]:
        """Of turn `turn`, from 1."""
        return self.right[min(turn, len(self.right)) - 1], self.half[min(turn, len(self.half)) - 1]


class Script:
    """An engine's `write`: (chat, seed) → answer. Answers to one history are independent draws."""

    def __init__(self, problems: Sequence[Problem], rates: Rates, style: str = DialogueSection().style) -> None:
        """Raises ValueError if a problem has no reference solution."""
        talk = build_dialogue(style)
        self.rates = rates
        self._problems = {talk.first_prompt(problem): problem for problem in problems}
        self._programs = {problem.problem_id: programs(problem) for problem in problems}

    def __call__(self, chat: str, seed: int) -> str:
        prompt = chat.partition("\nassistant: ")[0].removeprefix("user: ")
        problem = self._problems[prompt]
        kind = self.kind(problem, random.Random(stable_seed(chat, seed)).random(), chat.count("\nassistant: "))
        variants = self._programs[problem.problem_id][kind]
        return f"Attempt {seed}, {kind}.\n```python\n{variants[seed % len(variants)]}\n```"

    def kind(self, problem: Problem, draw: float, turn: int) -> Kind:
        right, half = self.rates.at(turn)
        if draw < right:
            return "right"
        return "half" if draw < right + half and self._programs[problem.problem_id]["half"] else "wrong"


def kind_of(response: str) -> str:
    """What a scripted answer was meant to be."""
    return response.partition("\n")[0].rpartition(" ")[2].rstrip(".")


def programs(problem: Problem) -> dict[Kind, list[str]]:
    """Programs of each kind; no half right ones if private tests ask nothing that public tests do not show."""
    if problem.reference is None:
        raise ValueError(f"{problem.problem_id} has no reference solution to answer from")
    public, private = (
        [test.source for test in tests if isinstance(test, FunctionTest)]
        for tests in (problem.public_tests, problem.private_tests)
    )
    name = problem.entry_point or tested_name([*public, *private])
    kinds: dict[Kind, list[str]] = {"right": [problem.reference], "half": [], "wrong": ["raise SystemExit('lost')"]}
    if name is None:
        return kinds
    kinds["wrong"].append(_wrapped(problem.reference, name, "raise ValueError(args)"))
    if not any(map(_asks_for_truth, (*public, *private))):
        kinds["wrong"] += [
            _wrapped(problem.reference, name, "return ['about', right(*args)]"),
            f"def {name}(*args):\n    return object()",
        ]
    shown, hidden = ({call for source in tests for call in _calls(source, name)} for tests in (public, private))
    if shown and hidden - shown and "" not in shown:
        body = f"if repr(args) in {sorted(shown)!r}:\n        return right(*args)\n    raise ValueError(args)"
        kinds["half"].append(_wrapped(problem.reference, name, body))
    return kinds


def _asks_for_truth(source: str) -> bool:
    """`assert f(3)`, which any value but a few passes."""
    return any(isinstance(node, ast.Assert) and isinstance(node.test, ast.Call) for node in ast.walk(ast.parse(source)))


def _wrapped(reference: str, name: str, body: str) -> str:
    """The reference under another roof: what it calls itself by stays its own."""
    inner = f"names = {{}}\nexec({reference!r}, names)\nright = names[{name!r}]"
    return f"{inner}\n\n\ndef {name}(*args):\n    {body}"


def _calls(source: str, name: str) -> list[str]:
    """`repr` of the arguments of each call of the tested function; "" if they are no literals."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in (name, "candidate"):
            try:
                found.append(repr(tuple(ast.literal_eval(argument) for argument in node.args)))
            except (ValueError, TypeError):
                found.append("")
    return found


class ScriptedGenerator(Generator):
    """A generator whose engine is a script and whose judges are real: for Ray, as GeneratorActor."""

    def __init__(self, script: Script, executors: Sequence[Any]) -> None:
        judge = JudgeClient([RayLane(executor) for executor in executors])
        super().__init__(FakeEngine("", script), ByteTokenizer(), judge, max_context=1 << 20)


class ScriptedScorer:
    """A verifier that is wrong about each answer with a known chance, and says 1 or 0."""

    def __init__(self, flip: float) -> None:
        self.flip = flip

    async def __call__(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        return [self.score(prompt, response) for prompt, response in pairs]

    def score(self, prompt: str, response: str) -> float:
        flipped = random.Random(stable_seed(prompt, response)).random() < self.flip
        return float((kind_of(response) == "right") != flipped)
