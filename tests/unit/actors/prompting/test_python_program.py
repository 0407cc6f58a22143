"""Which text of an answer is its program: not its tests, an outline, or output; however it is wrapped."""

import ast

import pytest

from actors.prompting.dialogue import build_dialogue
from actors.prompting.evalplus import MOST_CHARACTERS
from sandbox.problem import FunctionTest, Problem

DOUBLE = Problem(problem_id="p", prompt="Double.", private_tests=(FunctionTest("assert f(2) == 4"),))
SCRIPT = Problem(problem_id="e", prompt="Double a number.", io="stdio")
CODE = "def f(x):\n    return 2 * x"
READS = "n = int(input())\nprint(2 * n)"
BLOCK = f"```python\n{CODE}\n```"
instruct = build_dialogue("instruct")

BESIDE = [
    "import unittest\nfrom solution import f\n\nclass T(unittest.TestCase):\n    def test(self):\n        f(2)",
    "from sol import f\nprint(f(2))",
    "from sol import *\nassert f(2) == 4",
    "import f",
    "def f(x):\n    ...",
    'def f(x):\n    """Double."""\n    # your code here\n    pass',
    "def f(x):\n    raise NotImplementedError",
    "f = f\nprint(f(2))",
    "print(g(\n    f=3))",
    "class T:\n    def f(self):\n        return 1",
    ">>> from a import f\n>>> f(2)\n4",
]
"""Blocks with the tested name that are no solution."""


@pytest.mark.parametrize("other", BESIDE)
def test_a_block_that_uses_or_outlines_the_function_is_not_the_program(other: str) -> None:
    beside = f"```python\n{other}\n```"
    assert instruct.program(f"{BLOCK}\nAnd:\n{beside}", DOUBLE) == CODE
    assert instruct.program(f"{beside}\nSo:\n{BLOCK}", DOUBLE) == CODE


def test_what_only_imports_the_function_is_a_program_where_nothing_else_is() -> None:
    assert instruct.program("```python\nfrom math import sqrt as f\n```", DOUBLE) == "from math import sqrt as f"
    assert instruct.program("```python\nclass A:\n    def f(self): return 1\n```", DOUBLE) is not None
    assert instruct.program("```python\nif True:\n    def f(x): return 1\n```\n```python\nx = 1\n```", DOUBLE) == (
        "if True:\n    def f(x): return 1"
    )


WRAPPED = [
    f'<pre><code class="language-python">{CODE}\n</code></pre>\nDone.',
    *(f"<{tag}>\n{CODE}\n</{tag}>\nDone." for tag in ("pre", "code", "answer", "solution", "python")),
    f"<pre>\n\n{CODE}\n\n</pre>",
    f"<solution>{CODE}</solution>",
    f"[PYTHON]\n{CODE}\n[/PYTHON]",
    f"[BEGIN]\n{CODE}\n[DONE]",
    f"Sure.\n[BEGIN]\n{CODE}\n[DONE]",
    f"\\begin{{lstlisting}}[language=Python]\n{CODE}\n\\end{{lstlisting}}",
    *(f"{quotes}python\n{CODE}\n{quotes}" for quotes in ("'''", '"""', "``", "`", "｀｀｀", "` ` `")),
    f"‘‘‘python\n{CODE}\n’’’",
    *(f"```\n{tag}\n{CODE}\n```" for tag in ("python", "Python:", "py")),
    f"```python\npython\n{CODE}\n```",
    f"```python\n```python\n{CODE}\n```\n```",
    f"```\n```python\n{CODE}\n```\n```",
    f"{BLOCK}<|im_end|>",
    f"```python\n{CODE}\n<|endoftext|>",
    f"```python\n{CODE}</s>",
    f"```python\n!pip install numpy\n{CODE}\n```",
    f"```python\n%%time\n{CODE}\n```",
    f"Here is the code:\n{CODE}\nThis doubles x.",
    f"```python\n{CODE}\nOutput:\n4\n```",
    f"```python\n{CODE}\nExplanation: This function doubles.\n```",
    f"class of problems: easy\n\n{CODE}",
    f"from the tests it doubles.\n\n{CODE}\n\nfrom this we see that it works.",
    f"<|begin_of_thought|>\n```python\ndef f(x): return x\n```\n<|end_of_thought|>\n{BLOCK}",
    f"<scratchpad>\n```python\ndef f(x): return x\n```\n</scratchpad>\n{BLOCK}",
]


@pytest.mark.parametrize("response", WRAPPED)
def test_the_program_is_found_in_whatever_stands_for_a_fence(response: str) -> None:
    assert instruct.program(response, DOUBLE) == CODE


