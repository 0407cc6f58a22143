"""Tests that reject no program, found in their text: whatever an answer is, it would be accepted.

A comparison without `assert`, an assert of a tuple, a check function that nobody calls, a test that asks the program
nothing. Only what is certain is found here. What only the machine can tell `check --samples null` does: it judges a
program that does nothing.
"""

import ast
import re
from collections.abc import Container, Iterable, Iterator

from sandbox.problem import FunctionTest, Problem
from sandbox.problems.free_names import program_names, source_tree

CHECKING = re.compile(r"(?i)_*(assert|fail|check|verify|expect|raises|exit|testmod|main$|run$)")
"""Names of what raises or ends a test that fails, in whatever library."""
CHECKING_WORD = re.compile(r"\b(assert|throw|expect|fail|abort|exit|require|check)")
"""The same in the text of another language."""
SWALLOWED = {"", "AssertionError", "Exception", "BaseException"}
ALWAYS_RUN = re.compile(r"test|setUp|tearDown|setup_|teardown_|run|__init__")
"""Functions that a test runner calls by their names."""
NO_ASSERT = "no private test can fail: none of them asserts anything about an answer"
NOT_ASKED = "no private test can fail: none of them asks the program anything"


def toothless_reason(problem: Problem) -> str | None:
    """Why the private tests accept any program that ends; None if one of them may reject."""
    sources = [test.source for test in problem.private_tests if isinstance(test, FunctionTest)]
    if problem.io != "function" or not sources:
        return None
    if problem.language != "python":
        return None if any(map(CHECKING_WORD.search, sources)) else NO_ASSERT
    common = [ast.parse(problem.preamble), ast.parse(problem.setup)]
    if not _asks(problem, sources, common):
        return NOT_ASKED
    return None if any(can_fail(source_tree(source), common) for source in sources) else NO_ASSERT


def _asks(problem: Problem, sources: list[str], common: list[ast.Module]) -> bool:
    """Whether a test names the tested function, in a string too (`patch("__main__.f")`), or another of the program."""
    name = problem.entry_point
    if name and any(re.search(rf"\b{name}\b", source) for source in (*sources, problem.setup)):
        return True
    return bool(program_names([*map(source_tree, sources), common[1]], common[:1]))


def can_fail(tree: ast.Module, common: Iterable[ast.Module] = ()) -> bool:
    """Whether anything that the test executes may reject an answer. `common`: trusted code whose functions it calls."""
    functions: dict[str, list[ast.AST]] = {}
    for module in (tree, *common):
        for node in ast.walk(module):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                functions.setdefault(node.name, []).append(node)
    done: set[str] = set()
    by_name = [one for name, found in functions.items() if ALWAYS_RUN.match(name) for one in found]
    waiting: list[ast.AST] = [tree, *by_name]
    while waiting:
        for node in _executed(waiting.pop()):
            if _rejects(node, functions):
                return True
            for name in _named(node) & functions.keys() - done:
                done.add(name)
                waiting += functions[name]
    return False


def _executed(node: ast.AST) -> Iterator[ast.AST]:
    """The parts that run when this one does: no bodies of functions, nothing whose failure is swallowed."""
    body = node.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) else [node]
    for part in body:
        yield from _parts(part)


def _parts(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
        yield from (part for decorator in getattr(node, "decorator_list", ()) for part in _parts(decorator))
        return
    yield node
    children: Iterable[ast.AST] = ast.iter_child_nodes(node)
    if isinstance(node, ast.Try) and any(map(_swallows, node.handlers)):
        children = [*node.handlers, *node.orelse, *node.finalbody]
    for child in children:
        yield from _parts(child)


def _swallows(handler: ast.ExceptHandler) -> bool:
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any((ast.unparse(kind) if kind else "") in SWALLOWED for kind in kinds)


def _named(node: ast.AST) -> set[str]:
    if isinstance(node, ast.Name):
        return {node.id}
    return {node.attr} if isinstance(node, ast.Attribute) else set()


def _rejects(node: ast.AST, functions: Container[str]) -> bool:
    """By itself. `functions` of the tests say what they do; others are judged by their names."""
    if isinstance(node, ast.Assert):
        return not _always_true(node.test)
    if isinstance(node, ast.Raise):
        return True
    if isinstance(node, ast.Constant):  # examples of a docstring
        return isinstance(node.value, str) and ">>>" in node.value
    if isinstance(node, ast.Call):
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        given = [*node.args, *(keyword.value for keyword in node.keywords)]
        named = name not in functions and CHECKING.match(name) is not None
        about_nothing = name.startswith("assert") and given and all(isinstance(one, ast.Constant) for one in given)
        return named and not about_nothing
    return False


def _always_true(test: ast.expr) -> bool:
    """What an assert can never find false."""
    if isinstance(test, ast.Constant):
        return bool(test.value)
    if isinstance(test, ast.Tuple | ast.List | ast.Set):
        return bool(test.elts)
    if isinstance(test, ast.BoolOp):
        parts = map(_always_true, test.values)
        return any(parts) if isinstance(test.op, ast.Or) else all(parts)
    return isinstance(test, ast.Lambda | ast.JoinedStr)
