"""Published problems that no box can judge, found in the text of their reference and tests: right programs would fail.

What the reference calls is what programs for the problem call: another program, a network, a queue between processes.
The libraries that it needs without importing them are named here, too.
"""

import ast
import re

ABSENT = {
    "another program, and a box has none": "subprocess popen",
    "processes that share memory": "multiprocessing ProcessPoolExecutor",
    "a network": "socket urlopen urlretrieve SMTP FTP HTTPConnection HTTPSConnection",
    "times of files, which are not carried between the tests' process and the program's": "st_ctime st_mtime st_atime"
    " getctime getmtime getatime",
}
"""Why a problem cannot be judged whose reference or tests name one of these."""
ADDRESS = re.compile(r"(https?|ftp)://\w")
HIDDEN = {"openpyxl": "read_excel to_excel ExcelWriter ExcelFile"}
"""Libraries that pandas imports when one of these is called."""


def unfit_reason(reference: str, test: str) -> str | None:
    """Why no program for the problem can be judged, None if nothing speaks against it."""
    tree, tests = ast.parse(reference), ast.parse(test)
    names = _names(tree) | _names(tests)
    for what, absent in ABSENT.items():
        if found := sorted(names & {*absent.split()}):
            return f"it needs {what} ({found[0]})"
    if any(isinstance(node, ast.Constant) and ADDRESS.match(str(node.value)) for node in _code(tree)):
        return "it needs a network (an address)"
    both = {name: path for name, path in _imports(tree).items() if _imports(tests).get(name, path) != path}
    if both:
        name, path = next(iter(both.items()))
        return f"its reference lives on the tests' import of another {name} than its own ({path})"
    return None


def hidden_libraries(reference: str, test: str) -> set[str]:
    """Those that nobody imports by name."""
    names = _names(ast.parse(reference)) | _names(ast.parse(test))
    return {library for library, words in HIDDEN.items() if not names.isdisjoint(words.split())}


def _code(tree: ast.Module) -> list[ast.AST]:
    """All nodes but texts that stand alone, as docstrings do."""
    alone = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    return [node for node in ast.walk(tree) if not (isinstance(node, ast.Constant) and id(node) in alone)]


def _names(tree: ast.Module) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name | ast.Attribute):
            found.add(node.id if isinstance(node, ast.Name) else node.attr)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            found |= {part for alias in node.names for part in alias.name.split(".")}
            found |= {*(node.module or "").split(".")} if isinstance(node, ast.ImportFrom) else set()
    return found


def _imports(tree: ast.Module) -> dict[str, str]:
    """What the names that a module imports stand for, by dotted paths."""
    found: dict[str, str] = {}
    for node in tree.body:
        if isinstance(node, ast.Import):
            found |= {(alias.asname or alias.name).split(".")[0]: _path(alias) for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
    return found


def _path(alias: ast.alias) -> str:
    return alias.name if alias.asname else alias.name.split(".")[0]
