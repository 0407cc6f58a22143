"""driver.json: the process that began to drive last, as versions before the lease wrote it, and still look for it."""

import json
import socket
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field, TypeAdapter, ValidationError

from pipeline.state.lease.record import DriverProcess
from pipeline.state.run_files import RunFiles
from sandbox.processes import start_time

DRIVER = "driver.json"


@dataclass(frozen=True, slots=True)
class NotedDriver:
    """What driver.json says. `started`: clock ticks since boot; "": the system does not say."""

    host: str
    pid: Annotated[int, Field(gt=0, lt=1 << 31)]
    started: str


_DRIVER = TypeAdapter(NotedDriver)


def write_driver(files: RunFiles, process: DriverProcess) -> None:
    body = {"host": process.host, "pid": process.pid, "started": process.started}
    files.write(json.dumps(body).encode(), DRIVER)


def read_driver(files: RunFiles) -> NotedDriver | None:
    """None if there is none, or if the file is not what was written."""
    try:
        return _DRIVER.validate_json(files.read(DRIVER), strict=True)
    except (FileNotFoundError, ValidationError):
        return None


def older_driver(files: RunFiles, holder: DriverProcess | None) -> int | None:
    """Process id of a live driver of this host that knows no lease; None if there is none. `holder`: of the newest
    lease, who writes driver.json, too. What is not a driver's file says nothing."""
    there = read_driver(files)
    if there is None or there.host != socket.gethostname():
        return None
    if holder is not None and (holder.pid, holder.started) == (there.pid, there.started):
        return None
    return there.pid if there.started and start_time(there.pid) == there.started else None
