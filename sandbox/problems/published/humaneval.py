"""HumanEval, HumanEvalPack (Python) and HumanEval+: a prompt's examples may be public, the check program judges.

What the prompt defines before the function to write (imports, and the helpers of 32, 38 and 50) is trusted
preamble: tests use that copy, never the program's. HumanEval's own file has its examples only in prose; the
asserts made of them are HumanEvalPack's `example_test`.
"""

import ast
import re
from pathlib import Path

from sandbox.errors import ProblemError
from sandbox.problem import FunctionTest, Limits, Problem
from sandbox.problems.data_set import DataSetLoader
from sandbox.problems.published.evalplus import written_out
from sandbox.problems.rows import ProblemRow
from sandbox.problems.sources import DataSource
from sandbox.problems.suites import SuiteOptions

PACK = DataSource("humanevalpack/humanevalpack_python.jsonl", "bigcode/humanevalpack", "python")
PLAIN = DataSource("humaneval/HumanEval.jsonl.gz", "openai/openai_humaneval", beside=PACK.file)
PLUS = DataSource("humaneval_plus/HumanEvalPlus-OriginFmt.jsonl.gz", "evalplus/humanevalplus", beside=PACK.file)
WRONG = {"HumanEval/32": "its published test fails its own reference solution: it unpacks a float"}
"""Problems of HumanEval+ that nothing can solve."""
LARGE = {f"HumanEval/{number}": Limits(values_mib=64) for number in (100, 130)}
"""Problems of HumanEval+ whose own answers are lists of a million numbers."""
DEFAULT = Limits()
Examples = dict[str, list[FunctionTest]]


def load_humaneval(split: str | None, options: SuiteOptions, path: Path | None) -> list[Problem]:
    """All 164 problems; the check program as its publisher wrote it. Raises ProblemError."""
    examples = _examples(options, "humaneval")
    return [_problem(row, options, examples, [_check(row, row.code("test"))]) for row in PLAIN.rows(path)]


def load_humanevalpack(split: str | None, options: SuiteOptions, path: Path | None) -> list[Problem]:
    """HumanEvalPack's Python part: the same problems, examples and checks in one file. Raises ProblemError."""
    rows = list(PACK.rows(path))
    examples = {_number(row): example_tests(row) for row in rows}
    return [_problem(row, options, examples, [FunctionTest(row.code("test"))]) for row in rows]


def load_humaneval_plus(split: str | None, options: SuiteOptions, path: Path | None) -> list[Problem]:
    """HumanEval+: the same problems with many more inputs. Raises ProblemError."""
    examples = _examples(options, "humaneval_plus")
    problems = []
    for row in PLUS.rows(path):
        program, name = row.text("test"), row.name("entry_point")
        hidden = written_out(row.tree("test", program), name) or [_check(row, program)]
        number = row.identifier("task_id")
        problems.append(_problem(row, options, examples, hidden, WRONG.get(number), LARGE.get(number, DEFAULT)))
    return problems


def _examples(options: SuiteOptions, name: str) -> Examples:
    if options.public_tests == "none":
        return {}
    try:
        return {_number(row): example_tests(row) for row in PACK.rows()}
    except ProblemError as error:
        raise ProblemError(f"{name} takes its public tests from HumanEvalPack: {error}") from error


def _number(row: ProblemRow) -> str:
    """`7` of HumanEval/7 and of Python/7."""
    return row.identifier("task_id").rpartition("/")[2]


def example_tests(row: ProblemRow) -> list[FunctionTest]:
    """The asserts of HumanEvalPack's `example_test` that ask the function something; six problems have none.

    Some fields begin with `assert True`, which tests nothing. That of Python/119 begins with lines of a solution;
    the check function is what stands at the margin. Imports and prints are not needed and are left out.
    """
    text = row.text("example_test")
    if not text.strip():
        return []
    start = re.search(r"^def check\(", text, re.MULTILINE)
    if start is None:
        raise row.refuse("example_test", "a function check with asserts")
    body = row.tree("example_test", text[start.start() :]).body[0]
    assert isinstance(body, ast.FunctionDef)
    for node in body.body:
        if not isinstance(node, ast.Assert | ast.Import | ast.Expr):
            raise row.refuse("example_test", "only asserts in function check", ast.unparse(node))
    asserts = [node for node in body.body if isinstance(node, ast.Assert)]
    return [FunctionTest(ast.unparse(node)) for node in asserts if not isinstance(node.test, ast.Constant)]


def _check(row: ProblemRow, source: str) -> FunctionTest:
    return FunctionTest(f"{source}\n\ncheck({row.name('entry_point')})\n")


def _problem(
    row: ProblemRow,
    options: SuiteOptions,
    examples: Examples,
    hidden: list[FunctionTest],
    unjudgeable: str | None = None,
    limits: Limits = DEFAULT,
) -> Problem:
    public, private = options.divide(examples.get(_number(row), []), hidden)
    prompt, name = row.text("prompt"), row.name("entry_point")
    return Problem(
        problem_id=row.identifier("task_id"),
        prompt=prompt,
        public_tests=public,
        private_tests=private,
        preamble=_before(row, prompt, name),
        entry_point=name,
        reference=prompt + row.text("canonical_solution"),
        unjudgeable=unjudgeable,
        limits=limits,
    )


def _before(row: ProblemRow, prompt: str, name: str) -> str:
    """The prompt's statements ahead of the function that is to be written."""
    body = row.tree("prompt", f"{prompt}\n    pass\n").body
    ours = [node for node in body if not (isinstance(node, ast.FunctionDef) and node.name == name)]
    return "\n".join(ast.unparse(node) for node in ours)


ROWS = (
    DataSetLoader(
        name="humaneval",
        label="HumanEval",
        load=load_humaneval,
        splits=("test",),
        public="the first example",
        private="the other examples, and the official check",
        place=PLAIN.file,
    ),
    DataSetLoader(
        name="humanevalpack",
        label="HumanEvalPack (Python)",
        load=load_humanevalpack,
        splits=("test",),
        public="the first example",
        private="the other examples, and the official check",
        place=PACK.file,
    ),
    DataSetLoader(
        name="humaneval_plus",
        label="HumanEval+",
        load=load_humaneval_plus,
        splits=("test",),
        public="the first example",
        private="the other examples, and the extended check",
        place=PLUS.file,
    ),
)
