"""Prompts, extraction and the two axes of a dialogue, with texts written out by hand."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from actors.prompting.dialogue import DialogueError, build_dialogue
from actors.prompting.feedback import FEEDBACK_STYLES
from actors.prompting.prompts import PROMPT_FORMATS
from actors.prompting.strangers import failed_first_test
from pipeline.config.load import load_config
from pipeline.errors import ConfigError
from sandbox.plugin_rows import NamedFunction
from sandbox.problem import FunctionTest, Problem, StdioTest
from sandbox.problems.builtin import family
from sandbox.registry import RegistryError
from sandbox.verdict import Outcome, TestResult, Verdict

DOUBLE = Problem(
    problem_id="double",
    prompt="Return twice the number.",
    setup="import math",
    public_tests=(FunctionTest("assert f(1) == 2"), FunctionTest("assert f(2) == 4")),
    private_tests=(FunctionTest("assert f(99) == 198"),),
    entry_point="f",
    reference="import math\n\ndef f(x: int, scale=2) -> int:\n    return scale * x\n",
)
ECHO = Problem(problem_id="echo", prompt="Print the line.", io="stdio", public_tests=(StdioTest("a", "a"),))
bare, paper, release = (build_dialogue(name) for name in ("bare", "paper", "release"))


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
    assert bare.feedback(DOUBLE, failed("got [3], expected [4, 5]")) == "got [3], expected [4, 5]"


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


def test_release_differs_from_paper_in_the_ending_alone() -> None:
    start = paper.first_prompt(DOUBLE).partition("Please follow")[0]
    assert release.first_prompt(DOUBLE) == (
        start + "Answer with the code of the implementation and the imports it needs alone, without tests and "
        "explanations:\n```python\ncode\n```"
    )
    assert release.first_prompt(ECHO) == paper.first_prompt(ECHO)


@pytest.mark.parametrize("style", ["paper", "release"])
def test_without_tests_a_prompt_says_how_the_function_is_called(style: str) -> None:
    prompt = build_dialogue(style, show_tests=False).first_prompt(DOUBLE)
    assert prompt.startswith(
        "Write a Python function implementation for the following prompt:\n\n"
        "Return twice the number.\n\n"
        "Your code should define this function:\n\n"
        "def f(x: int, scale=2):\n\n"
    )
    assert "assert" not in prompt and "return scale" not in prompt
    unknown = Problem(problem_id="p", prompt="Do it.", entry_point="g", reference="g = 1 +")
    assert "this function:\n\ng\n\n" in build_dialogue(style, show_tests=False).first_prompt(unknown)


def test_without_tests_the_built_in_family_shows_its_phrases_alone() -> None:
    hidden = build_dialogue("bare", show_tests=False)
    for problem in family.load_family("validation")[:50]:
        phrases, example = problem.prompt.split("\n")
        assert hidden.first_prompt(problem) == phrases
        assert bare.first_prompt(problem) == f"{phrases}\n{example}"


def test_stdio_problems_have_their_own_prompt() -> None:
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
def test_the_first_fence_counts_and_the_rest_where_it_was_never_closed(response: str, program: str | None) -> None:
    assert paper.program(response, DOUBLE) == program
    assert release.program(response, DOUBLE) == ("x = 8" if response == "x = 8" else program)


def test_the_fence_names_the_problems_language() -> None:
    problem = Problem(problem_id="c", prompt="p", language="javascript")
    for tag in ("javascript", "js"):
        assert paper.program(f"```python\nx\n```\n```{tag}\nlet x\n```", problem) == "let x"
    assert paper.program("```json\n{}\n```", problem) is None


def test_a_reference_becomes_an_answer_that_reads_back_as_the_reference() -> None:
    code = "import math\n\ndef f(x: int, scale=2) -> int:\n    return scale * x"
    assert bare.reference_answer(DOUBLE) == code
    assert paper.reference_answer(DOUBLE) == release.reference_answer(DOUBLE) == f"```python\n{code}\n```"
    assert bare.reference_answer(ECHO) is None
    fence = Problem(problem_id="p", prompt="p", reference='print("```")')
    assert paper.reference_answer(fence) is None and bare.reference_answer(fence) == 'print("```")'


def test_the_axes_are_independent_and_framed_by_the_style() -> None:
    for style in PROMPT_FORMATS:
        frame = PROMPT_FORMATS[style].feedback_template
        assert frame == "{}" or "{}" in frame
        for feedback, words in FEEDBACK_STYLES.items():
            if (style, feedback) != ("bare", "explain"):
                told = build_dialogue(style, feedback).feedback(DOUBLE, failed("got 3, expected 4"), "", ECHO)
                seen = (ECHO, failed_first_test(ECHO)) if words.foreign else (DOUBLE, failed("got 3, expected 4"))
                assert told == frame.format(words.tell(*seen))
    passed = Outcome(verdict=Verdict.ACCEPTED)
    assert bare.feedback(DOUBLE, passed) == "The program passed the public tests."
    assert paper.feedback(DOUBLE, passed) == "Feedback: The program passed the public tests."


def test_names_that_are_in_no_table_and_pairs_that_do_not_fit() -> None:
    with pytest.raises(RegistryError, match=r"no prompt format is named 'fancy'\. Shipped: bare, paper, instruct"):
        build_dialogue("fancy")
    with pytest.raises(
        RegistryError,
        match=r"no feedback style is named 'loud'\. Shipped: values, traceback, explain, test, verdict, foreign",
    ):
        build_dialogue("bare", "loud")
    with pytest.raises(ValueError, match="words before the program"):
        build_dialogue("bare", "explain")
    with pytest.raises(ConfigError, match="words before the program"):
        load_config(None, ["dialogue.style=bare", "dialogue.feedback=explain"])


def test_the_config_takes_what_the_tables_hold_and_names_the_nearest_row() -> None:
    for style in PROMPT_FORMATS:
        assert load_config(None, [f"dialogue.style={style}"]).dialogue.style == style
    for feedback in FEEDBACK_STYLES:
        assert load_config(None, [f"dialogue.feedback={feedback}"]).dialogue.feedback == feedback
    with pytest.raises(ConfigError, match="did you mean 'release'"):
        load_config(None, ["dialogue.style=released"])
    with pytest.raises(ConfigError, match="did you mean 'values'"):
        load_config(None, ["dialogue.feedback=value"])


PLUGIN = """
from actors.prompting.feedback import FeedbackStyle
from actors.prompting.prompts import PROMPT_FORMATS, PromptFormat

