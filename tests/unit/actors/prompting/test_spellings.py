"""Programs in answers that keep no rule of Markdown, or keep one that is seldom seen: a case per spelling, by kind."""

import pytest

from actors.prompting.code_blocks import code_blocks
from actors.prompting.dialogue import build_dialogue
from sandbox.problem import FunctionTest, Problem

DOUBLE = Problem(problem_id="p", prompt="Double.", private_tests=(FunctionTest("assert f(2) == 4"),))
CODE = "def f(x):\n    return 2 * x"
DRAFT = "def f(x):\n    return x"
BLOCK, DRAFTED = f"```python\n{CODE}\n```", f"```python\n{DRAFT}\n```"
instruct = build_dialogue("instruct")


def indented(text: str, by: int) -> str:
    return "\n".join(" " * by + line if line else line for line in text.split("\n"))


FENCES = [
    *(f"{fence}python\n{CODE}\n{fence}\nDone." for fence in ("````", "````````", "~~~~", "~~~~~~~~~")),
    *(
        f"```python\n{CODE}\n{closing}\nDone."
        for closing in ("`````", "   ```", "```   ", "~~~", "```python", "``` Done.")
    ),
    f"````python\n{CODE}\n```\nDone.",
    f"~~~python\n{CODE}\n```\nDone.",
    f"```python\n{CODE}```\nDone.",
    f"```python\n{CODE}\n\nThis function doubles its argument.",
    f"{CODE}\n```\nThis doubles.",
    f"Here it is: ```python\n{CODE}\n```",
    f"## Solution ```python\n{CODE}\n```",
    *(f"{mark}{BLOCK}" for mark in ("\ufeff", "\u200b", "\u00a0", "---\n", "| a |\n|---|\n| 1 |\n")),
]
TAGS = [
    *("PYTHON", "py3", "Python 3", "python3.11", "python:a.py", "python,linenos", "{python}", "{.python .numberLines}"),
    *("python=", "{python, echo=TRUE}", "{code-cell} ipython3", "ipython", "python2", "language-python", "python#"),
    *("code", "text", "pyhton", "tool_code", "solution.py", "file=solution.py"),
]
PLACES = [
    f"Here it is:\n\n{indented(CODE, 4)}\n\nDone.",
    f"Here it is:\n\n{indented(BLOCK, 4)}\n",
    f"```python\n{indented(CODE, 4)}\n```",
    f"- a\n  - b\n{indented(BLOCK, 4)}\n",
    f"- Solution:\n\n{indented(BLOCK, 4)}\n",
    f"1. Solution:\n   ```python\n{CODE}\n   ```\n",
    f"  ```python\n{indented(CODE, 2)}\n  ```",
    f"<details>\n{BLOCK}\n</details>",
    f"<answer>{BLOCK}</answer>",
    f"````markdown\n{BLOCK}\n````",
    f"```markdown\n{BLOCK}\n```",
    f"Here is the code:\n{CODE}\n",
    f"{CODE}\n\nThis function doubles its argument.",
    BLOCK.replace("\n", "\r\n"),
    BLOCK.replace("\n", "\r"),
    f"```python\r\n{CODE}\r\n```",
]
SEVERAL = [
    f"```python\nassert f(2) == 4\n```\n{BLOCK}",
    f"{BLOCK}\nOutput:\n```\n4\n```",
    f"{BLOCK}\n```python\nresult = f(1)\n```",
    f"{BLOCK}\nYour code was\n```\n{DRAFT}\n```",
    f"```python\n```\n{BLOCK}",
    f"Open with ```python first.\n\n{BLOCK}",
    f"```python\n>>> f(1)\n2\n```\n{BLOCK}",
    f"{BLOCK}\nOr, in short:\n```python\ndef f(x):\n    return (",
]
THOUGHTS = [
    f"<think>\na\n</think>\n<think>\n{DRAFTED}\n</think>\n{BLOCK}",
    f"Okay.\n<think>\n{DRAFTED}\n</think>\n{BLOCK}",
    f"{BLOCK}\n<think>\nOr else\n{DRAFTED}\n</think>",
    f"{BLOCK}\n<think>\nOr else\n{DRAFTED}",
    f'<think type="draft">\n{DRAFTED}\n</think>{BLOCK}',
    *(f"{start}\n{DRAFTED}\n{end}\n\n{CODE}" for start, end in (("[THINK]", "[/THINK]"), ("◁think▷", "◁/think▷"))),
    f"<think>{DRAFT}</think>Here it is:\n{BLOCK}",
    f"I use <think> for thoughts.\n{BLOCK}",
]


@pytest.mark.parametrize(
    "response", [*FENCES, *(f"```{tag}\n{CODE}\n```" for tag in TAGS), *PLACES, *SEVERAL, *THOUGHTS]
)
def test_the_program_is_found_in_any_spelling(response: str) -> None:
    assert instruct.program(response, DOUBLE) == CODE


@pytest.mark.parametrize(
    "code",
    [
        'def f(x):\n    """\n    ```python\n    f(1)\n    ```\n    """\n    return 2 * x',
        'def f(x):\n    """\n```python\nf(1)\n```\n"""\n    return 2 * x',
        'FENCE = """\\\n```\n{}\n```\n"""\n\ndef f(x):\n    return 2 * x',
        "def f(x):\n    s = '~~~'\n    return 2 * x  # ```",
        "def f(x):\n    s = '</think>'\n    return 2 * x",
        "def f(x):\n    s = '<think>a</think>'\n    return 2 * x",
    ],
)
def test_a_programs_own_text_is_no_fence_and_no_thought(code: str) -> None:
    for response in (
        code,
        f"Here:\n```python\n{code}\n```\nDone.",
        f"```\n{code}\n```",
        f"~~~python\n{code}\n~~~",
        f"````python\n{code}\n````",
        f"```python\n{code}\n",
        f"```python\n{code}\n```".replace("\n", "\r\n"),
        f"<think>\n{DRAFTED}\n</think>\n```python\n{code}\n```",
        f"{DRAFTED}\nNo:\n```python\n{code}\n```\n\nUsage:\n\n```python\nprint(f(2))\n```",
    ):
        assert instruct.program(response, DOUBLE) == code


def test_an_answer_that_was_cut_in_a_statement_is_not_made_whole() -> None:
    """Else the model would be told of a wrong answer, where its program has no end."""
    cut = "def f(x):\n    if x:\n        return 2 * x\n    return (0"
    assert instruct.program(f"```python\n{cut}", DOUBLE) == cut


def test_blocks_that_parse_are_those_of_commonmark() -> None:
    for response in (
        BLOCK,
        f"1. a\n{indented(BLOCK, 3)}",
        f"> {BLOCK.replace(chr(10), chr(10) + '> ')}",
        f"{BLOCK}\n~~~\nx\n~~~",
    ):
        assert code_blocks(response, python=True) == code_blocks(response)


@pytest.mark.parametrize(
    "response", ["I would double it: 2 * x.", "Use `f = 2 * x`.", "```ruby\ndef f(x) 2 * x end\n```"]
)
def test_words_and_other_languages_are_no_program(response: str) -> None:
    assert instruct.program(response, DOUBLE) is None
