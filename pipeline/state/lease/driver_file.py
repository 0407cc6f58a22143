"""driver.json: the process that began to drive last, as versions before the lease wrote it, and still look for it."""

import json
import socket
from typing import Any

from actors.storage.run_storage import DamagedError
from pipeline.state.lease.record import DriverProcess
from pipeline.state.run_files import RunFiles
from sandbox.processes import start_time

DRIVER = "driver.json"


def write_driver(files: RunFiles, process: DriverProcess) -> None:
    body = {"host": process.host, "pid": process.pid, "started": process.started}
    files.write(json.dumps(body).encode(), DRIVER)


def older_driver(files: RunFiles, holder: DriverProcess | None) -> int | None:
    """Process id of a live driver of this host that knows no lease; None if there is none. `holder`: of the newest
    lease, who writes driver.json, too. What is not a driver's file says nothing."""
    try:
        body: Any = files.read_json(DRIVER)
    except DamagedError:
        return None
    if not (isinstance(body, dict) and isinstance(body.get("pid"), int) and body.get("host") == socket.gethostname()):
        return None
    if holder is not None and (holder.pid, holder.started) == (body["pid"], body.get("started")):
        return None
    return body["pid"] if body.get("started") and start_time(body["pid"]) == body["started"] else None
