"""Calls by which tests would execute what a program gave or wrote: such code would run where the verdict is made.

Found in the tests' text, under whatever name they have imported it. What the tests really hand over is not asked.
"""

import ast
from collections.abc import Iterable, Iterator

_EXECUTING = (
    "eval exec compile __import__ execfile load_module run_path run_module import_module reload system popen Popen"
    " spec_from_file_location exec_module SourceFileLoader SourcelessFileLoader ExtensionFileLoader"
)
EXECUTING = frozenset(_EXECUTING.split())
BUILT_IN = frozenset({"eval", "exec", "compile", "__import__"})
"""Executing whoever is given them: `map(eval, answers)`."""
LITERAL = ("eval", "exec", "compile", "__import__", "importlib.import_module")
"""Those that execute no more than what is written there, if their argument is."""
UNPICKLING = ("pickle", "_pickle", "cPickle", "dill", "cloudpickle", "joblib", "marshal", "shelve", "torch")
LOADERS = ("load", "loads", "Unpickler", "open")
MODULES = ("subprocess", "ctypes", "runpy", "imp", "multiprocessing")
"""All that they are called for executes something."""
FILES_OF_TESTS = ("fileConfig", "testfile", "run_docstring_examples")
IMPORTING = ("sys.path.append", "sys.path.insert", "sys.path.extend")
WORDS = EXECUTING.union(
    *(UNPICKLING, MODULES, FILES_OF_TESTS),
    ("allow_pickle", "read_pickle", "unsafe_load", "yaml", "sys", "discover", "numpy"),
)
"""One of them is in every text in which there is anything to find."""


def executing_name(tree: ast.Module, known: dict[str, str]) -> str | None:
    """What executes its argument, as it is written, if that argument is not. `known`: what names stand for."""
    bound = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    for call in calls:
        path = _path(call.func, known)
        given = [*call.args, *(keyword.value for keyword in call.keywords)]
        literal = path in LITERAL and all(isinstance(one, ast.Constant) for one in given)
        if _executes(path, call) and not literal:
            return ast.unparse(call.func)
    called = {id(call.func) for call in calls}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Load) and id(node) not in called:
            path = _path(node, known)
            if (path.removeprefix("builtins.") in BUILT_IN and path not in bound) or _unpickles(path):
                return ast.unparse(node)
    return None


def imported_names(trees: Iterable[ast.Module]) -> dict[str, str]:
    """What names stand for that are imported under another one, or out of a module."""
    return dict(pair for tree in trees for node in ast.walk(tree) for pair in _imported(node))


def _imported(node: ast.AST) -> Iterator[tuple[str, str]]:
    if isinstance(node, ast.Import):
        yield from ((alias.asname, alias.name) for alias in node.names if alias.asname)
    elif isinstance(node, ast.ImportFrom) and not node.level:
        for alias in node.names:
            names = LOADERS if alias.name == "*" and node.module in UNPICKLING else (alias.name,)
            yield from ((alias.asname or name, f"{node.module}.{name}") for name in names)


def _path(node: ast.expr, known: dict[str, str]) -> str:
    """`pk.loads` as `pickle.loads`."""
    first, dot, rest = ast.unparse(node).partition(".")
    return known.get(first, first) + dot + rest


def _unpickles(path: str) -> bool:
    return path.partition(".")[0] in UNPICKLING and path.rpartition(".")[2] in LOADERS


def _executes(path: str, call: ast.Call) -> bool:
    first, last = path.partition(".")[0], path.rpartition(".")[2]
    if path == first:
        return path in EXECUTING
    if first in UNPICKLING:
        return last in LOADERS
    if first in MODULES or path in IMPORTING or last in FILES_OF_TESTS or (last == "discover" and "oader" in path):
        return True
    if first in ("np", "numpy") and last == "load":
        return len(call.args) > 2 or any(keyword.arg == "allow_pickle" for keyword in call.keywords)
    if last in ("read_pickle", "unsafe_load") or (first == "yaml" and last == "load"):
        return True
    if first == "builtins":
        return last in BUILT_IN
    return last in EXECUTING - BUILT_IN and first in ("os", "importlib")
