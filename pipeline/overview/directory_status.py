"""The status of a directory, whatever lies there."""

from pipeline.overview.run_status import RunStatus
from pipeline.overview.single_status import single_status, unreadable
from pipeline.state.run_files import CONFIG, RunFiles

STUDY = "study.json"


def directory_status(root: str, *, detailed: bool = True) -> RunStatus:
    """Of the run, evaluation or study at a path or address. `detailed`: parts and disk, too.

    Raises StorageError if the store is out of reach.
    """
    files = RunFiles(root)
    try:
        there = files.file_sizes()
    except NotADirectoryError:
        return unreadable(root, "unknown", "a file, and no run")
    except OSError as error:  # no folder, or one that one may not look into
        return unreadable(root, "unknown", str(error))
    if STUDY in there:
        from pipeline.overview.study_status import study_status  # imports much

        return study_status(files, detailed=detailed)
    if CONFIG not in there:
        return unreadable(root, "unknown", f"no run: it holds neither {CONFIG} nor {STUDY}")
    return single_status(root, there, detailed=detailed)
