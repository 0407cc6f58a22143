"""Names in the source of Python tests: which of them can only be the program's."""

import ast
import builtins
import sys
from collections.abc import Iterable, Iterator

from sandbox.languages.doctests import python_source
from sandbox.protocol.names import PROGRAM_MODULES

BUILTIN_NAMES = frozenset(dir(builtins)) | {"__file__"}


def source_tree(source: str) -> ast.Module:
    """A test as syntax. Examples of a session (`>>> f(1)`) are what they ask for."""
    return ast.parse(python_source(source))


def bound_names(trees: Iterable[ast.AST]) -> set[str]:
    """Names that the sources bind anywhere: definitions, imports, arguments, assignments, handlers."""
    bound: set[str] = set()
    for tree in trees:
        for node in ast.walk(tree):
            bound.update(_bound_by(node))
    return bound


def _bound_by(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name
    elif isinstance(node, ast.Import | ast.ImportFrom):
        names = [alias for alias in node.names if alias.name not in PROGRAM_MODULES]
        if getattr(node, "module", None) not in PROGRAM_MODULES:
            yield from ((alias.asname or alias.name).split(".")[0] for alias in names)
    elif isinstance(node, ast.arg):
        yield node.arg
    elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
        yield node.id
    elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
        yield node.name


def program_names(tests: Iterable[ast.AST], common: Iterable[ast.AST] = ()) -> set[str]:
    """Names that `tests` read and nobody but the program can give: not bound by them or by `common`, no built-in, no
    module of the standard library that a judge box supplies."""
    tests = list(tests)
    read = {
        node.id
        for tree in tests
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and not node.id.startswith("__")
    }
    return read - bound_names([*tests, *common]) - BUILTIN_NAMES - sys.stdlib_module_names - {"np"}
