"""A run directory whose driver is this process."""

import json
import os
import socket
from pathlib import Path

from pipeline.state.run_files import RunFiles


def write_driver_file(root: str) -> None:
    """driver.json, as every driver writes it."""
    started = Path(f"/proc/{os.getpid()}/stat").read_text().rpartition(")")[2].split()[19]
    body = {"host": socket.gethostname(), "pid": os.getpid(), "started": started}
    RunFiles(root).write(json.dumps(body).encode(), "driver.json")
