"""Programs in responses as models write them, and what they are told if there is none."""

import pytest

from actors.prompting.dialogue import build_dialogue
from actors.prompting.reading import missing_reason
from sandbox.problem import FunctionTest, Problem
from sandbox.verdict import Outcome, Verdict

DOUBLE = Problem(problem_id="p", prompt="Double.", private_tests=(FunctionTest("assert f(2) == 4"),))
ECHO = Problem(problem_id="e", prompt="Echo.", io="stdio")
SCRIPT = Problem(problem_id="j", prompt="Double.", language="javascript", entry_point="f")
CODE = "def f(x):\n    return 2 * x"
instruct = build_dialogue("instruct")


@pytest.mark.parametrize(
    "response",
    [
        f"Sure.\n```python\n{CODE}\n```\nDone.",
        *(
            f"```{tag}\n{CODE}\n```"
            for tag in ("py", "Python", "python3", " python", 'python title="a.py"', "{.python}")
        ),
        f"Here:\n```\n{CODE}\n```",
        f"~~~python\n{CODE}\n~~~",
        f"`````python\n{CODE}\n`````",
        f"```python\n{CODE}\n",
        f"```python\n{CODE}```",
        f"```python\n{CODE}\n```This doubles.\nAs asked.",
        CODE,
        "1. Solution:\n   ```python\n   def f(x):\n       return 2 * x\n   ```\n",
        "> ```python\n> def f(x):\n>     return 2 * x\n> ```",
        f"```python\n{CODE}\n```".replace("\n", "\r\n"),
        f"<think>\nMaybe\n\n```python\ndef f(x):\n    return x\n```\nno.\n</think>\n\n```python\n{CODE}\n```",
        f"so I think\n```python\ndef f(x): return x\n```\n</think>\n```python\n{CODE}\n```",
        f"<think>\nhm\n</think>\n\n{CODE}",
        f"```python\n{CODE}\n```\nExample:\n```python\nprint(f(3))\n```",
        f"```bash\npip install x\n```\n```python\n{CODE}\n```",
        f"```python\ndef f(x): return x\n```\nWait, corrected:\n```python\n{CODE}\n```",
        f"```python\ndef f(x): return x +\n```\nWait, corrected:\n```python\n{CODE}\n```",
        f"```\n2 -> 4\n```\n```python\n{CODE}\n```\n```\n4\n```",
    ],
)
def test_the_program_is_found_however_it_is_written(response: str) -> None:
    assert instruct.program(response, DOUBLE) == CODE


@pytest.mark.parametrize("quoted", ["    ```\n    f(1)\n    ```\n", "```\nf(1) == 2\n```\n", "```\n", "~~~\n"])
def test_a_fence_in_a_programs_text_does_not_end_it(quoted: str) -> None:
    code = f'def f(x):\n    """Doubles.\n{quoted}    """\n    return 2 * x'
    for more in ("", "\n\nAnd:\n\n```python\nprint(f(2))\n```\n"):
        assert instruct.program(f"Here:\n\n```python\n{code}\n```{more}", DOUBLE) == code


def test_without_a_name_to_look_for_the_last_block_counts() -> None:
    assert instruct.program("```python\nx = 1\n```\nor\n```python\nx = 2\n```", ECHO) == "x = 2"
    assert instruct.program("print(input())", ECHO) == "print(input())"


def test_tags_of_other_languages() -> None:
    code = "const f = (x) => 2 * x"
    for tag in ("js", "javascript", "mjs", "JavaScript", ""):
        assert instruct.program(f"```python\nf = 1\n```\n```{tag}\n{code}\n```\n```json\n{{}}\n```", SCRIPT) == code
    assert instruct.program(code, SCRIPT) is None


@pytest.mark.parametrize(
    ("response", "told"),
    [
        ("I would double it.", "there is no code block in the answer"),
        ("```\n```", "there is no code block in the answer"),
        ("", "there is no code block in the answer"),
        ("```ruby\nputs 1\n```", "the code block of the answer is tagged 'ruby', expected 'python'"),
        ("<think>\n```python\ndef f(x): return x\n```", "the answer ends before its reasoning does"),
    ],
)
def test_a_model_is_told_why_there_is_no_program(response: str, told: str) -> None:
    assert instruct.program(response, DOUBLE) is None
    outcome = Outcome(verdict=Verdict.COMPILE_ERROR, message="no program in the answer", reason="no_program")
    said = instruct.feedback(DOUBLE, outcome, response)
    assert said.startswith(told) and "starts with ```python and ends with ```" in said and "whole program again" in said


@pytest.mark.parametrize(
    ("response", "told"),
    [
        (CODE, "there is no code block, expected one that starts with ```python"),
        (f"```py\n{CODE}\n```", "its code block starts with ```py, expected ```python alone"),
        (f"~~~python\n{CODE}\n~~~", "its code block starts with ~~~python, expected ```python alone"),
        (f"```python a.py\n{CODE}\n```", "its code block starts with ```python a.py, expected ```python alone"),
        ("```python\n```", "there is nothing in its code block, which starts with ```python"),
    ],
)
def test_by_the_papers_rule_a_model_is_told_what_was_wrong_with_its_fence(response: str, told: str) -> None:
    outcome = Outcome(verdict=Verdict.COMPILE_ERROR, message="no program in the answer", reason="no_program")
    for style in ("paper", "release") if "```" in response else ("paper",):
        dialogue = build_dialogue(style)
        assert dialogue.program(response, DOUBLE) is None
        assert dialogue.feedback(DOUBLE, outcome, response) == f"Feedback: no program in the answer: {told}"


@pytest.mark.parametrize(
    ("response", "reason"),
    [
        ("", "empty"),
        ("```python\n\n```", "empty"),
        ("I would double it.", "no_fence"),
        (CODE, "no_fence"),
        (f"```ruby\n{CODE}\n```", "wrong_fence"),
        (f"~~~python\n{CODE}\n~~~", "wrong_fence"),
        (f"<think>\n```python\n{CODE}\n```", "reasoning"),
    ],
)
def test_why_an_answer_holds_no_program_is_counted(response: str, reason: str) -> None:
    assert missing_reason(response, "stop") == reason
    assert missing_reason(response, "length") == "cut"


def test_an_answer_reads_back_whatever_its_program_holds() -> None:
    for reference in (CODE, 'def f(x):\n    return "```"', "def f(x):\n    '''\n```python\n````\n'''\n    return x"):
        problem = Problem(problem_id="p", prompt="p", private_tests=DOUBLE.private_tests, reference=reference)
        answer = instruct.reference_answer(problem)
        assert answer is not None and instruct.program(answer, problem) == reference
