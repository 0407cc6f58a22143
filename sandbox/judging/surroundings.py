"""Which surroundings of a process tests use, and calls by which an answer would be executed. Found in their text."""

import ast
import base64
import re
from collections.abc import Collection, Iterable
from typing import Any

from sandbox.guest.surroundings import ENVIRONMENT, FILES, FOLDER, MOST_BYTES, MOST_FILES, MOST_LEVELS, SEED

MOST_VARIABLES, MOST_CHARACTERS = 100, 10_000
WORD = re.compile(r"[^\W\d]\w*")
WORDS = {
    FILES: "open os Path pathlib tempfile shutil glob sqlite3 zipfile tarfile gzip bz2 lzma fileinput io logging csv"
    " loadtxt savetxt genfromtxt fromfile tofile savez read_csv to_csv read_json read_excel imread savefig tmp_path",
    ENVIRONMENT: "environ getenv putenv unsetenv",
    FOLDER: "chdir",
    SEED: "seed",
}
_EXECUTING = (
    "eval exec compile __import__ execfile load_module run_path run_module import_module reload system popen Popen"
    " spec_from_file_location exec_module"
)
LITERAL = ("eval", "exec", "compile", "__import__", "importlib.import_module")
"""Those that execute no more than what is written there, if their argument is."""
EXECUTING = frozenset(_EXECUTING.split())
UNPICKLING = ("pickle", "_pickle", "cPickle", "dill", "cloudpickle", "joblib", "marshal", "shelve", "torch")
FURTHER = ("allow_pickle", "read_pickle", "unsafe_load", "yaml", "sys", "fileConfig", "testfile")
MODULES = ("subprocess", "ctypes", "runpy", "imp", "multiprocessing")
"""All that they are called for executes something."""
SEARCHED = re.compile(r"\bsys\.path\b")
IMPORTING = ("sys.path.append", "sys.path.insert", "sys.path.extend")
_UNCARRIED = "symlink symlink_to hardlink_to mkfifo mknod chmod lchmod chown utime getmtime getctime getatime st_mtime"
UNCARRIED = frozenset([*_UNCARRIED.split(), "st_mode"])
SUSPICIOUS = EXECUTING.union(UNPICKLING, MODULES, FURTHER, UNCARRIED)


def surroundings_of(sources: Iterable[str]) -> frozenset[str]:
    """What must be carried between the tests' process and the program's."""
    words = {word for source in sources for word in WORD.findall(source)}
    return frozenset(kind for kind, names in WORDS.items() if not words.isdisjoint(names.split()))


def hazard(source: str) -> str | None:
    """Why no judge box may run a test: it may execute what the program gave or wrote, and that code would run where the
    tests are; or it is about what is not carried."""
    words = set(WORD.findall(source))
    if words.isdisjoint(SUSPICIOUS):
        return None
    try:
        call = _executing(ast.parse(source))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None  # it does not run either
    if call is not None:
        return f"the tests may execute what the program gives them, by {call}"
    name = "sys.path" if SEARCHED.search(source) else min(words & UNCARRIED, default=None)
    return name and f"the tests use {name}, which is not carried between their process and the program's"


def _executing(tree: ast.Module) -> str | None:
    """A call that executes its argument, if that is not written in the test."""
    aliases = {
        alias.asname or alias.name: f"{node.module}.{alias.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and not node.level
        for alias in node.names
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            written = ast.unparse(node.func)
            name = aliases.get(written, written)
            given = [*node.args, *(keyword.value for keyword in node.keywords)]
            literal = name in LITERAL and all(isinstance(one, ast.Constant) for one in given)
            if _executes(name, node) and not literal:
                return written
    return None


def _executes(name: str, call: ast.Call) -> bool:
    first, last = name.partition(".")[0], name.rpartition(".")[2]
    if name == first:
        return name in EXECUTING
    if first in UNPICKLING:
        return last in ("load", "loads", "Unpickler", "open")
    if first in MODULES or name in IMPORTING or last in ("fileConfig", "testfile"):
        return True
    if first in ("np", "numpy") and last == "load":
        return any(keyword.arg == "allow_pickle" for keyword in call.keywords)
    if last in ("read_pickle", "unsafe_load") or (first == "yaml" and last == "load"):
        return True
    return last in EXECUTING - {"compile", "eval"} and first in ("os", "importlib", "builtins")


def plain_surroundings(found: Any, kinds: Collection[str]) -> dict[str, Any]:
    """What a program's answer says of files and environment, if the tests use them. Raises ValueError for what is
    neither files below the shared folder nor short texts."""
    try:
        taken = _taken(found, kinds) if found is not None else {}
    except (AttributeError, TypeError, KeyError) as error:
        raise ValueError(str(error)) from None
    return {"around": taken} if taken else {}


def _taken(found: Any, kinds: Collection[str]) -> dict[str, Any]:
    taken: dict[str, Any] = {}
    if FILES in kinds and (files := found.get(FILES)):
        put, gone = files.get("put", {}), files.get("gone", [])
        data = {path: None if text is None else base64.b64decode(text, validate=True) for path, text in put.items()}
        size = sum(len(content or b"") for content in data.values())
        if size > MOST_BYTES or max(len(put), len(gone)) > MOST_FILES or not all(map(_is_below, (*put, *gone))):
            raise ValueError("not files of the shared folder")
        taken[FILES] = {"put": put, "gone": list(gone)}
    if ENVIRONMENT in kinds and (changed := found.get(ENVIRONMENT)):
        if len(changed) > MOST_VARIABLES or not all(map(_is_variable, changed, changed.values())):
            raise ValueError("not an environment")
        taken[ENVIRONMENT] = changed
    return taken


def _is_below(path: Any) -> bool:
    """Whether it is a path of short names that leads down from a folder."""
    parts = path.split("/") if isinstance(path, str) and "\0" not in path else [""]
    return len(parts) <= MOST_LEVELS + 2 and all(0 < len(part) <= 255 and part not in (".", "..") for part in parts)


def _is_variable(name: str, value: Any) -> bool:
    texts = (name, name if value is None else value)
    plain = all(isinstance(text, str) and "\0" not in text and len(text) <= MOST_CHARACTERS for text in texts)
    return plain and bool(name) and "=" not in name
