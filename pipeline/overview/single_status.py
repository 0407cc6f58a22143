"""What goes on in the directory of a run or an evaluation, found out in a handful of requests."""

import posixpath
import time
from collections.abc import Collection
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from actors.storage.parts import is_record_name
from actors.storage.run_storage import DamagedError
from pipeline.overview.disk import folder_bytes
from pipeline.overview.driver import Driver, driver_of
from pipeline.overview.run_status import Kind, RunStatus
from pipeline.overview.state import ToldState, run_state
from pipeline.overview.without_record import find_stages, stage_directory
from pipeline.state.run_files import EVALUATION, RunFiles
from pipeline.trackers.status_file import STATUS, StatusRecord, read_status_record

LATEST = 1e11
"""Unix seconds, some thousand years from now: no calendar shows what a rate near 0 makes of it."""


def single_status(root: str, there: Collection[str], *, detailed: bool) -> RunStatus:
    """Of a run or an evaluation whose directory holds the files `there`. `detailed`: parts and disk, too."""
    try:
        return _run_status(RunFiles(root), there, detailed)
    except DamagedError as error:
        return unreadable(root, "run", str(error))


def unreadable(root: str, kind: Kind, told_by: str) -> RunStatus:
    name = posixpath.basename(root.rstrip("/"))
    return RunStatus(name=name, root=root, kind=kind, state="unreadable", told_by=" ".join(told_by.split()))


def _run_status(files: RunFiles, there: Collection[str], detailed: bool) -> RunStatus:
    now = time.time()
    record = _record(files) if STATUS in there else None
    driver = driver_of(files)
    if record is None:
        found = _without_record(files, driver, now)
    else:
        found = _of_record(record, run_state(record, driver, now))
    named = driver or record
    status = RunStatus(
        name=posixpath.basename(files.root.rstrip("/")),
        root=files.root,
        kind="evaluation" if EVALUATION in there else "run",
        host=named.host if named else None,
        pid=named.pid if named else None,
        **found,
    )
    return _with_details(files, status) if detailed else status


def _record(files: RunFiles) -> StatusRecord | None:
    try:
        return read_status_record(files.read(STATUS), posixpath.join(files.root, STATUS))
    except FileNotFoundError:  # it went since it was listed
        return None


def _of_record(record: StatusRecord, told: ToldState) -> dict[str, Any]:
    stage, notice = record.stage, record.notices[-1] if record.notices else None
    episodes, infrastructure, unjudged = record.episodes, record.infrastructure, record.unjudged
    found: dict[str, Any] = {"stages": record.stages, "stages_done": record.stages_done}
    if stage is not None:
        found |= {name: getattr(stage, name) for name in ("iteration", "parts", "done", "total", "unit")}
        found |= {"stage": stage.name, "stage_number": stage.number, "stage_began": stage.began}
        if stage.unit == "episodes":
            episodes += stage.done - stage.already
            infrastructure += _number(stage.numbers.get("infrastructure"))
            unjudged += _number(stage.numbers.get("unjudged"))
        if told.state in ("running", "stalled"):
            found |= {"rate_per_s": stage.rate_per_s} | _ends(record)
    return found | {
        "state": told.state,
        "told_by": told.told_by,
        "episodes": episodes,
        "infrastructure_share": infrastructure / episodes if episodes else None,
        "unjudged_share": unjudged / episodes if episodes else None,
        "workers_lost": record.workers_lost,
        "error": record.error,
        "notice": notice.text if notice else "",
        "noticed": notice.time if notice else None,
        "last_change": record.moved,
        "size_bytes": record.size_bytes,
        "size_of": "finished stages",
        "checkpoint_bytes": record.checkpoint_bytes,
    }


def _ends(record: StatusRecord) -> dict[str, float]:
    stage = record.stage
    if stage is None or stage.total is None or not stage.rate_per_s:
        return {}
    ends = record.written + (stage.total - stage.done) / stage.rate_per_s
    if not 0 <= ends + (record.later_s or 0.0) < LATEST:
        return {}
    return {"stage_ends": ends} | ({} if record.later_s is None else {"run_ends": ends + record.later_s})


def _without_record(files: RunFiles, driver: Driver | None, now: float) -> dict[str, Any]:
    stages = find_stages(files)
    found: dict[str, Any] = {"stages_done": stages.done, "last_change": _changed(files)}
    if stages.begun is not None:
        found |= dict(zip(("iteration", "stage"), stages.begun, strict=True))
    told = run_state(None, driver, now)
    if stages.finished and not (driver and driver.alive):
        told = ToldState("finished", "its last iteration has its metrics")
    return found | {"state": told.state, "told_by": told.told_by}


def _with_details(files: RunFiles, status: RunStatus) -> RunStatus:
    """With the parts that are committed, and with the bytes on a disk of this machine."""
    if status.stage is not None and status.iteration is not None:
        directory = stage_directory(files, status.iteration, status.stage)
        parts = sum(map(is_record_name, RunFiles(directory).file_sizes()))
        status = replace(status, parts_done=parts if parts or status.parts is not None else None)
    size = folder_bytes(files.root)
    return status if size is None else replace(status, size_bytes=size, size_of="all files")


def _changed(files: RunFiles) -> float | None:
    """When a file of the run's own was last written; object stores are not asked."""
    if not files.is_local:
        return None
    times = []
    for path in (Path(files.root), *Path(files.root).glob("iter_*"), *Path(files.root).glob("iter_*/*")):
        with suppress(OSError):
            times.append(path.stat().st_mtime)
    return max(times, default=None)


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0
