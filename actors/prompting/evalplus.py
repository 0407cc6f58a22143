"""How EvalPlus (github.com/evalplus/evalplus, version 0.3.1) begins answers, and which part of one it judges.

Its extraction keeps the longest run of lines that parses, and of that the imports and what the tested function reaches.
"""

import ast
import re
import warnings
from collections.abc import Iterator, Sequence
from itertools import accumulate

from actors.prompting.begun_answer import BegunAnswer
from actors.prompting.code_blocks import is_python
from actors.prompting.effort import Effort
from actors.prompting.reading import defining_program, tested_name
from sandbox.problem import Problem

BEGINNING = (
    "Below is a Python script with a self-contained function that solves the problem and passes corresponding tests:\n"
    "```python\n"
)
BEGUN = BegunAnswer(
    beginning=BEGINNING, stops=("\n```\n", "\nif __name__", "\ndef main(", "\nprint("), closing="\n```\n"
)
TAB = "    "
MOST_CHARACTERS = 1 << 22
"""That are tried for the longest program: all of a usual answer's runs of lines."""


def evalplus_answer(program: str, problem: Problem) -> str:
    return BEGUN.whole(program.strip(), cut=False)


def evalplus_program(response: str, problem: Problem) -> str | None:
    """What EvalPlus would judge; of programs without a tested function, and of other languages, the code block."""
    name = tested_name(problem)
    if problem.language != "python" or problem.io != "function" or name is None:
        return defining_program(response, problem)
    code = longest_program(response.removeprefix(BEGINNING).replace("\t", TAB))
    return reachable_program(code, name).strip() or code or None


def longest_program(text: str) -> str:
    """The lines that parse together and hold the most lines that are not blank; the first of equals; else line one."""
    lines = text.split("\n")
    filled = [0, *accumulate(bool(line.strip()) for line in lines)]
    best, found, effort = 0, lines[0], Effort(MOST_CHARACTERS)
    for start in range(len(lines)):
        if lines[start].lstrip().startswith("`"):  # no Python begins so
            continue
        for end in range(len(lines), start + 1, -1):
            if filled[end] - filled[start] <= best:
                break
            code = "\n".join(lines[start:end])
            if not effort.spend(len(code)):
                return found
            if is_python(code):
                best, found = filled[end] - filled[start], code
                break
    return found


def reachable_program(code: str, name: str) -> str:
    """Imports, and the definitions of `code` that `name` reaches by any name in them; "" if there are none.

    Definitions are classes, functions that return something and assignments, at the margin and without decorators; the
    first of each name counts.
    """
    with warnings.catch_warnings(action="ignore"):
        statements = ast.parse(code).body if is_python(code) else []
    imports = [node for node in statements if isinstance(node, ast.Import | ast.ImportFrom)]
    plain = [node for node in imports if not (isinstance(node, ast.ImportFrom) and node.module == "__future__")]
    first: dict[str, ast.stmt] = {}
    for node in statements:
        if (defined := _defined_name(node)) is not None:
            first.setdefault(defined, node)
    reached = _reached(name, {defined: set(_names(node)) for defined, node in first.items()})
    kept = [*plain, *(node for defined, node in first.items() if defined in reached)]
    lines = [line.encode() for line in re.split("\r\n|\r|\n", code)] if kept else []
    return "\n".join(_text_of(node, lines) for node in kept)


def _text_of(node: ast.stmt, lines: Sequence[bytes]) -> str:
    """As ast.get_source_segment, which splits the whole program into lines each time."""
    first, last = node.lineno - 1, (node.end_lineno or node.lineno) - 1
    text = [*lines[first:last], lines[last][: node.end_col_offset]]
    return b"\n".join([text[0][node.col_offset :], *text[1:]]).decode()


def _defined_name(node: ast.stmt) -> str | None:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        returns = any(isinstance(part, ast.Return) for part in ast.walk(node))
        return node.name if returns and not node.decorator_list else None
    if isinstance(node, ast.ClassDef):
        return None if node.decorator_list else node.name
    if isinstance(node, ast.Assign | ast.AnnAssign):
        sides: Sequence[ast.expr | None] = [*(node.targets[:1] if isinstance(node, ast.Assign) else [node.target])]
        more = [] if isinstance(node, ast.Assign) and len(node.targets) > 1 else [node.value]
        return next((side.id for side in (*sides, *more) if isinstance(side, ast.Name)), None)
    return None


def _names(node: ast.stmt) -> Iterator[str]:
    """Every identifier in it, whatever it names: arguments, attributes and modules as well."""
    for part in ast.walk(node):
        if isinstance(part, ast.Constant):
            continue
        for _, value in ast.iter_fields(part):
            for word in value if isinstance(value, list) else [value]:
                if isinstance(word, str):
                    yield from word.split(".")


def _reached(name: str, uses: dict[str, set[str]]) -> set[str]:
    reached, open_ones = {name}, [name]
    while open_ones:
        new = uses.get(open_ones.pop(), set()) - reached
        reached |= new
        open_ones += new
    return reached
