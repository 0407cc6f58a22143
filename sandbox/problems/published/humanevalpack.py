"""HumanEvalPack in JavaScript: HumanEval's problems as its publisher translated them.

What the prompt defines before the function to write (helpers of 10, 32, 38 and 50) is trusted preamble. The published
tests are functions of `console.assert`, here assertions that fail.
"""

import re
from pathlib import Path

from sandbox.languages.javascript import split_statements
from sandbox.problem import FunctionTest, Problem
from sandbox.problems.data_set import DataSetLoader
from sandbox.problems.rows import ProblemRow
from sandbox.problems.sources import DataSource
from sandbox.problems.suites import SuiteOptions

SOURCE = DataSource("humanevalpack/humanevalpack_js.jsonl", "bigcode/humanevalpack", "js")
DECLARATION = re.compile(r"^const ([\w$]+) = ", re.MULTILINE)
LACKING = {"JavaScript/162": "its reference needs the package js-md5, which boxes do not have"}


def load_humanevalpack_js(split: str | None, options: SuiteOptions, path: Path | None) -> list[Problem]:
    """All 164 problems. Raises ProblemError."""
    return [_problem(row, options) for row in SOURCE.rows(path)]


def _problem(row: ProblemRow, options: SuiteOptions) -> Problem:
    shown = _tests(row, "example_test") if row.text("example_test").strip() else []
    public, private = options.divide(shown, _tests(row, "test"))
    number = row.identifier("task_id")
    preamble, name = _declared(row)
    return Problem(
        problem_id=number,
        prompt=row.text("prompt"),
        public_tests=public,
        private_tests=private,
        preamble=preamble,
        entry_point=name,
        reference=row.text("prompt") + row.text("canonical_solution"),
        language="javascript",
        unjudgeable=LACKING.get(number),
    )


def _tests(row: ProblemRow, field: str) -> list[FunctionTest]:
    try:
        return [FunctionTest(test) for test in split_statements(row.text(field))]
    except ValueError as error:
        raise row.refuse(field, f"JavaScript source ({error})") from None


def _declared(row: ProblemRow) -> tuple[str, str]:
    """The declarations ahead of the function that is to be written, and its name: `entry_point` has another case in one
    row."""
    declared = row.text("declaration")
    *_, last = (None, *DECLARATION.finditer(declared))
    if last is None:
        raise row.refuse("declaration", "const NAME = …")
    return declared[: last.start()].strip(), last[1]


ROWS = (
    DataSetLoader(
        name="humanevalpack_js",
        label="HumanEvalPack (JavaScript)",
        load=load_humanevalpack_js,
        splits=("test",),
        public="the first example",
        private="the other examples, and the official check",
        place=SOURCE.file,
    ),
)
