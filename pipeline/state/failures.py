"""What ends a run in the middle, said in three lines: what, where, what to do. The traceback goes into a file."""

import tempfile
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pipeline.errors import what_happened
from pipeline.state.run_directory import EVALUATION
from pipeline.state.run_files import RunFiles
from sandbox.errors import ENDED_IN_THE_MIDDLE, UserError

FAILURES = "failures"
"""Folder of a run directory that holds the tracebacks."""


class StageFailed(UserError, RuntimeError):
    """A stage ended by an error. What was committed is kept, and the same command continues from there."""

    exit_status = ENDED_IN_THE_MIDDLE


def stage_failure(error: Exception, stage: str, iteration: int, files: RunFiles) -> StageFailed:
    """`error` of a stage as a StageFailed of three lines, its traceback written to failures/ of the run directory."""
    said = " ".join(what_happened(error).split())
    return StageFailed(
        f"iteration {iteration} · {stage} failed: {said}\n"
        f"  traceback: {keep_traceback(error, f'iter_{iteration:04d}-{stage}.txt', files)}\n"
        f"  what was committed is kept; once the cause is mended, {_what_continues(files)} continues"
    )


def _what_continues(files: RunFiles) -> str:
    with suppress(Exception):  # a store out of reach
        if files.exists(EVALUATION):
            return "the same `mucode eval` again"
    return f"`mucode resume {files.root}`"


def keep_traceback(error: Exception, name: str, files: RunFiles) -> str:
    """The file that it was written to: on this machine if the run directory takes none, which may be what failed."""
    text = "".join(traceback.format_exception(error)).encode(errors="replace")
    with suppress(Exception):  # a full disk, an object store out of reach
        files.write(text, FAILURES, name)
        return f"{files.root}/{FAILURES}/{name}"
    with suppress(OSError):
        folder = Path(tempfile.mkdtemp(prefix="mucode-"))
        (folder / name).write_bytes(text)
        return str(folder / name)
    return "could not be written; MUCODE_DEBUG=1 prints it"


@contextmanager
def ended_in_the_middle(worked: Callable[[], bool]) -> Iterator[None]:
    """If an error of the body says that nothing was done, though something was by then, its exit status says so."""
    try:
        yield
    except UserError as error:
        if worked():
            error.exit_status = ENDED_IN_THE_MIDDLE
        raise
