"""KodCode: functions judged by pytest functions, which import the program as `solution`.

Each test function is a test of its own, with the module's other statements before it; the import of the program is left
out, because names that tests lack are the program's.
"""

import ast
from pathlib import Path
from typing import Any

from sandbox.json_text import read_json
from sandbox.problem import FunctionTest, Problem
from sandbox.problems.data_set import DataSetLoader
from sandbox.problems.published.libraries import imported_libraries
from sandbox.problems.rows import ProblemRow
from sandbox.problems.sources import DataSource
from sandbox.problems.suites import SuiteOptions

SOURCE = DataSource("kodcode/train.parquet", "KodCode/KodCode-V1", None, "train")
PROGRAM = "solution"
"""The module as which tests import the program."""


def load_kodcode(split: str | None, options: SuiteOptions, path: Path | None) -> list[Problem]:
    """Raises ProblemError."""
    return [_problem(row, options) for row in SOURCE.rows(path)]


def _problem(row: ProblemRow, options: SuiteOptions) -> Problem:
    solution = row.code("solution")
    tree = row.tree("test", row.text("test"))
    tests = _tests(tree)
    public, private = options.divide(tests[:1], tests[1:])
    imports = imported_libraries(ast.parse(solution), tree)
    return Problem(
        problem_id=row.identifier("question_id"),
        prompt=row.text("question"),
        public_tests=public,
        private_tests=private,
        entry_point=_entry_point(row, tree),
        reference=solution,
        unjudgeable=None if tests else "its tests hold no function test_…",
        imports=tuple(name for name in imports if name not in (PROGRAM, "pytest")),
    )


def _tests(tree: ast.Module) -> list[FunctionTest]:
    """One per test function; the other statements, fixtures and helpers are in each."""
    common, tests = [], []
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test"):
            tests.append(node)
        elif isinstance(node, ast.ImportFrom) and node.module == PROGRAM and not node.level:
            common += [ast.parse(f"{one.asname} = {one.name}").body[0] for one in node.names if one.asname]
        else:
            common.append(node)
    return [FunctionTest(ast.unparse(ast.Module([*common, test], []))) for test in tests]


def _entry_point(row: ProblemRow, tree: ast.Module) -> str | None:
    """The function that the publisher names, if it names one; else the one name that tests import."""
    info = row.fields.get("test_info")
    try:
        found: Any = read_json(info) if isinstance(info, str) else info
    except ValueError:
        raise row.refuse("test_info", "a list of functions, or JSON text of one") from None
    if found is not None and not isinstance(found, list):
        raise row.refuse("test_info", "a list of functions, or JSON text of one")
    named = [one.get("function_name") for one in found or [] if isinstance(one, dict)]
    if not named:
        imports = [node for node in tree.body if isinstance(node, ast.ImportFrom) and node.module == PROGRAM]
        named = [alias.name for node in imports for alias in node.names]
    name = named[0] if len(named) == 1 else None
    return name if isinstance(name, str) and name.isidentifier() else None


ROWS = (
    DataSetLoader(
        name="kodcode",
        label="KodCode",
        load=load_kodcode,
        splits=("train",),
        public="the first test function",
        private="the other test functions",
        place=SOURCE.file,
    ),
)
