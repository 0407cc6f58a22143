"""What Ray needs of this machine's folders: short names for its sockets, and a place for its token."""

import os
import uuid
from pathlib import Path

from pipeline.placement.nodes import ResourceError

MOST_SOCKET_BYTES = 107
"""Of the path of a Unix socket on Linux."""
SOCKET = "ray/session_2026-01-01_00-00-00_000000_1234567/sockets/plasma_store"
"""Ray's longest one, below its folder for temporary files."""
TOKEN_SETTINGS = ("RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH")


def check_socket_paths() -> None:
    """Raises ResourceError if Ray's sockets would have longer names than Linux takes."""
    name = next((name for name in ("RAY_TMPDIR", "TMPDIR") if name in os.environ), None)
    folder = os.environ[name] if name else "/tmp"
    most = MOST_SOCKET_BYTES - len(f"/{SOCKET}")
    if (found := len(os.path.abspath(folder).encode())) > most:  # noqa: PTH100 - links stay as they are
        raise ResourceError(
            f"{name} = {folder} has {found} bytes, and Ray puts sockets below it, for which Linux allows {most}; "
            "export RAY_TMPDIR=/tmp, or another short path"
        )


def token_can_be_kept() -> bool:
    """Whether Ray finds its token, or can write one to ~/.ray, or was told where it is or that it needs none."""
    if os.environ.get("RAY_AUTH_MODE", "token") != "token" or any(map(os.environ.get, TOKEN_SETTINGS)):
        return True
    try:
        file = Path.home() / ".ray" / "auth_token"
        if file.exists():
            return os.access(file, os.R_OK)
        file.parent.mkdir(parents=True, exist_ok=True)  # as Ray does; root may do what access() denies, and less
    except (RuntimeError, OSError):
        return False
    return os.access(file.parent, os.W_OK)


def give_token() -> None:
    """A token of its own for the Ray that this process starts, if the home directory takes none."""
    if not token_can_be_kept():
        os.environ["RAY_AUTH_TOKEN"] = uuid.uuid4().hex
