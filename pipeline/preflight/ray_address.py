"""Whether a Ray answers at RAY_ADDRESS. Asked over a plain connection and within seconds: Ray's own client would wait
for minutes, and say nothing that helps."""

import contextlib
import os
import queue
import re
import socket
import tempfile
import threading
import time
from pathlib import Path

from pipeline.placement.nodes import ResourceError

REACH_DEADLINE_S = 10.0
"""For a name to be looked up, a connection and a greeting."""
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\x00\x00\x00\x04\x00\x00\x00\x00\x00"
"""How a client of HTTP/2, which Ray's calls are, begins: the preface and an empty frame of settings (RFC 9113)."""
FRAME_HEADER, SETTINGS = 9, 4
"""Bytes of a frame's header, and the kind of the first frame of a server, in its fourth byte."""
ADDRESS = re.compile(r"(?:ray://)?(?P<host>\[[0-9a-fA-F:]+\]|[^:/\s]+):(?P<port>[0-9]{1,5})")
ADVICE = "`ray start --head` prints the right one on the cluster's first node; unset it to use this machine alone"


def check_ray_address(address: str, deadline_s: float = REACH_DEADLINE_S) -> None:
    """Raises ResourceError if `address` is none of a cluster, or nobody who speaks as Ray does answers in time."""
    said = f"RAY_ADDRESS = {address!r}"
    if address == "auto":
        started = _started_here()
        if started is None:  # Ray looks for its processes
            return
        said, address = f"{said}, which is {started}", started
    if address == "local":
        raise ResourceError(f"{said}: unset it; a run starts Ray on this machine by itself")
    if address.startswith(("http://", "https://")):
        host = address.partition("://")[2].partition("/")[0].rpartition(":")[0] or "HOST"
        raise ResourceError(
            f"{said} is the address of a dashboard, which only `ray job submit` takes; a run takes HOST:PORT of the "
            f"cluster itself, as in RAY_ADDRESS={host}:6379. {ADVICE}"
        )
    found = ADDRESS.fullmatch(address)
    if found is None or not 0 < int(found["port"]) < 1 << 16:
        raise ResourceError(f"{said}: expected HOST:PORT, as in 10.0.0.1:6379. {ADVICE}")
    if reason := _reason_for_silence(found["host"].strip("[]"), int(found["port"]), deadline_s):
        raise ResourceError(f"{said}: no Ray answers there ({reason}). {ADVICE}")


def _started_here() -> str | None:
    """The address that `ray start` left on this machine."""
    folder = Path(os.environ.get("RAY_TMPDIR") or tempfile.gettempdir())
    with contextlib.suppress(OSError):
        return (folder / "ray" / "ray_current_cluster").read_text().strip() or None
    return None


def _reason_for_silence(host: str, port: int, deadline_s: float) -> str:
    """Why nobody is there; "" if a Ray may be. In a thread, since looking up a name knows no deadline."""
    answers: queue.SimpleQueue[str] = queue.SimpleQueue()
    threading.Thread(target=lambda: answers.put(_greeting(host, port, deadline_s)), daemon=True).start()
    try:
        return answers.get(timeout=deadline_s)
    except queue.Empty:
        return f"no reply in {deadline_s:g} s"


def _greeting(host: str, port: int, deadline_s: float) -> str:
    until = time.monotonic() + deadline_s
    try:
        with socket.create_connection((host, port), timeout=deadline_s) as connection:
            if os.environ.get("RAY_USE_TLS", "0") not in ("", "0"):
                return ""
            connection.sendall(PREFACE)
            received = b""
            while len(received) < FRAME_HEADER:
                connection.settimeout(max(0.01, until - time.monotonic()))
                piece = connection.recv(FRAME_HEADER - len(received))
                if not piece:
                    break
                received += piece
    except TimeoutError:
        return f"no reply in {deadline_s:g} s"
    except socket.gaierror:
        return f"the name {host} is not known"
    except OSError as error:
        return (error.strerror or str(error)).lower()
    return "" if len(received) == FRAME_HEADER and received[3] == SETTINGS else "what listens on that port is no Ray"
