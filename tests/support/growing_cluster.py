"""A Ray cluster that grows: a head, and Ray's autoscaler with nodes that are processes of this machine.

`ray.cluster_utils.AutoscalingCluster` does the same, but begins and ends with `ray stop --force`, which would end the
Ray of every other test, and needs a file that Ray's wheel does not hold.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tests.support.slurm_stand_ins import processes_with

RAY = str(Path(sys.executable).parent / "ray")
START_S = 90.0
UNSUPPORTED: dict[str, Any] = {
    **{name: {} for name in ("auth", "docker", "file_mounts")},
    **{name: [] for name in ("initialization_commands", "setup_commands", "cluster_synced_files")},
    **{f"{kind}_{what}": [] for kind in ("head", "worker") for what in ("setup_commands", "start_ray_commands")},
    **{"file_mounts_sync_continuously": False, "rsync_exclude": [], "rsync_filter": []},
}
"""What the autoscaler's configuration must have, and such nodes do not read."""
STORE = 100 << 20


@contextmanager
def growing_cluster(folder: Path, head: dict[str, float], **kinds: dict[str, float]) -> Iterator[dict[str, str]]:
    """The environment of commands that use it. `kinds`: resources of each type of node, of which none is up and three
    may be."""
    port = _free_port()
    address = f"127.0.0.1:{port}"
    types: dict[str, dict[str, Any]] = {
        name: {"resources": kind, "node_config": {}, "min_workers": 0, "max_workers": 3} for name, kind in kinds.items()
    }
    types["ray.head.default"] = {"resources": head, "node_config": {}, "max_workers": 0}
    config = {
        "cluster_name": "fake_multinode",
        "max_workers": 8,
        "provider": {"type": "fake_multinode", "gcs_address": address},
        "available_node_types": types,
        "head_node_type": "ray.head.default",
        "upscaling_speed": 1.0,
        "idle_timeout_minutes": 0.1,
        **UNSUPPORTED,
    }
    (folder / "cluster.json").write_text(json.dumps(config))
    named = {name: amount for name, amount in head.items() if name != "CPU"}
    command = [RAY, "start", "--head", "--block", f"--port={port}", f"--num-cpus={head['CPU']:g}"]
    command += [
        "--disable-usage-stats",
        "--include-dashboard=false",
        f"--object-store-memory={STORE}",
        f"--resources={json.dumps(named)}",
    ]
    command += [f"--autoscaling-config={folder / 'cluster.json'}", f"--ray-client-server-port={_free_port()}"]
    mine = {"RAY_FAKE_CLUSTER": "1", "AUTOSCALER_UPDATE_INTERVAL_S": "1", "RAY_AUTH_MODE": "disabled"}
    mark = f"GROWING_CLUSTER={folder}"
    environment = {**os.environ, **mine, "GROWING_CLUSTER": str(folder), "RAY_ADDRESS": ""}
    log = folder / "head.log"
    process = subprocess.Popen(command, env=environment, stdout=log.open("wb"), stderr=subprocess.STDOUT)
    try:
        _await_start(process, port, log)
        yield {"RAY_ADDRESS": address, "RAY_AUTH_MODE": "disabled"}
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=10)
        for left in processes_with(mark):  # nodes of the autoscaler, too
            with suppress(ProcessLookupError):
                os.kill(left, signal.SIGKILL)


def _await_start(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    end = time.monotonic() + START_S
    while "Ray runtime started" not in log.read_text():
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < end, f"no Ray at port {port} after {START_S} s\n{log.read_text()}"
        time.sleep(0.2)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
