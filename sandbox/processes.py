"""Which process is meant: an id alone is used again, and means something within one boot and one process namespace."""

from functools import cache
from pathlib import Path

UNKNOWN = "unknown"
ENDED = ("Z", "X")
"""States of a process that has ended and whose parent has not asked for its status yet."""


@cache
def boot_id() -> str:
    """Of the kernel that runs since its last start; "unknown" if it does not say."""
    path = Path("/proc/sys/kernel/random/boot_id")
    return path.read_text().strip() if path.exists() else UNKNOWN


def pid_namespace() -> str:
    """The space in which this process's ids mean something; "unknown" if the kernel does not say."""
    try:
        return str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        return UNKNOWN


def start_time(pid: int) -> str | None:
    """When a process started, in clock ticks since boot; None if it has ended, or cannot be seen from here."""
    try:
        state, *fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return None if state in ENDED else fields[18]
    except (OSError, ValueError, IndexError):
        return None
