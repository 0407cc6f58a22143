"""What a box's container may do: nothing but compute."""

import uuid
from typing import Any

import docker

from sandbox import owner, profile
from sandbox.transport import SocketDoor

HEADROOM_MIB = 192
"""For the fork server and the copies of its pages, above what a run may use."""


def options(memory_mib: int, runtime: str, door: SocketDoor | None) -> dict[str, Any]:
    """Arguments for the engine. `memory_mib`: of a run; `door`: None for the attached streams."""
    memory = f"{memory_mib + HEADROOM_MIB}m"
    start = "import sys; sys.path[:0] = ['/opt/box', f'/usr/local/lib/python{sys.version_info[0]}.{sys.version_info[1]}"
    start += "/site-packages']; from harness.server import main; main()"
    return {
        "command": ["python3", "-I", "-S", "-B", "-c", start, "/ctl/box" if door else "stdio"],
        "name": f"mucode-box-{uuid.uuid4().hex[:12]}",
        "labels": owner.labels(),
        "volumes": {str(door.folder): {"bind": "/ctl", "mode": "ro"}} if door else {},
        "stdin_open": door is None,
        "runtime": runtime,
        "auto_remove": True,
        "network_mode": "none",
        "read_only": True,
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges", f"seccomp={profile.text()}"],
        "pids_limit": 64 if runtime == "runc" else 1024,  # gVisor's own threads count as well
        "mem_limit": memory,
        "memswap_limit": memory,
        "ipc_mode": "none",
        "user": "65534:65534",
        "working_dir": "/tmp",
        "stop_signal": "SIGKILL",
        "ulimits": [docker.types.Ulimit(name="core", soft=0, hard=0)],
        "tmpfs": {"/tmp": "rw,noexec,nosuid,nodev,size=64m,nr_inodes=4k,mode=1777"},
        "environment": {
            "PATH": "/usr/local/bin",
            "HOME": "/tmp",
            "LANG": "C.UTF-8",
            "PYTHONHASHSEED": "0",
            "OPENBLAS_NUM_THREADS": "1",
            "OMP_NUM_THREADS": "1",
        },
        "log_config": docker.types.LogConfig(type="none"),
    }
