"""Breaking what surrounds a command for real: ports, users, mounts, limits. What the machine forbids skips the test."""

import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
OWN_MOUNTS = ("unshare", "-m")


def free_port() -> int:
    """A port of this machine at which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def listening(answer: bytes | None) -> Iterator[int]:
    """A port that takes connections and answers each with these bytes; None: with nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        kept: list[socket.socket] = []
        threading.Thread(target=_serve, args=(server, answer, kept), daemon=True).start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
        for connection in kept:
            connection.close()


def _serve(server: socket.socket, answer: bytes | None, kept: list[socket.socket]) -> None:
    try:
        while True:
            connection = server.accept()[0]
            kept.append(connection)
            if answer is not None:
                connection.recv(100)
                connection.sendall(answer)
    except OSError:
        return


def mucode(
    *words: str, behind: tuple[str, ...] = (), shell: str = "", **environment: str
) -> subprocess.CompletedProcess[str]:
    """`mucode WORDS` as a process, behind another program and after commands of a shell; skips where those may not."""
    prefix = [*behind, *(["sh", "-c", f'{shell} && exec "$@"', "sh"] if shell else [])]
    if behind and shutil.which(behind[0]) is None:
        pytest.skip(f"{behind[0]} is not here")
    if prefix and (tried := subprocess.run([*prefix, "true"], capture_output=True, text=True)).returncode:
        pytest.skip(f"{' '.join(behind)} {shell} is not allowed here: {tried.stderr.strip()}")
    return subprocess.run(
        [*prefix, sys.executable, "-m", "pipeline", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, **environment},
    )


def mucode_as_nobody(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """As `mucode`, by a user without rights whose home directory is `home`; skips if they may not read the code."""
    if shutil.which("setpriv") is None or os.getuid() != 0:
        pytest.skip("only root may become nobody, by setpriv")
    probe = f"import pipeline.cli as it, docker; raise SystemExit(not it.__file__.startswith({str(ROOT)!r}))"
    if subprocess.run([*NOBODY, sys.executable, "-c", probe], capture_output=True, cwd=ROOT).returncode:
        pytest.skip(f"user nobody may not read {ROOT} or {sys.prefix}")
    return mucode(*words, behind=NOBODY, HOME=str(home), PYTHONDONTWRITEBYTECODE="1")