@pytest.mark.parametrize(
    "response",
    [
        "<pre><code>def f(x):\n    return 2 * x if x &gt; 0 else 2 * x\n</code></pre>",
        "```python\n>>> def f(x):\n...     return 2 * x\n...\n>>> f(2)\n4\n```",
        "Try:\n\n>>> def f(x):\n...     return 2 * x\n>>> f(2)\n4\n",
        "First:\n```python\nimport math\n```\nThen:\n```python\ndef f(x):\n    return math.floor(2 * x)\n```",
        "```python\ndef g(x):\n    return x + x\n```\nThen:\n```python\ndef f(x):\n    return g(x)\n```",
        "```python\ndef f(x):\n    return g(x)\n```\nwith\n```python\ndef g(x):\n    return x + x\n```\nUse it.",
        "```python\nTWO = 2\n```\n```python\ndef g(x):\n    return TWO * x\n```\n```python\ndef f(x): return g(x)\n```",
    ],
)
def test_what_was_read_doubles(response: str) -> None:
    program = instruct.program(response, DOUBLE)
    assert program is not None
    names: dict[str, object] = {}
    exec(program, names)
    assert names["f"](2) == 4  # type: ignore[operator]


def test_a_program_takes_no_block_that_it_does_not_need() -> None:
    assert instruct.program(f"```python\nimport math\n```\n{BLOCK}\n```python\nx = f(2)\n```", DOUBLE) == CODE


@pytest.mark.parametrize(
    "response",
    [
        f"```\n{READS}\n```\nInput:\n```\n2\n```\nOutput:\n```\n4\n```",
        f"Sample\n```\n2\n```\nSolution\n```\n{READS}\n```",
        f"```python\n{READS}\n```\nOutput:\n```python\n4\n```",
        f"```python\n{READS}\n```\nTest:\n```python\nimport subprocess\nsubprocess.run(['python', 'a.py'])\n```",
        f"Here:\n\n{READS}\n\nDone.",
        f"<pre>\n{READS}\n</pre>",
        READS,
    ],
)
def test_what_reads_standard_input_is_the_program(response: str) -> None:
    assert instruct.program(response, SCRIPT) == READS


def test_output_and_single_words_are_no_script() -> None:
    assert instruct.program("```\nprint('hello')\n```\nOutput:\n```\nhello\n```", SCRIPT) == "print('hello')"
    for response in ("Sorry", "42", "no, sorry", "a - b"):
        assert instruct.program(response, SCRIPT) is None


def test_signs_that_html_spells_out_are_read_also_where_they_parse() -> None:
    kept = "def f(x):\n    return 2 * x if x &lt; 3 else 2 * x"
    assert instruct.program(f"<pre>{kept}</pre>", DOUBLE) == kept.replace("&lt;", "<")
    escapes = "def f(x):\n    return x.replace('<', '&lt;')"
    assert instruct.program(f"<code>\n{escapes}\n</code>", DOUBLE) == escapes


def repeated(text: str, characters: int = 20_000) -> str:
    return text * (characters // len(text))


LONG = {
    "broken blocks": repeated("```python\n" + "def f(x):\n    y = [x, x]\n" * 20 + "    return (\n```\n<code>\n\n"),
    "blocks that never parse": repeated("```python\nx = (\n```\n"),
    "fences": repeated("```\nf = (\n"),
    "one broken function": repeated("```python\ndef f(x):\n    return (\n```\n"),
    "steps": "".join(f"```python\ndef g{i}(x):\n    return g{i + 1}(x)\n```\n" for i in range(400)) + BLOCK,
    "quotes": repeated("'''\n"),
    "a session": repeated(">>> f(1)\n"),
    "imports": repeated("import os\n") + CODE,
}
"""What a model writes that cannot stop."""


@pytest.mark.parametrize("style", ["instruct", "evalplus"])
@pytest.mark.parametrize("name", LONG)
def test_an_answer_that_repeats_itself_is_read_in_proportion_to_its_length(
    style: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, parse = [0], ast.parse

    def counted(code: str) -> ast.Module:
        read[0] += len(code)
        assert read[0] < 8 * MOST_CHARACTERS
        return parse(code)

    monkeypatch.setattr(ast, "parse", counted)
    build_dialogue(style).program(LONG[name], DOUBLE)


def test_a_program_behind_many_broken_blocks_is_found() -> None:
    assert instruct.program(f"{LONG['blocks that never parse']}{BLOCK}", DOUBLE) == CODE
    assert instruct.program(f"{repeated('<think>no</think>' + chr(10))}{BLOCK}", DOUBLE) == CODE


@pytest.mark.parametrize("blank", [" ", "\n", "\t\n"])
def test_blanks_of_any_length_take_no_time(blank: str) -> None:
    """By a pattern that starts at each of them again, minutes."""
    blanks = repeated(blank, 100_000)
    assert instruct.program(f"```python\n{blanks}x (\n{blanks}y\n```\n{BLOCK}", DOUBLE) == CODE
    assert instruct.program(f"a{blanks}b", DOUBLE) is None
