"""BigCodeBench and ClassEval: a function or a class to write, judged by a module of unittest classes.

Neither publishes tests that a model may see: the examples in their docstrings are prose as often as code. The module
judges as it is published; what the prompt defines besides what is to be written is trusted preamble, for programs and
tests alike (their publishers put prompt, program and tests into one file).
"""

import ast
from pathlib import Path

from sandbox.problem import FunctionTest, Limits, Problem
from sandbox.problems.data_set import DataSetLoader
from sandbox.problems.published.libraries import imported_libraries
from sandbox.problems.published.unfit import hidden_libraries, unfit_reason
from sandbox.problems.rows import ProblemRow
from sandbox.problems.sources import DataSource
from sandbox.problems.suites import SuiteOptions

BIG = DataSource("bigcodebench/BigCodeBench.jsonl.gz", "bigcode/bigcodebench")
CLASSES = DataSource("classeval/ClassEval_data.json", "FudanSELab/ClassEval")
LIMITS = Limits(values_mib=32)
"""BigCodeBench/489 returns half a million rows."""
FAILING = {
    *(f"BigCodeBench/{number}" for number in (39, 91, 111, 115, 157, 221, 237, 245, 276, 416, 495, 634, 686, 699)),
    *("BigCodeBench/736", "BigCodeBench/894", "ClassEval_17", "ClassEval_48", "ClassEval_51"),
}
"""Their own references fail plain unittest with the libraries that were tried (docs/results/sandbox.md)."""
BY_ITSELF = "its reference fails its tests in plain unittest, with the libraries that were tried"
DRAWN = {"BigCodeBench/93": "what its tests expect depends on the state in which the program leaves numpy's generator"}


def load_bigcodebench(split: str | None, options: SuiteOptions, path: Path | None) -> list[Problem]:
    """BigCodeBench's 1,140 functions, with the libraries that each needs. Raises ProblemError."""
    return [_function(row, options) for row in BIG.rows(path)]


def _function(row: ProblemRow, options: SuiteOptions) -> Problem:
    prompt, name, test = row.text("prompt"), row.name("entry_point"), row.code("test")
    tree = row.tree("prompt", f"{prompt}\n    pass\n")
    public, private = options.divide([], [FunctionTest(test)])
    identifier = row.identifier("task_id")
    reference = row.parsed("canonical_solution", prompt + row.text("canonical_solution"))
    hidden = hidden_libraries(reference, test)
    return Problem(
        problem_id=identifier,
        prompt=prompt,
        public_tests=public,
        private_tests=private,
        preamble=f"{_without(tree, name)}\n{_imports(ast.parse(test))}",
        entry_point=name,
        reference=reference,
        imports=imported_libraries(tree, ast.parse(test), besides=hidden.union(row.texts("libs"))),
        limits=LIMITS,
        unjudgeable=_unfit(identifier, reference, test),
    )


def load_classeval(split: str | None, options: SuiteOptions, path: Path | None) -> list[Problem]:
    """ClassEval's 100 classes, each to be written whole from its skeleton. Raises ProblemError."""
    return [_class(row, options) for row in CLASSES.rows(path)]


def _class(row: ProblemRow, options: SuiteOptions) -> Problem:
    name, test = row.name("class_name"), row.code("test")
    imports = row.parsed("import_statement", "\n".join(row.texts("import_statement")))
    reference = row.code("solution_code")
    public, private = options.divide([], [FunctionTest(test)])
    identifier = row.identifier("task_id")
    return Problem(
        problem_id=identifier,
        prompt=f"{imports}\n\n{row.text('skeleton')}".strip(),
        public_tests=public,
        private_tests=private,
        preamble=imports,
        entry_point=name,
        reference=f"{imports}\n\n{reference}",
        imports=imported_libraries(ast.parse(imports), ast.parse(reference), ast.parse(test)),
        unjudgeable=_unfit(identifier, f"{imports}\n{reference}", test),
    )


def _unfit(identifier: str, reference: str, test: str) -> str | None:
    by_name = BY_ITSELF if identifier in FAILING else DRAWN.get(identifier)
    return by_name or unfit_reason(reference, test)


def _imports(tree: ast.Module) -> str:
    """Those of the tests, which some published solutions live on: in its publisher's one file they are everybody's."""
    return "\n".join(ast.unparse(node) for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom))


def _without(tree: ast.Module, name: str) -> str:
    """The statements of a prompt beside the function that is to be written."""
    return "\n".join(
        ast.unparse(node) for node in tree.body if not (isinstance(node, ast.FunctionDef) and node.name == name)
    )


ROWS = (
    DataSetLoader(
        name="bigcodebench",
        label="BigCodeBench",
        load=load_bigcodebench,
        splits=("test",),
        public="none",
        private="the published unittest module",
        place=BIG.file,
    ),
    DataSetLoader(
        name="classeval",
        label="ClassEval",
        load=load_classeval,
        splits=("test",),
        public="none",
        private="the published unittest module",
        place=CLASSES.file,
    ),
)
