"""What a box's container may do: nothing but compute."""

import uuid
from typing import Any

import docker

from sandbox.containers import ownership, seccomp_profile
from sandbox.containers.listener import BoxListener

HEADROOM_MIB = 192
"""For the fork server and the copies of its pages, above what a run may use."""
LIBRARIES_MIB = 512
"""More of it where the fork server holds libraries: pandas, scipy, scikit-learn and matplotlib take about 180 MiB, and
a run may touch all of that."""
PIDS = 64
TMP_MIB, TMP_INODES = 64, 4096
USER = 65534
HOSTNAME = "box"
START = "/opt/box/sandbox/guest/start.py"
FIRST_SEED, SECOND_SEED = 0, 1
"""Of all boxes, and of those in which accepted programs are judged once more if that is asked for."""
ENVIRONMENT = {
    "PATH": "/usr/local/bin",
    "HOME": "/tmp",
    "LANG": "C.UTF-8",
    "TZ": "UTC",
    "PYTHONHASHSEED": str(FIRST_SEED),
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
}


def container_options(
    memory_mib: int,
    runtime: str,
    listener: BoxListener | None,
    parent: str | None,
    seed: int = FIRST_SEED,
    libraries: bool = False,
) -> dict[str, Any]:
    """Arguments for the engine.

    `memory_mib`: of a run; `listener`: None with attached streams; `parent`: the control group; `seed`: of hashes and
    random numbers; `libraries`: whether the image holds some beyond numpy.
    """
    memory = f"{memory_mib + HEADROOM_MIB + LIBRARIES_MIB * libraries}m"
    return {
        "command": ["python3", "-I", "-S", "-B", START, "/ctl/box" if listener else "stdio"],
        "name": f"mucode-box-{uuid.uuid4().hex[:12]}",
        "labels": ownership.owner_labels(),
        # a mount, not a volume: if the engine does not see the folder it says so, and creates nothing
        "mounts": [docker.types.Mount("/ctl", str(listener.folder), type="bind", read_only=True)] if listener else [],
        "stdin_open": listener is None,
        "runtime": runtime,
        "cgroup_parent": parent,
        "hostname": HOSTNAME,
        "auto_remove": True,
        "network_mode": "none",
        "read_only": True,
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges", f"seccomp={seccomp_profile.profile_text()}"],
        "pids_limit": PIDS if runtime == "runc" else 1024,  # gVisor's own threads count as well
        "mem_limit": memory,
        "memswap_limit": memory,
        "ipc_mode": "none",
        "user": f"{USER}:{USER}",
        "working_dir": "/tmp",
        "stop_signal": "SIGKILL",
        "ulimits": [docker.types.Ulimit(name="core", soft=0, hard=0)],
        "tmpfs": {
            "/tmp": f"rw,noexec,nosuid,nodev,size={TMP_MIB}m,nr_inodes={TMP_INODES},mode=1777",
            "/dev/mqueue": "ro,noexec,nosuid,nodev,size=4k,nr_inodes=1",  # else writable, and it outlives a run
        },
        "environment": ENVIRONMENT | {"PYTHONHASHSEED": str(seed)},
        "log_config": docker.types.LogConfig(type="none"),
    }
