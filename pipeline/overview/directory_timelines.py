"""The timelines of a directory, whatever lies there: a run, an evaluation, or a study with all its runs."""

import posixpath

from actors.storage.run_storage import read_many
from pipeline.errors import StoreError
from pipeline.overview.directory_status import STUDY
from pipeline.overview.timeline import DriverWork, run_timeline
from pipeline.state.run_files import CONFIG, RunFiles
from pipeline.state.shown_files import SPANS, stored_spans
from pipeline.trackers.status_file import STATUS, StatusRecord, read_status_record

CELLS = "cells"


def directory_timelines(root: str) -> dict[str, list[DriverWork]]:
    """Of each run at a path or address, by its name; runs of a study that were not begun are left out. Two requests for
    each run, many at a time.

    Raises StoreError if there is no run, or if none wrote its times down; DamagedError.
    """
    files = RunFiles(root.rstrip("/"))
    there = files.names()
    if STUDY in there:
        roots = [posixpath.join(files.root, CELLS, name) for name in files.names(CELLS)]
    elif CONFIG in there:
        roots = [files.root]
    else:
        raise StoreError(f"{root} is no run: it holds neither {CONFIG} nor {STUDY}. Runs are folders under run.root")
    found = dict(zip(map(posixpath.basename, roots), read_many(_timeline, roots), strict=True))
    begun = {name: drivers for name, drivers in found.items() if drivers}
    if not begun:
        raise StoreError(
            f"{root} holds no {SPANS}, of which a trace is made: the tracker 'jsonl' writes it, so have that in "
            "run.trackers while the run works"
        )
    return begun


def _timeline(root: str) -> list[DriverWork]:
    files = RunFiles(root)
    return run_timeline(stored_spans(files), _status(files))


def _status(files: RunFiles) -> StatusRecord | None:
    try:
        return read_status_record(files.read(STATUS), posixpath.join(files.root, STATUS))
    except FileNotFoundError:  # an earlier version's run
        return None
