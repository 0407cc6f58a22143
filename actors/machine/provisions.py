"""What containers often give too little of: shared memory, and files that may be open at once."""

import os
import resource
from pathlib import Path
from typing import NamedTuple

SHARED_MEMORY = Path("/dev/shm")
LEAST_SHARED_BYTES = 16 << 20
"""What engines and training workers share among their processes, of the smallest models."""
OBJECT_STORE_BYTES = 256 << 20
"""Ray's own, for a Ray that a run starts. It goes to a disk, slower, where shared memory has less room than that."""
GOOD_SHARED_BYTES = OBJECT_STORE_BYTES + (64 << 20)
LEAST_OPEN_FILES = 1024
"""Every process of Ray's has sockets to many others, and each of vLLM's loads hundreds of libraries."""
RAISED = 65536
"""To which Ray raises the limit of its processes, if the hard limit allows it."""
GOOD_OPEN_FILES = 4096
"""Below, Ray itself warns of lost connections."""
SHARED_ADVICE = (
    "give the container more: `docker run --shm-size=2g`, or in Kubernetes a volume `emptyDir: {medium: Memory}` "
    "mounted at /dev/shm; without a container, `mount -o remount,size=2g /dev/shm`"
)
FILES_ADVICE = "`ulimit -n 65536` before the command, `docker run --ulimit nofile=65536`, or LimitNOFILE= of systemd"


class SharedMemory(NamedTuple):
    """Bytes of /dev/shm."""

    free: int
    total: int


def shared_memory(place: Path = SHARED_MEMORY) -> SharedMemory | None:
    """None on systems that have no such folder."""
    try:
        found = os.statvfs(place)
    except OSError:
        return None
    return SharedMemory(found.f_bavail * found.f_frsize, found.f_blocks * found.f_frsize)


def open_files_limit() -> int:
    """Files that processes of Ray may have open: it raises its limit as far as the hard one allows."""
    soft, hard = (
        RAISED if one == resource.RLIM_INFINITY else one for one in resource.getrlimit(resource.RLIMIT_NOFILE)
    )
    return max(soft, min(hard, RAISED))


def lack_of_shared_memory(found: SharedMemory | None) -> str:
    """Why so much shared memory is too little for any run; "" if it is not."""
    if found is None or found.free >= LEAST_SHARED_BYTES:
        return ""
    return (
        f"/dev/shm has {found.free >> 20} MiB free of {found.total >> 20} MiB, and at least {LEAST_SHARED_BYTES >> 20} "
        f"MiB are needed, {GOOD_SHARED_BYTES >> 20} MiB for full speed; {SHARED_ADVICE}"
    )


def lack_of_open_files(limit: int) -> str:
    """Why so few open files are too few for any run; "" if they are not."""
    if limit >= LEAST_OPEN_FILES:
        return ""
    return f"processes may have {limit} files open here, and at least {LEAST_OPEN_FILES} are needed; {FILES_ADVICE}"
