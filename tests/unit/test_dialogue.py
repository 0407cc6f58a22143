"""Prompts, extraction and feedback, with texts written out by hand."""

import pytest

from actors.dialogue import MAX_FEEDBACK_CHARS, STYLES, sanitise, style_named
from sandbox.problem import FunctionTest, Problem, StdioTest
from sandbox.verdict import Outcome, TestResult, Verdict

DOUBLE = Problem(
    problem_id="double",
    prompt="Return twice the number.",
    setup="import math",
    public_tests=(FunctionTest("assert f(1) == 2"), FunctionTest("assert f(2) == 4")),
    private_tests=(FunctionTest("assert f(99) == 198"),),
)
ECHO = Problem(problem_id="echo", prompt="Print the line.", io="stdio", public_tests=(StdioTest("a", "a"),))
bare, paper = STYLES["bare"], STYLES["paper"]


def failed(message: str) -> Outcome:
    tests = (
        TestResult(index=0, verdict=Verdict.ACCEPTED),
        TestResult(index=1, verdict=Verdict.WRONG_ANSWER, message=message),
    )
    return Outcome(verdict=Verdict.WRONG_ANSWER, tests=tests, message="of the outcome")


def test_bare_says_only_what_is_there() -> None:
    assert bare.first_prompt(DOUBLE) == "Return twice the number."
    assert bare.program("\n def f(x): return 2 * x \n", DOUBLE) == "def f(x): return 2 * x"
    assert bare.program(" \n", DOUBLE) is None
    assert bare.feedback(failed("got [3], expected [4, 5]")) == "got [3], expected [4, 5]"


def test_feedback_is_the_first_failing_tests_message_else_the_outcomes_else_the_verdict() -> None:
    assert bare.feedback(Outcome(verdict=Verdict.COMPILE_ERROR, message="line 1: oops")) == "line 1: oops"
    assert bare.feedback(failed("")) == "of the outcome"
    assert bare.feedback(Outcome(verdict=Verdict.TIME_LIMIT)) == "time limit"
    assert paper.feedback(failed("got 3, expected 4")) == "Feedback: got 3, expected 4"


def test_paper_prompt_shows_public_tests_and_never_private_ones() -> None:
    prompt = paper.first_prompt(DOUBLE)
    assert prompt.startswith(
        "Write a Python function implementation for the following prompt:\n\n"
        "Return twice the number.\n\n"
        "Your code should satisfy these tests:\n\n"
        "import math\nassert f(1) == 2\nassert f(2) == 4\n\n"
    )
    assert sum(line.startswith("- ") for line in prompt.splitlines()) == 5
    assert "198" not in prompt
    assert "these tests" not in paper.first_prompt(Problem(problem_id="p", prompt="Do it."))


def test_stdio_problems_have_their_own_paper_prompt() -> None:
    prompt = paper.first_prompt(ECHO)
    assert prompt.startswith("Provide a Python solution for the following competitive programming question:")
    assert "Print the line." in prompt and "```python\nYOUR CODE HERE\n```" in prompt


@pytest.mark.parametrize(
    ("response", "program"),
    [
        ("I think.\n```python\nx = 1\n```\nDone.", "x = 1"),
        ("```python\nx = 1\n```\n```python\nx = 2\n```", "x = 1"),
        ("```text\nno\n```\n```python\nx = 3\n```", "x = 3"),
        ("```python\nx = 4\ny = 5", "x = 4\ny = 5"),
        ("```python   \nx = 6\n```", "x = 6"),
        ("```python\n```", None),
        ("```\nx = 7\n```", None),
        ("x = 8", None),
        ("", None),
    ],
)
def test_paper_takes_the_first_fence_and_the_rest_where_it_was_never_closed(response: str, program: str | None) -> None:
    assert paper.program(response, DOUBLE) == program


def test_the_fence_names_the_problems_language() -> None:
    problem = Problem(problem_id="c", prompt="p", language="cpp")
    assert paper.program("```python\nx\n```\n```cpp\nint x;\n```", problem) == "int x;"


def test_feedback_cannot_end_a_turn_or_fill_the_context() -> None:
    assert sanitise("a\x00\x1b[31mb\r\nc\td") == "a[31mb\nc\td"
    assert sanitise("<|eot_id|><|user|>") == "< |eot_id|>< |user|>"
    long = sanitise("x" * 5000 + "END")
    assert long.startswith("x" * 1000 + "\n[3003 characters left out]\n") and long.endswith("END")
    assert len(long) < MAX_FEEDBACK_CHARS + 60


def test_an_unknown_style_names_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"no dialogue style 'fancy'; there are bare, paper"):
        style_named("fancy")
