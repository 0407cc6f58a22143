"""What runs on a node: it answers what is there, and tries what a run would need.

Sent as source: it imports nothing of mucode at its top, and raises nothing but what its caller is to read.
"""

import hashlib
import os
import platform
import resource
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

ROOMS = ("pipeline", "actors", "sandbox")


class NodeProbe:
    """An actor, one for each node."""

    def facts(self, distributions: tuple[str, ...]) -> dict[str, Any]:
        """Versions and numbers of this node, in JSON's types."""
        shm = os.statvfs("/dev/shm")
        temporary = tempfile.gettempdir()
        return {
            "python": platform.python_version(),
            "versions": {name: _version(name) for name in distributions},
            "mucode": _source_digest(),
            "shm_free_bytes": shm.f_bavail * shm.f_frsize,
            "shm_total_bytes": shm.f_blocks * shm.f_frsize,
            "open_files": _open_files(),
            "memory_bytes": _memory(),
            "cores": len(os.sched_getaffinity(0)),
            "tmp_free_bytes": shutil.disk_usage(temporary).free,
            "tmp": temporary,
            "devices": _devices(),
            "auth_mode": os.environ.get("RAY_AUTH_MODE", "unset"),
        }

    def now(self) -> float:
        """Seconds of this node's clock since 1970."""
        return time.time()

    def try_engine(self) -> str:
        """What the self-test of the boxes says; raises what is wrong with them."""
        from sandbox.selftest.selftest import ensure_limits

        return str(ensure_limits())

    def read_file(self, root: str, name: str) -> str | None:
        """sha256 of a file below `root`; None if this node sees no such file."""
        from actors.storage.run_storage import open_storage

        try:
            return hashlib.sha256(open_storage(root).read(name)).hexdigest()
        except (FileNotFoundError, NotADirectoryError):
            return None

    def write_file(self, root: str, name: str, size_bytes: int) -> tuple[str, float]:
        """sha256 of a file that is written below `root`, and the seconds that it took."""
        from actors.storage.run_storage import open_storage

        data = os.urandom(size_bytes)
        started = time.monotonic()
        open_storage(root).write(name, data)
        return hashlib.sha256(data).hexdigest(), time.monotonic() - started


def _version(distribution: str) -> str | None:
    import importlib.metadata

    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return None


def _source_digest() -> str | None:
    """Over all Python files of mucode that would be imported here; None if there are none."""
    import importlib.util

    digest = hashlib.sha256()
    for room in ROOMS:
        found = importlib.util.find_spec(room)
        if found is None or not found.submodule_search_locations:
            return None
        folder = Path(next(iter(found.submodule_search_locations)))
        for path in sorted(folder.rglob("*.py")):
            digest.update(str(path.relative_to(folder)).encode() + path.read_bytes())
    return digest.hexdigest()[:12]


def _open_files() -> int:
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def _memory() -> int:
    try:
        from actors.machine.capacity import usable_memory
    except ImportError:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return usable_memory()


def _devices() -> list[str]:
    """Accelerators as nvidia-smi lists them; [] if there is none."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return []
    query = [program, "--query-gpu=name,memory.total,driver_version", "--format=csv,noheader"]
    try:
        done = subprocess.run(query, capture_output=True, text=True, timeout=20)
    except (OSError, subprocess.SubprocessError):
        return []
    return [" ".join(line.split()) for line in done.stdout.splitlines() if line.strip()]
