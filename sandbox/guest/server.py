"""The fork server: PID 1 of a box. One run at a time, each in a fork; nothing of a run stays.

It holds nothing secret and decides nothing: it starts a child, relays what the child says as bytes, measures,
kills and reaps everything that is left (ECHILD is the proof), wipes /tmp and reports.
"""

import gc
import json
import os
import resource
import signal
import sys
from pathlib import Path
from typing import Any

from sandbox.guest import channel, child, forking, preload, seccomp
from sandbox.guest.proof import ServerProof
from sandbox.guest.run import Run
from sandbox.guest.usage import BoxCgroup
from sandbox.guest.wire import Wire, connect_host
from sandbox.protocol import frames


def wipe_tmp() -> bool:
    """Empty /tmp. False if something resists, and then the box is no longer used."""
    try:
        _remove_below("/tmp", 0)
        return True
    except (OSError, RecursionError):
        return False


def _remove_below(folder: str, depth: int) -> None:
    if depth > 100:
        raise OSError("a tree too deep to remove")
    if depth:
        os.chmod(folder, 0o700)  # noqa: PTH101 (names may be no valid text; only strings from scandir come through)
    with os.scandir(folder) as entries:
        for entry in list(entries):
            if entry.is_dir(follow_symlinks=False):
                _remove_below(entry.path, depth + 1)
                os.rmdir(entry.path)  # noqa: PTH106
            else:
                os.unlink(entry.path)  # noqa: PTH108


def serve_runs(wire: Wire) -> None:
    """Runs, one after the other, until the host goes away."""
    cgroup = BoxCgroup()
    baseline = resource.getpagesize() * int(Path("/proc/self/statm").read_text().split()[5])
    hello = {"protocol": frames.PROTOCOL, "python": sys.version.split()[0], "cgroup": cgroup.found}
    wire.send_json(frames.HELLO, hello)
    oom_kills, proof = cgroup.oom_kills(), ServerProof(cgroup)
    while True:
        kind, payload = wire.read_frame()
        if kind != frames.RUN:
            continue  # a late END for a run that had already ended
        limits: dict[str, Any] = json.loads(bytes(payload))
        wire.wipe()
        kind, payload = wire.read_frame()
        if kind != frames.BODY:
            os._exit(4)
        wire.used = len(payload)
        limits["baseline"] = baseline
        done = Run(wire, cgroup, limits).execute()
        done["oom"] = False
        doubtful = done["code"] != 0 or done["processes"] > 1
        # a program may have reaped killed children itself, but no box is filled in less time than that
        if doubtful or done["wall_s"] > 0.05:
            killed, oom_kills = oom_kills, cgroup.oom_kills()
            done["oom"] = oom_kills > killed
        done["clean"] = wipe_tmp() and proof.holds(doubtful)
        wire.send_json(frames.DONE, done)


def occupy_descriptors(descriptors: int) -> None:
    """Put /dev/null on every free number below `descriptors`, so that nothing else gets one of them."""
    while (fd := os.open("/dev/null", os.O_RDWR)) < descriptors:
        os.set_inheritable(fd, True)
    os.close(fd)


def main() -> None:
    if os.getpid() != 1:
        raise SystemExit("the fork server kills every process it can see; it runs as PID 1 of a container only")
    seccomp.set_dumpable(False)
    for number in (signal.SIGINT, signal.SIGPIPE):
        # default action and PID 1: signals of its own descendants have no effect. SIGPIPE must not end the server
        signal.signal(number, signal.SIG_DFL if number is signal.SIGINT else signal.SIG_IGN)
    occupy_descriptors(channel.FROM_HOST + 1)
    wire = connect_host(sys.argv[1])
    preload.preload_modules()
    wipe_tmp()  # libraries leave caches
    preload.seed_generators(int(os.environ.get("PYTHONHASHSEED", "0")))
    child.prepare_server()
    gc.collect()
    gc.freeze()
    gc.disable()
    forking.trim_heap()
    child.open_streams()
    serve_runs(wire)
