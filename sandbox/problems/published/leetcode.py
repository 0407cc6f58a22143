"""LeetCodeDataset: a method of `class Solution`, judged by the asserts of `check(candidate)`.

Each assert becomes a test of its own, a call of the method and a literal. Linked lists and trees are built by the
preamble's functions beside the program, as the preamble has them, and are taken apart there the same way: no node
crosses. Public are those asserts whose arguments the statement shows.
"""

import ast
import re
from pathlib import Path

from sandbox.problem import FunctionTest, Limits, Problem
from sandbox.problems.data_set import DataSetLoader
from sandbox.problems.published.libraries import imported_libraries
from sandbox.problems.published.starter import with_starter
from sandbox.problems.rows import ProblemRow, is_name
from sandbox.problems.sources import DataSource
from sandbox.problems.suites import SuiteOptions

SPLITS = ("train", "test")
HUB_NAME = "newfacade/LeetCodeDataset"
CANDIDATE = "candidate"
BUILDERS = {"list_node": "is_same_list", "tree_node": "is_same_tree"}
"""The preamble's functions that make nodes out of lists, and those that compare them."""
READERS = {"is_same_list": "list_values", "is_same_tree": "tree_values"}
"""Ours, in place of those that compare: the values of nodes, in the order in which they are built from them."""
READING = """
def list_values(node):
    values = []
    while node is not None:
        values.append(node.val)
        node = node.next
    return values

def tree_values(node):
    values, level = [], [node]
    while any(one is not None for one in level):
        values += [None if one is None else one.val for one in level]
        level = [part for one in level if one is not None for part in (one.left, one.right)]
    while values and values[-1] is None:
        values.pop()
    return values
"""
HEAVY = {"find-the-number-of-subsequences-with-equal-gcd": Limits(cpu_limit_s=120.0, wall_limit_s=280.0)}
"""Problems whose own reference needs more than the default limits: 29 s for its 105 tests."""
EXAMPLE = re.compile(r"Input:?\s*(.*?)\s*\n\s*Output")
WORDS = {"true": True, "false": False, "null": None}


def load_leetcode(split: str | None, options: SuiteOptions, path: Path | None) -> list[Problem]:
    """The problems of a split, 228 of them in `test`. Raises ProblemError."""
    source = DataSource(f"leetcode/LeetCodeDataset-{split}.jsonl.gz", HUB_NAME, None, split)
    return [_problem(row, options) for row in source.rows(path)]


def _problem(row: ProblemRow, options: SuiteOptions) -> Problem:
    preamble, statement = row.code("prompt"), row.text("problem_description").strip()
    asserts = _asserts(row)
    shown = _examples(row, statement)
    public = [FunctionTest(source) for source, given in asserts if given in shown]
    hidden = [FunctionTest(source) for source, given in asserts if given not in shown]
    tests = options.divide(public, hidden)
    return Problem(
        problem_id=row.identifier("task_id"),
        prompt=with_starter(statement, row.text("starter_code")),
        public_tests=tests[0],
        private_tests=tests[1],
        preamble=preamble + READING,
        entry_point="Solution",
        limits=HEAVY.get(row.identifier("task_id"), Limits()),
        adapters=(*BUILDERS, *READERS.values()),
        reference=row.text("completion"),
        imports=imported_libraries(ast.parse(preamble)),
    )


def _asserts(row: ProblemRow) -> list[tuple[str, dict[str, str]]]:
    """Each assert of `check` about the method, and the arguments in it by name."""
    method = row.text("entry_point")
    if not is_name(method.removeprefix("Solution().")) or not method.startswith("Solution()."):
        raise row.refuse("entry_point", "Solution().NAME")
    body = row.tree("test", row.text("test")).body
    check = body[0] if body else None
    if len(body) != 1 or not isinstance(check, ast.FunctionDef) or [arg.arg for arg in check.args.args] != [CANDIDATE]:
        raise row.refuse("test", f"one function check({CANDIDATE})")
    found = []
    for node in check.body:
        if not isinstance(node, ast.Assert) or not (calls := _calls(node)):
            raise row.refuse("test", f"asserts about {CANDIDATE}(…)", ast.unparse(node))
        for call in calls:
            call.func = ast.parse(method, mode="eval").body
        given = {keyword.arg: _plain(keyword.value) for keyword in calls[0].keywords if keyword.arg}
        found.append((ast.unparse(ast.Assert(_read_back(node.test))), given))
    return found


def _calls(node: ast.AST) -> list[ast.Call]:
    calls = [part for part in ast.walk(node) if isinstance(part, ast.Call)]
    return [call for call in calls if isinstance(call.func, ast.Name) and call.func.id == CANDIDATE]


def _read_back(test: ast.expr) -> ast.expr:
    """`is_same_list(f(…), list_node([1]))` as `list_values(f(…)) == [1]`; anything else as it is."""
    if isinstance(test, ast.Call) and isinstance(test.func, ast.Name) and test.func.id in READERS:
        reader = READERS[test.func.id]
        expected = test.args[1] if len(test.args) == 2 else None
        of_one = isinstance(expected, ast.Call) and len(expected.args) == 1
        if of_one and BUILDERS.get(ast.unparse(expected.func)) == test.func.id:  # type: ignore[union-attr]
            read = ast.Call(ast.Name(reader, ast.Load()), [test.args[0]], [])
            return ast.Compare(read, [ast.Eq()], [expected.args[0]])  # type: ignore[union-attr]
    return test


def _plain(value: ast.expr) -> str:
    """An argument as a statement writes it: nodes as the lists that they are built from."""
    if isinstance(value, ast.Call) and ast.unparse(value.func) in BUILDERS and len(value.args) == 1:
        return ast.unparse(value.args[0])
    return ast.unparse(value)


def _examples(row: ProblemRow, statement: str) -> list[dict[str, str]]:
    """Arguments by name of the examples that a statement shows; those that cannot be read are left out."""
    found = []
    for text in EXAMPLE.findall(statement):
        try:
            call = ast.parse(f"f({text})", mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        if isinstance(call, ast.Call):
            named = {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}
            found.append({name: ast.unparse(_Words().visit(value)) for name, value in named.items()})
    return found


class _Words(ast.NodeTransformer):
    """JSON's words as Python's."""

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return ast.Constant(WORDS[node.id]) if node.id in WORDS else node


ROWS = (
    DataSetLoader(
        name="leetcode",
        label="LeetCodeDataset",
        load=load_leetcode,
        splits=SPLITS,
        needs_split=True,
        public="the statement's first example",
        private="the other asserts",
        place="leetcode/LeetCodeDataset-SPLIT.jsonl.gz",
    ),
)
