"""Looking at a cluster from a process of its own, which ends when its time is over."""

import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from typing import IO

from pipeline.doctor.findings import Finding, broken
from pipeline.placement.nodes import ResourceError
from pipeline.preflight.ray_address import check_ray_address
from sandbox.json_text import read_json

SILENCE_DEADLINE_S = 150.0
"""Without a finding: more than the longest deadline of the process itself, which names what it waited for."""
JOIN_DEADLINE_S = 60.0
"""For that process to start, import Ray and join."""
SHOWN_CHARACTERS = 300


def find_cluster(root: str) -> Iterator[Finding]:
    """Findings about the cluster that RAY_ADDRESS names, each as soon as it is known. `root`: where runs are kept."""
    address = os.environ.get("RAY_ADDRESS")
    if not address:
        yield broken(
            "cluster",
            "RAY_ADDRESS is unset, so there is no cluster to look at, and none was started; export it as HOST:PORT",
        )
        return
    try:
        check_ray_address(address)
    except ResourceError as error:
        yield broken("cluster", str(error))
        return
    yield from _findings_of_driver(root)


def _findings_of_driver(root: str) -> Iterator[Finding]:
    command = [sys.executable, "-m", "pipeline.doctor.cluster.driver", root]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stderr is not None
    lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
    errors: list[str] = []
    threads = [
        threading.Thread(target=_pass_on, args=(process.stdout, lines), daemon=True),
        threading.Thread(target=lambda stream=process.stderr: errors.extend(stream), daemon=True),
    ]
    for thread in threads:
        thread.start()
    try:
        yield from _read_findings(lines)
        if process.wait(timeout=JOIN_DEADLINE_S):
            said = " ".join("".join(errors[-5:]).split())[-SHOWN_CHARACTERS:]
            yield broken("cluster", f"the process that looked at it ended with status {process.returncode}: {said}")
    except (queue.Empty, subprocess.TimeoutExpired):
        yield broken("cluster", "no word came from the process that looks at it, which was ended; look at `ray status`")
    finally:
        process.kill()
        process.wait()


def _read_findings(lines: "queue.SimpleQueue[str | None]") -> Iterator[Finding]:
    """Raises queue.Empty if none comes in time."""
    deadline_s, begun = JOIN_DEADLINE_S, time.monotonic()
    while (line := lines.get(timeout=max(0.1, begun + deadline_s - time.monotonic()))) is not None:
        if not line.startswith("{"):  # of a library
            continue
        deadline_s, begun = SILENCE_DEADLINE_S, time.monotonic()
        yield Finding(**read_json(line))


def _pass_on(stream: IO[str], lines: "queue.SimpleQueue[str | None]") -> None:
    for line in stream:
        lines.put(line)
    lines.put(None)
