"""The process that writes a run directory, and whether it is alive, as far as this host can tell."""

import os
import socket
from dataclasses import dataclass

from actors.storage.run_storage import DamagedError
from pipeline.state.run_files import RunFiles
from sandbox.processes import start_time

DRIVER = "driver.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Driver:
    """`alive`: None if it is on another host, which cannot be asked from here."""

    host: str
    pid: int
    alive: bool | None


def driver_of(files: RunFiles) -> Driver | None:
    """The last driver of a run directory; None if there was none, or its file is not what was written."""
    try:
        body = files.read_json(DRIVER)
        host, pid, started = str(body["host"]), int(body["pid"]), str(body["started"])
    except (DamagedError, KeyError, TypeError, ValueError):
        return None
    alive = _is_alive(pid, started) if host == socket.gethostname() else None
    return Driver(host=host, pid=pid, alive=alive)


def _is_alive(pid: int, started: str) -> bool:
    return bool(started) and (pid == os.getpid() or start_time(pid) == started)
