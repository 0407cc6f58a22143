"""MBPP, its sanitized version and MBPP+: asserts of which a model may see some, others only judge."""

import ast
from pathlib import Path

from sandbox.languages import python
from sandbox.problem import FunctionTest, Limits, Problem
from sandbox.problems.data_set import DataSetLoader
from sandbox.problems.published.evalplus import written_out
from sandbox.problems.rows import ProblemRow
from sandbox.problems.sources import DataSource
from sandbox.problems.suites import SuiteOptions

FULL = DataSource("mbpp/mbpp.jsonl", "google-research-datasets/mbpp", "full")
SANITIZED = DataSource("mbpp_sanitized/sanitized-mbpp.json", "google-research-datasets/mbpp", "sanitized")
PLUS = DataSource("mbpp_plus/MbppPlus-OriginFmt.jsonl.gz", "evalplus/mbppplus")
SPLITS = {"prompt": range(1, 11), "test": range(11, 511), "validation": range(511, 601), "train": range(601, 975)}
"""By task id, for all three."""
HEAVY = {
    255: Limits(cpu_limit_s=120.0, wall_limit_s=280.0, memory_mib=4096, values_mib=1024),  # 1.7 million tuples of 77
    599: Limits(cpu_limit_s=120.0, wall_limit_s=280.0),  # the reference itself takes 20 s
}
"""MBPP+ problems whose own reference needs more than the default limits.

A sleeper meets its wall limit twice before that counts; who asks an executor gives up after 600 s, without a verdict.
"""


def load_mbpp(split: str | None, options: SuiteOptions, path: Path | None) -> list[Problem]:
    """MBPP: the challenge tests are private. Raises ProblemError."""
    return [
        _problem(row, options, row.text("text"), row.tests("test_list"), row.code("test_setup_code"), _challenges(row))
        for row in _rows(FULL, split, path)
    ]


def load_mbpp_sanitized(split: str | None, options: SuiteOptions, path: Path | None) -> list[Problem]:
    """The 427 problems that were checked by hand. Raises ProblemError."""
    return [
        _problem(row, options, row.text("prompt"), row.tests("test_list"), _imports(row))
        for row in _rows(SANITIZED, split, path)
    ]


def load_mbpp_plus(split: str | None, options: SuiteOptions, path: Path | None) -> list[Problem]:
    """MBPP+: the same asserts, and the extended tests, which are private. Raises ProblemError."""
    problems = []
    for row in _rows(PLUS, split, path):
        program = row.text("test")
        hidden = written_out(row.tree("test", program)) or [FunctionTest(program)]
        problems.append(
            _problem(row, options, row.text("prompt"), row.tests("test_list"), _imports(row), hidden, HEAVY)
        )
    return problems


def _rows(source: DataSource, split: str | None, path: Path | None) -> list[ProblemRow]:
    wanted = range(1, 975) if split is None else SPLITS[split]
    rows = sorted(source.rows(path), key=lambda row: row.number("task_id"))
    return [row for row in rows if row.number("task_id") in wanted]


def _challenges(row: ProblemRow) -> list[FunctionTest]:
    return row.tests("challenge_test_list") if row.texts("challenge_test_list") else []


def _imports(row: ProblemRow) -> str:
    return row.parsed("test_imports", "\n".join(row.texts("test_imports")))


def _problem(
    row: ProblemRow,
    options: SuiteOptions,
    prompt: str,
    shown: list[FunctionTest],
    setup: str,
    hidden: list[FunctionTest] | None = None,
    heavy: dict[int, Limits] | None = None,
) -> Problem:
    public, private = options.divide(shown, hidden or [])
    reference = row.code("code")
    name = python.tested_name(test.source for test in shown) or _called(shown, reference)
    return Problem(
        problem_id=f"Mbpp/{row.number('task_id')}",
        prompt=prompt,
        public_tests=public,
        private_tests=private,
        setup=setup,
        entry_point=name,
        reference=reference,
        limits=(heavy or {}).get(row.number("task_id"), Limits()),
    )


def _called(tests: list[FunctionTest], reference: str) -> str | None:
    """The reference's function that the tests call inside `math.isclose` and the like."""
    defined = python.defined_names(reference)
    calls = [node.func for test in tests for node in ast.walk(ast.parse(test.source)) if isinstance(node, ast.Call)]
    names = {func.id for func in calls if isinstance(func, ast.Name) and func.id in defined}
    return next(iter(names)) if len(names) == 1 else None


ROWS = (
    DataSetLoader(
        name="mbpp",
        label="MBPP",
        load=load_mbpp,
        splits=tuple(SPLITS),
        public="the first assert",
        private="the others, and the challenge tests of 11 problems",
        place=FULL.file,
    ),
    DataSetLoader(
        name="mbpp_sanitized",
        label="MBPP, sanitized",
        load=load_mbpp_sanitized,
        splits=tuple(SPLITS),
        public="the first assert",
        private="the others",
        place=SANITIZED.file,
    ),
    DataSetLoader(
        name="mbpp_plus",
        label="MBPP+",
        load=load_mbpp_plus,
        splits=tuple(SPLITS),
        public="the first assert",
        private="the others, and the extended tests",
        place=PLUS.file,
    ),
)
