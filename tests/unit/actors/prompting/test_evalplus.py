"""The format of EvalPlus: its prompt, answers that are begun for the model, and what of them is judged."""

import asyncio

import pytest

from actors.prompting.begun_answer import BegunAnswer
from actors.prompting.chat_template import prompt_ids
from actors.prompting.dialogue import build_dialogue
from actors.prompting.evalplus import BEGINNING
from actors.search.plan import SearchPlan
from actors.search.request_cache import RolloutServices
from actors.search.search import play_episodes
from sandbox.problem import FunctionTest, Problem, StdioTest
from sandbox.verdict import Outcome, Verdict
from tests.support.fakes import ByteTokenizer, FakeEngine, FakeSandbox, watched

evalplus = build_dialogue("evalplus")
ASKED = "Please provide a self-contained Python script that solves the following problem in a markdown code block:\n"
PLAIN = Problem(
    problem_id="p",
    prompt="Double it.",
    public_tests=(FunctionTest("assert f(1) == 2"),),
    private_tests=(FunctionTest("assert f(9) == 18"),),
    entry_point="f",
    reference="def f(x):\n    return 2 * x",
)
NAMED = "import math, re\n{}N = 2\n{}def f(x):\n    return N * x"
CLASS, USER = "class A:\n    pass\n", "def g(x):\n    return A(x)\n"
CODE = "def f(x):\n    return 2 * x"


def test_the_prompt_is_the_publishers() -> None:
    assert evalplus.first_prompt(PLAIN) == f'{ASKED}```\n"""\nDouble it.\nassert f(1) == 2\n"""\n```\n'
    started = Problem(problem_id="p", prompt='\ndef f(x):\n    """Double it."""\n\n', entry_point="f")
    assert evalplus.first_prompt(started) == f'{ASKED}```\ndef f(x):\n    """Double it."""\n```\n'
    hidden = build_dialogue("evalplus", show_tests=False).first_prompt(PLAIN)
    assert hidden == f'{ASKED}```\n"""\nDouble it.\ndef f(x):\n"""\n```\n'
    echo = Problem(problem_id="e", prompt="Echo.", io="stdio", public_tests=(StdioTest("a", "a"),))
    assert evalplus.first_prompt(echo) == f"{ASKED}```\nEcho.\n```\n"


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        (CODE, CODE),
        (f"{CODE}\n```\nIt doubles.", CODE),
        (f"{CODE}\n\n# Test\nassert f(2) == 4", CODE),
        (NAMED.format("\n", "\n") + "\nM = 3", NAMED.format("", "")),
        ("def f(x):\n\treturn 2 * x", CODE),
        (f"{CODE}\n\ndef g(x):\n    return f(x)", CODE),
        (f"{CODE}\n\ndef f(x):\n    return 3", CODE),
        (f"@cache\ndef h(x):\n    return x\n{CODE}", CODE),
        (f"{CLASS}\n{USER}\n{CODE} + g(0)", f"{CLASS}{USER}{CODE} + g(0)"),
        (f"def g():\n    print(1)\n\n{CODE} + g()", f"{CODE} + g()"),
        (f"{CODE}\n\ndef g(x):\n    return x +", CODE),
        (f"Sure:\n{CODE}", CODE),
        ("def f(x):\n    print(2 * x)", "def f(x):\n    print(2 * x)"),
        ("I cannot do it.", "I cannot do it."),
        ("", None),
    ],
)  # fmt: skip
def test_what_the_tested_function_reaches_is_kept(written: str, kept: str | None) -> None:
    assert evalplus.program(BEGINNING + written, PLAIN) == kept


def test_without_a_known_function_the_code_block_counts() -> None:
    echo = Problem(problem_id="e", prompt="Echo.", io="stdio")
    answer = evalplus.begun.whole("print(input())", cut=False)
    assert evalplus.program(answer, echo) == "print(input())"
    assert answer == f"{BEGINNING}print(input())\n```\n"
    assert evalplus.reference_answer(PLAIN) == f"{BEGINNING}{CODE}\n```\n"


def test_an_answer_is_closed_once_and_not_if_it_was_cut() -> None:
    frame = BegunAnswer(beginning="So:\n```\n", closing="\n```\n")
    assert frame.whole("x", cut=False) == "So:\n```\nx\n```\n"
    assert frame.whole("x\n```", cut=False) == "So:\n```\nx\n```"
    assert frame.whole("x", cut=True) == "So:\n```\nx"
    assert BegunAnswer().whole("x", cut=False) == "x"


def test_the_beginning_is_text_behind_the_header_of_the_answer() -> None:
    chat = [{"role": "user", "content": "a"}]
    tokenizer = ByteTokenizer()
    assert tokenizer.decode(prompt_ids(tokenizer, chat, "So: ")) == "user: a\nassistant: So: "


def test_every_turn_is_begun_and_recorded_whole() -> None:
    def judge(problem: Problem, program: str, suite: str) -> Outcome:
        return Outcome(verdict=Verdict.WRONG_ANSWER, message="got 3, expected 2")

    engine = FakeEngine("fake", lambda chat, seed: f"def f(x):\n    return {chat.count(BEGINNING)}")
    services = RolloutServices(
        engine=watched(engine), tokenizer=ByteTokenizer(), judge=FakeSandbox(judge), max_context=10_000
    )
    plan = SearchPlan(turns=2, temperature=0.0, style="evalplus")
    (episode,) = asyncio.run(play_episodes(services, [plan], PLAIN, 0))
    assert [turn.answer.program for turn in episode.turns] == [f"def f(x):\n    return {n}" for n in (1, 2)]
    assert [turn.answer.response for turn in episode.turns] == [
        f"{BEGINNING}def f(x):\n    return {n}\n```\n" for n in (1, 2)
    ]
    asked, again = (chat for chat, _ in engine.requests)
    assert asked.endswith(f"assistant: {BEGINNING}") and again.startswith(asked) and again.endswith(BEGINNING)
    told = "got 3, expected 2\n\nPlease provide the whole corrected script again in a markdown code block."
    assert f"\nuser: {told}\n" in again
    assert {sampling.stops for _, sampling in engine.requests} == {evalplus.begun.stops}
