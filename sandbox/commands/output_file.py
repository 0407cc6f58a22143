"""Where the results of a check go: a file that is there whole or not at all, and nothing else is ever replaced."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from sandbox.errors import ProblemError


def require_place(out: Path, *inputs: str) -> None:
    """Raise ProblemError if results could not end in `out`."""
    if out.is_dir():
        raise ProblemError(f"--out {out} is a directory; expected a file for the results")
    for path in (name.partition("@")[2] or name for name in inputs):
        if out.exists() and Path(path).exists() and out.samefile(path):
            raise ProblemError(f"--out {out} would overwrite {path}; choose another file")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        if not _is_special(out):
            tempfile.TemporaryFile(dir=out.resolve().parent).close()  # a run that finds no engine leaves nothing
    except OSError as error:
        raise ProblemError(f"--out {out} cannot be written: {error}") from None


def _is_special(path: Path) -> bool:
    """A device or a pipe, as /dev/stdout: it is written to, and never replaced by a file."""
    return path.exists() and not path.is_file()


@contextmanager
def results_in(out: Path) -> Iterator[TextIO]:
    """Where results are written: a file beside `out` that takes its place, and what it links to, when all are there."""
    if _is_special(out):
        with out.open("w", encoding="utf-8") as file:
            yield file
        return
    target = out.resolve()
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".partial", dir=target.parent, text=True)
    partial = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            yield file
        mode = target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~_umask()
        partial.chmod(mode)
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current
