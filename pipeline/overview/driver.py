"""The process that writes a run directory, and whether it is alive, as far as this host can tell."""

import os
import socket
from dataclasses import dataclass

from pipeline.state.lease.driver_file import read_driver
from pipeline.state.lease.files import LeaseFiles
from pipeline.state.lease.record import LeaseRecord
from pipeline.state.run_files import RunFiles
from sandbox.processes import start_time


@dataclass(frozen=True, slots=True, kw_only=True)
class Driver:
    """`alive`: None if it is on another host, which cannot be asked from here."""

    host: str
    pid: int
    alive: bool | None


def driver_of(files: RunFiles) -> Driver | None:
    """The last driver of a run directory: by its lease, else by driver.json, as versions before the lease have it.

    None if there was none, or if its file is not what was written. Takes nothing and waits for nobody.
    """
    found = LeaseFiles(files).newest()
    if found is not None and found.record is not None:
        return _holder(found.record)
    there = read_driver(files)
    if there is None:
        return None
    alive = _is_alive(there.pid, there.started) if there.host == socket.gethostname() else None
    return Driver(host=there.host, pid=there.pid, alive=alive)


def _holder(lease: LeaseRecord) -> Driver:
    ended = lease.released or lease.process.has_ended()
    return Driver(host=lease.process.host, pid=lease.process.pid, alive=None if ended is None else not ended)


def _is_alive(pid: int, started: str) -> bool:
    return bool(started) and (pid == os.getpid() or start_time(pid) == started)
