"""A study: the status of each run that was begun, and of all together."""

import posixpath
from collections.abc import Sequence

from actors.storage.run_storage import read_many
from pipeline.overview.disk import folder_bytes
from pipeline.overview.driver import Driver, driver_of
from pipeline.overview.run_status import RunStatus
from pipeline.overview.single_status import single_status
from pipeline.overview.state import ToldState
from pipeline.state.run_files import RunFiles
from sandbox.errors import UserError

CELLS = "cells"


def study_status(files: RunFiles, *, detailed: bool) -> RunStatus:
    """Two or three requests per run that was begun, many at a time."""
    places = [posixpath.join(files.root, CELLS, name) for name in files.names(CELLS)]
    runs = read_many(lambda place: single_status(place, RunFiles(place).file_sizes(), detailed=False), places)
    driver, total = driver_of(files), _planned_runs(files.root)
    told = _state(driver, runs, total)
    episodes = sum(run.episodes or 0 for run in runs)
    size = folder_bytes(files.root) if detailed else None  # runs share stages: the sum of theirs is too much
    last = max(runs, key=lambda run: run.noticed or 0.0, default=None)
    return RunStatus(
        name=posixpath.basename(files.root.rstrip("/")),
        root=files.root,
        kind="study",
        state=told.state,
        told_by=told.told_by,
        host=driver.host if driver else None,
        pid=driver.pid if driver else None,
        episodes=episodes,
        infrastructure_share=_share(runs, "infrastructure_share", episodes),
        unjudged_share=_share(runs, "unjudged_share", episodes),
        workers_lost=sum(run.workers_lost or 0 for run in runs),
        error=next((run.error for run in runs if run.state == "failed"), ""),
        notice=last.notice if last else "",
        noticed=last.noticed if last else None,
        last_change=max((run.last_change for run in runs if run.last_change), default=None),
        size_bytes=size,
        size_of=None if size is None else "all files",
        runs=tuple(runs),
        runs_total=total,
        runs_finished=sum(run.state == "finished" for run in runs),
    )


def _planned_runs(root: str) -> int | None:
    """None if study.json is not what this version reads."""
    from pipeline.study.execute import stored_study
    from pipeline.study.runs import stored_study_runs

    try:
        study = stored_study(root)
        return None if study is None else len(stored_study_runs(study))
    except UserError:
        return None


def _state(driver: Driver | None, runs: Sequence[RunStatus], total: int | None) -> ToldState:
    states = [run.state for run in runs]
    if runs and states.count("finished") == (total or len(runs)):
        return ToldState("finished", "all of its runs are")
    if driver is not None and driver.alive:
        stalled = "stalled" in states and "running" not in states
        return ToldState("stalled" if stalled else "running", f"its process {driver.pid} on this host is alive")
    for state in ("running", "stalled", "failed"):
        if state in states:
            return ToldState(state, f"run {runs[states.index(state)].name}: {runs[states.index(state)].told_by}")
    return ToldState("stopped", "none of its runs is at work")


def _share(runs: Sequence[RunStatus], name: str, episodes: int) -> float | None:
    found = sum((getattr(run, name) or 0.0) * (run.episodes or 0) for run in runs)
    return found / episodes if episodes else None
