"""What a person reads when a command fails: at most three lines, and never a traceback.

An error that was written for people (UserError) is its own text. Of any other the lines say what happened, which file
holds the traceback, and what to do; `MUCODE_DEBUG=1` prints the traceback as well.
"""

import os
import sys
import tempfile
import time
import traceback
from pathlib import Path

from pipeline.commands.extras import explain_missing_module
from pipeline.errors import root_cause, what_happened
from sandbox.errors import ENDED_IN_THE_MIDDLE, UserError

FAILURES = "failures"
"""Folder of a run directory that holds tracebacks."""
LONGEST_LINE, ENDING = 800, 200
"""Characters of a line of an error, and of the end that stays of a longer one: it says what to do."""


def report_failure(error: BaseException, directory: str | None = None) -> int:
    """Print what went wrong; returns the exit status. `directory`: the run's, which gets the traceback if it exists."""
    if os.environ.get("MUCODE_DEBUG"):
        traceback.print_exception(error)
    cause = root_cause(error)
    if isinstance(cause, ModuleNotFoundError) and not isinstance(cause, UserError):
        cause = explain_missing_module(cause) or cause
    if isinstance(cause, UserError):
        print(f"mucode: {error_text(cause)}", file=sys.stderr)
        return cause.exit_status
    file = _write_traceback(error, directory)
    print(
        f"mucode: {what_happened(cause)}\n  traceback: {file}\n"
        "  once the cause is mended, the same command continues; if mucode is at fault, report it with that file",
        file=sys.stderr,
    )
    return ENDED_IN_THE_MIDDLE


def error_text(error: UserError) -> str:
    """What a person reads of an error. A value that it quotes, as a file or a command line says it, may have any length
    and any letters: a long line loses its middle, and what would move the cursor is written as an escape."""
    return "\n".join(_cut(printable(line)) for line in str(error).split("\n"))


def printable(line: str) -> str:
    """The line with escapes for what is no letter, digit, sign or space."""
    return "".join(one if one.isprintable() or one == "\t" else repr(one)[1:-1] for one in line)


def _cut(line: str) -> str:
    return line if len(line) <= LONGEST_LINE else f"{line[: LONGEST_LINE - ENDING]} … {line[-ENDING:]}"


def _write_traceback(error: BaseException, directory: str | None) -> str:
    local = Path(directory) if directory and "://" not in directory else None
    folders = [local.resolve() / FAILURES] if local and local.is_dir() else []
    for folder in (*folders, Path(tempfile.gettempdir())):
        try:
            return str(_write(error, folder))
        except OSError:  # a full or read-only disk, which may be what failed
            continue
    return "could not be written; MUCODE_DEBUG=1 prints it"


def _write(error: BaseException, folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"mucode-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.txt"
    file.write_text("".join(traceback.format_exception(error)), errors="replace")
    return file
