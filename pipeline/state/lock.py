"""Which driver writes a run directory, and whether it is alive."""

import json
import os
import socket
from pathlib import Path

from pipeline.errors import StoreError
from pipeline.state.store import Store


def require_no_driver(store: Store) -> None:
    """Raise StoreError if another driver on this machine is alive on this directory."""
    if store.exists("driver.json"):
        driver = store.read_json("driver.json")
        if driver["host"] == socket.gethostname() and _alive(driver["pid"], driver["started"]):
            raise StoreError(
                f"{store.root} is being written by process {driver['pid']} on this machine; wait or stop it"
            )


def write_lock(store: Store) -> None:
    """Say that this process writes the directory."""
    me = {"host": socket.gethostname(), "pid": os.getpid(), "started": start_time(os.getpid())}
    store.write(json.dumps(me).encode(), "driver.json")


def start_time(pid: int) -> str:
    """When a process started, in clock ticks since boot; "" if it is gone or /proc is absent."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except (FileNotFoundError, ProcessLookupError, IndexError):
        return ""


def _alive(pid: int, started: str) -> bool:
    return bool(started) and start_time(pid) == started and pid != os.getpid()
