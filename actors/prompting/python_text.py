"""What a Python text does, by its syntax tree: which tells a solution from its tests, an outline and output."""

import ast
import builtins
import warnings
from collections.abc import Iterator, Sequence
from functools import lru_cache

SOLVES, SOLVES_DEEPER, MENTIONS, NOTHING = 3, 2, 1, 0
"""How much of a tested program a text is. MENTIONS: it imports the name, or outlines it, or does anything at all where
no name is known."""
READERS = {"input", "raw_input", "stdin", "fileinput"}
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_TRIVIAL = (ast.Name, ast.Constant, ast.Tuple, ast.List, ast.Dict, ast.UnaryOp, ast.BinOp, ast.Attribute, ast.Compare)


@lru_cache(maxsize=64)
def parse(code: str) -> ast.Module | None:
    """None if it is no Python. An answer's texts are looked at more than once; nobody changes a tree."""
    try:
        with warnings.catch_warnings(action="ignore"):
            return ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def standing(tree: ast.Module, name: str | None) -> int:
    """How much of a program with the tested `name` it is; None: of one that reads standard input."""
    if name is None:
        return _standing_of_script(tree)
    found = max((_defines(node, name) for node in _module_level(tree.body)), default=NOTHING)
    if found == NOTHING and any(isinstance(node, _DEFINITIONS) and node.name == name for node in ast.walk(tree)):
        return SOLVES_DEEPER
    return found


def _standing_of_script(tree: ast.Module) -> int:
    if _names(tree) & READERS or any(_opens_input(node) for node in ast.walk(tree)):
        return SOLVES
    return MENTIONS if any(not _is_value(node) for node in tree.body) else NOTHING


def _is_value(node: ast.stmt) -> bool:
    """Words or numbers that happen to parse."""
    return isinstance(node, ast.Expr) and isinstance(node.value, _TRIVIAL) and not _calls(node)


def _calls(node: ast.AST) -> bool:
    return any(isinstance(one, ast.Call) for one in ast.walk(node))


def _opens_input(node: ast.AST) -> bool:
    """`open(0)`, `open("/dev/stdin")`, `os.read(0, …)`."""
    if not isinstance(node, ast.Call) or not node.args or not isinstance(node.args[0], ast.Constant):
        return False
    called = getattr(node.func, "id", getattr(node.func, "attr", ""))
    return called in ("open", "fdopen", "read") and node.args[0].value in (0, "/dev/stdin")


def _module_level(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """Statements of a module, those of its conditions and attempts too."""
    for node in body:
        yield node
        for field in ("body", "orelse", "finalbody", "handlers"):
            if not isinstance(node, _DEFINITIONS):
                yield from _module_level(getattr(node, field, []))


def _defines(node: ast.stmt, name: str) -> int:
    if isinstance(node, _DEFINITIONS) and node.name == name:
        return MENTIONS if _is_outline(node.body) else SOLVES
    if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        bound = {one.id for target in targets for one in ast.walk(target) if isinstance(one, ast.Name)}
        return SOLVES if name in bound and not (isinstance(node.value, ast.Name) and node.value.id == name) else NOTHING
    if isinstance(node, ast.Import | ast.ImportFrom):
        return MENTIONS if any(name == (alias.asname or alias.name) for alias in node.names) else NOTHING
    return NOTHING


def _is_outline(body: Sequence[ast.stmt]) -> bool:
    """A body for others to fill: a docstring, `pass`, `...` or NotImplementedError."""
    return all(
        isinstance(node, ast.Pass)
        or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
        or (isinstance(node, ast.Raise) and "NotImplementedError" in _names(node))
        for node in body
    )


def _names(tree: ast.AST) -> set[str]:
    """All names and attributes that are looked up, and modules."""
    nodes = list(ast.walk(tree))
    return (
        {node.id for node in nodes if isinstance(node, ast.Name)}
        | {node.attr for node in nodes if isinstance(node, ast.Attribute)}
        | {alias.name for node in nodes if isinstance(node, ast.Import | ast.ImportFrom) for alias in node.names}
    )


def lacking_names(tree: ast.Module) -> set[str]:
    """Names that it looks up and binds nowhere."""
    nodes = list(ast.walk(tree))
    if any(alias.name == "*" for node in nodes if isinstance(node, ast.ImportFrom) for alias in node.names):
        return set()
    looked_up = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    bound = {node.id for node in nodes if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)}
    bound |= {node.arg for node in nodes if isinstance(node, ast.arg)} | _bound_by_statements(nodes)
    return looked_up - bound - set(dir(builtins)) - {"__file__"}


def _bound_by_statements(nodes: Sequence[ast.AST]) -> set[str]:
    found = {node.name for node in nodes if isinstance(node, _DEFINITIONS)}
    found |= {
        node.name for node in nodes if isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name
    }
    for node in nodes:
        if isinstance(node, ast.Import | ast.ImportFrom):
            found |= {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
    return found


def given_names(tree: ast.Module) -> set[str]:
    """Names that its module level binds."""
    nodes = list(_module_level(tree.body))
    assigned = [target for node in nodes if isinstance(node, ast.Assign) for target in node.targets]
    names = {one.id for target in assigned for one in ast.walk(target) if isinstance(one, ast.Name)}
    return names | _bound_by_statements(nodes)
