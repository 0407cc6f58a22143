"""status.json of a run directory: what its driver is doing, written by a thread of the driver, for readers elsewhere.

It is written when a stage begins or ends and when something is wrong, never twice within `SPACING_S`, and at least
every `HEARTBEAT_S`, so that its age says whether the driver lives: where nobody can ask its process, on another host or
behind an object store. A file that cannot be written is told once, and ends nothing.
"""

import json
import os
import socket
import sys
import threading
import time
from collections import deque
from dataclasses import asdict, dataclass, fields
from types import TracebackType
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter, ValidationError

from actors.storage.run_storage import Count, Time, open_storage, parse_json
from pipeline.errors import what_happened
from pipeline.trackers.console import say
from pipeline.trackers.live import LIVE, LiveNotice, LiveRun, LiveStage

STATUS = "status.json"
SCHEMA = "status/1"
SPACING_S, HEARTBEAT_S = (1.0, 15.0), (5.0, 60.0)
"""On a disk, in an object store."""
RATE_S = 180.0
"""The rate of a stage is that of the last so many seconds."""
JOIN_DEADLINE_S = 10.0
Rate = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Ending = Literal["finished", "failed", "interrupted"]
Kind = Literal["run", "evaluation"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedStage:
    """The stage at work: as `LiveStage`, with the rate of the last minutes in `unit` per second."""

    iteration: Count
    name: str
    number: Count | None
    began: Time
    parts: Count | None
    done: Count
    already: Count
    total: Count | None
    unit: str
    numbers: dict[str, object]
    rate_per_s: Rate | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusRecord:
    """What status.json holds. Times are Unix seconds; the other fields are those of `LiveRun`."""

    kind: Kind
    host: str
    pid: int
    written: Time
    heartbeat_s: Time
    """How old the file gets at most while its driver lives."""
    moved: Time
    stage: RecordedStage | None
    stages: Count | None
    stages_done: Count
    later_s: Time | None
    episodes: Count
    infrastructure: Count
    unjudged: Count
    size_bytes: Count
    checkpoint_bytes: Count
    workers_lost: Count
    notices: tuple[LiveNotice, ...]
    ended: Ending | None = None
    error: str = ""
    """Why it failed, on one line."""


class StatusFile:
    """Writes status.json of one run while the body of `with` lasts, and how that ended."""

    def __init__(self, root: str, kind: Kind, live: LiveRun = LIVE) -> None:
        self._storage, self._kind, self._live = open_storage(root), kind, live
        place = 0 if self._storage.is_local else 1
        self._spacing_s, self._heartbeat_s = SPACING_S[place], HEARTBEAT_S[place]
        self._counts: deque[tuple[float, int]] = deque()
        self._counted: object = None
        self._ended, self._writing = threading.Event(), threading.Lock()
        self._failed = False
        self._thread = threading.Thread(target=self._keep_writing, name="status", daemon=True)

    def __enter__(self) -> "StatusFile":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._live.changed.set()
        self._thread.join(JOIN_DEADLINE_S)
        ended, said = _ending(error)
        self._write(self.record(ended, said))

    def record(self, ended: Ending | None = None, error: str = "") -> StatusRecord:
        """What there is to say now."""
        live, now = self._live, time.time()
        return StatusRecord(
            kind=self._kind,
            host=socket.gethostname(),
            pid=os.getpid(),
            written=round(now, 3),
            heartbeat_s=self._heartbeat_s,
            moved=round(live.moved, 3),
            stage=self._stage(live.stage, now),
            stages=live.stages,
            stages_done=live.stages_done,
            later_s=live.later_s,
            episodes=live.episodes,
            infrastructure=live.infrastructure,
            unjudged=live.unjudged,
            size_bytes=live.size_bytes,
            checkpoint_bytes=live.checkpoint_bytes,
            workers_lost=live.workers_lost,
            notices=tuple(live.notices),
            ended=ended,
            error=error,
        )

    def _keep_writing(self) -> None:
        while not self._ended.is_set():
            self._live.changed.clear()
            self._write(self.record())
            if not self._ended.wait(self._spacing_s):
                self._live.changed.wait(self._heartbeat_s - self._spacing_s)

    def _write(self, record: StatusRecord) -> None:
        body = json.dumps({"schema": SCHEMA, **asdict(record)}, indent=1, default=str)
        try:
            with self._writing:  # nothing older comes after the last word
                self._storage.write(STATUS, body.encode())
        except Exception as error:  # a full disk, a store out of reach: what else is written will tell it, if it lasts
            if not self._failed:
                say(f"{self._storage.root}/{STATUS} cannot be written: {what_happened(error)}")
            self._failed = True

    def _stage(self, stage: LiveStage | None, now: float) -> RecordedStage | None:
        if stage is None:
            return None
        body = {one.name: getattr(stage, one.name) for one in fields(stage)}
        return RecordedStage(**body, rate_per_s=self._rate(stage, now))

    def _rate(self, stage: LiveStage, now: float) -> float | None:
        """Of what was counted in the last minutes; None before anything was."""
        counted = (stage.iteration, stage.name, stage.unit, stage.began)
        if counted != self._counted:
            self._counted = counted
            self._counts.clear()
        self._counts.append((now, stage.done))
        while len(self._counts) > 2 and self._counts[1][0] < now - RATE_S:
            self._counts.popleft()
        (first, before), (last, done) = self._counts[0], self._counts[-1]
        return round((done - before) / (last - first), 6) if last > first and done > before else None


def current_ending() -> Ending:
    """How what is being left just now ends, for what stands in its `finally`."""
    return _ending(sys.exc_info()[1])[0]


def _ending(error: BaseException | None) -> tuple[Ending, str]:
    if error is None:
        return "finished", ""
    if isinstance(error, KeyboardInterrupt):
        return "interrupted", ""
    return "failed", what_happened(error).split("\n", 1)[0]


_RECORD = TypeAdapter(StatusRecord)


def read_status_record(data: bytes, where: str) -> StatusRecord | None:
    """What status.json, a file at `where`, says; None if another version wrote it, or it is not what was written.

    Raises DamagedError if it is no JSON.
    """
    body = parse_json(data, where)
    if not isinstance(body, dict) or body.get("schema") != SCHEMA:
        return None
    try:
        return _RECORD.validate_json(data, strict=True)
    except ValidationError:
        return None