SHOUTED = PromptFormat(
    first_prompt=lambda problem, show_tests: problem.prompt.upper(),
    read_program=PROMPT_FORMATS["bare"].read_program,
    write_answer=PROMPT_FORMATS["bare"].write_answer,
    description="The problem in capitals.",
    allows_prose=False,
)
COUNT = FeedbackStyle(tell=lambda problem, outcome: f"{len(outcome.tests)} tests ran", description="How many tests.")
WHY = FeedbackStyle(tell=lambda problem, outcome: "Why?", description="A question.", needs_prose=True)
"""


def test_formats_and_styles_of_a_plug_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "dialogue_plugin.py").write_text(PLUGIN)
    monkeypatch.syspath_prepend(tmp_path)
    named = {"style": "dialogue_plugin:SHOUTED", "feedback": "dialogue_plugin:COUNT"}
    config = load_config(None, [f"dialogue.{key}='{name}'" for key, name in named.items()])
    assert "dialogue_plugin" not in sys.modules
    talk = build_dialogue(**config.dialogue.model_dump())
    assert talk.first_prompt(DOUBLE) == DOUBLE.prompt.upper()
    assert talk.feedback(DOUBLE, failed("got 3, expected 4")) == "2 tests ran"
    with pytest.raises(ValueError, match="asks for words before the program"):
        build_dialogue("dialogue_plugin:SHOUTED", "dialogue_plugin:WHY")


def test_what_is_no_text_is_refused_by_the_name_of_its_function() -> None:
    """A model would be told "None", and its answers would be counted."""

    def give(value: object) -> Any:
        return lambda *arguments: value

    silent = replace(bare.feedback_style, tell=NamedFunction(give(None), "tell of feedback style mine:ROW"))
    with pytest.raises(DialogueError, match="tell of feedback style mine:ROW returned None for problem 'double'"):
        replace(bare, feedback_style=silent).feedback(DOUBLE, failed("x"))
    odd = NamedFunction(give(3), "of prompt format mine:ROW")
    written = replace(bare, prompt_format=replace(bare.prompt_format, first_prompt=odd, read_program=odd))
    with pytest.raises(DialogueError, match="of prompt format mine:ROW returned 3"):
        written.first_prompt(DOUBLE)
    with pytest.raises(DialogueError, match="of prompt format mine:ROW returned 3"):
        written.program("x", DOUBLE)
