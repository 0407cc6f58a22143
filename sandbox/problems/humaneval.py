"""HumanEval: the official check program is private; nothing is public, the examples stay in the prompt.

What the prompt defines before the function to write (imports, and the helpers of 32, 38 and 50) is trusted
preamble: tests use that copy, never the program's.
"""

import ast

from sandbox.errors import ProblemError
from sandbox.problem import FunctionTest, Problem
from sandbox.problems.sources import Row, published

FILE, HUB_NAME = "humaneval/HumanEval.jsonl.gz", "openai/openai_humaneval"


def load(split: str | None = None) -> list[Problem]:
    """All 164 problems. Raises ProblemError."""
    if split not in (None, "test"):
        raise ProblemError(f"humaneval has no split {split!r}, only test")
    return [_problem(row) for row in published(FILE, HUB_NAME, None)]


def _problem(row: Row) -> Problem:
    return Problem(
        problem_id=row["task_id"],
        prompt=row["prompt"],
        private_tests=(FunctionTest(f"{row['test']}\n\ncheck({row['entry_point']})\n"),),
        preamble=_before(row["prompt"], row["entry_point"]),
        entry_point=row["entry_point"],
        reference=row["prompt"] + row["canonical_solution"],
    )


def _before(prompt: str, name: str) -> str:
    """The prompt's statements ahead of the function that is to be written."""
    body = ast.parse(f"{prompt}\n    pass\n").body
    ours = [node for node in body if not (isinstance(node, ast.FunctionDef) and node.name == name)]
    return "\n".join(ast.unparse(node) for node in ours)
