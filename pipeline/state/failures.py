"""What ends a run in the middle, said in three lines: what, where, what to do. The traceback goes into a file."""

import traceback

from pipeline.state.run_files import RunFiles
from sandbox.errors import ENDED_IN_THE_MIDDLE, UserError

FAILURES = "failures"
"""Folder of a run directory that holds the tracebacks."""


class StageFailed(UserError, RuntimeError):
    """A stage ended by an error. What was committed is kept, and the same command continues from there."""

    exit_status = ENDED_IN_THE_MIDDLE


def stage_failure(error: Exception, stage: str, iteration: int, files: RunFiles) -> StageFailed:
    """`error` of a stage as a StageFailed of three lines, its traceback written to failures/ of the run directory."""
    name = f"iter_{iteration:04d}-{stage}.txt"
    files.write("".join(traceback.format_exception(error)).encode(errors="replace"), FAILURES, name)
    return StageFailed(
        f"iteration {iteration} · {stage} failed: {what_happened(error)}\n"
        f"  traceback: {files.root}/{FAILURES}/{name}\n"
        f"  what was committed is kept; once the cause is mended, `mucode resume {files.root}` continues"
    )


def what_happened(error: BaseException) -> str:
    """An error in one line. Ray wraps what a task raised and shows a traceback for its text, so the cause counts."""
    cause = getattr(error, "cause", None)
    while isinstance(cause, BaseException) and cause is not error:
        error, cause = cause, getattr(cause, "cause", None)
    text = " ".join(str(error).split()) if not isinstance(error, UserError) else str(error).strip()
    if isinstance(error, UserError):
        return text
    first = text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}…"
    return f"{type(error).__name__}: {first}" if first else type(error).__name__


SHOWN_CHARACTERS = 300
"""Of the text of an error that was not written for people."""
