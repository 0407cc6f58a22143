"""What ends a run in the middle, said in three lines: what, where, what to do. The traceback goes into a file."""

import traceback

from pipeline.errors import what_happened
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
