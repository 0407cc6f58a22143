"""Which surroundings of a process tests use, and why no box runs some of them. Found in their text."""

import ast
import base64
import re
from collections.abc import Collection, Iterable
from typing import Any

from sandbox.guest.surroundings import ENVIRONMENT, FILES, FOLDER, MOST_BYTES, MOST_FILES, MOST_LEVELS, SEED
from sandbox.judging import executing

MOST_VARIABLES, MOST_CHARACTERS = 100, 10_000
WORD = re.compile(r"[^\W\d]\w*")
WORDS = {
    FILES: "open os Path pathlib tempfile shutil glob sqlite3 zipfile tarfile gzip bz2 lzma fileinput io logging csv"
    " loadtxt savetxt genfromtxt fromfile tofile savez read_csv to_csv read_json read_excel imread savefig tmp_path"
    " exists is_file is_dir iterdir read_text read_bytes",
    ENVIRONMENT: "environ getenv putenv unsetenv",
    FOLDER: "chdir",
    SEED: "seed",
}
SEARCHED = re.compile(r"\bsys\.path\b")
_UNCARRIED = "symlink symlink_to hardlink_to mkfifo mknod chmod lchmod chown utime getmtime getctime getatime st_mtime"
UNCARRIED = frozenset([*_UNCARRIED.split(), "st_mode"])
SUSPICIOUS = executing.WORDS | UNCARRIED


def surroundings_of(sources: Iterable[str]) -> frozenset[str]:
    """What must be carried between the tests' process and the program's."""
    words = {word for source in sources for word in WORD.findall(source)}
    return frozenset(kind for kind, names in WORDS.items() if not words.isdisjoint(names.split()))


def hazard(sources: Collection[str], preamble: str) -> str | None:
    """Why no judge box may run tests: they may execute what the program gave or wrote, and that code would run where
    they are; or they are about what is not carried. The sources share their names, with the preamble's."""
    every = {word for source in (preamble, *sources) for word in WORD.findall(source)}
    if every.isdisjoint(SUSPICIOUS):
        return None
    trees = [tree for source in sources if (tree := _tree(source))]
    known = executing.imported_names([_tree(preamble) or ast.Module([], []), *trees])
    if name := next((name for tree in trees if (name := executing.executing_name(tree, known))), None):
        return f"the tests may execute what the program gives them, by {name}"
    words = {word for source in sources for word in WORD.findall(source)}
    searched = any(map(SEARCHED.search, sources))
    name = "sys.path" if searched else min(words & UNCARRIED, default=None)
    return name and f"the tests use {name}, which is not carried between their process and the program's"


def _tree(source: str) -> ast.Module | None:
    """None for what does not run either."""
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


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
