"""What a process has around it, carried between the tests and the program: files in /tmp, environment, current folder,
seeds. Each side tells what changed since it told, and takes what the other side changed.

Files are regular ones and folders, as bytes: no links, pipes or devices, and nothing outside /tmp.
"""

import base64
import contextlib
import hashlib
import os
import random
import stat
import sys
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

FILES, ENVIRONMENT, FOLDER, SEED = "files", "environment", "folder", "seed"
ROOT = "/tmp"
MOST_FILES, MOST_BYTES, MOST_LEVELS = 1000, 3 << 20, 16
"""Of all files that are there; more cannot be carried."""


class NotCarried(OSError):
    """There is something that cannot be carried."""


class Surroundings:
    """`kinds`: what is carried, of the above. `strict`: whether links and the like are an error, or left alone."""

    def __init__(self, kinds: Collection[str], strict: bool) -> None:
        self.kinds, self.strict = frozenset(kinds), strict
        self.files: dict[str, bytes | None] = {}  # digests; None for a folder
        self.environment, self.folder = dict(os.environ), str(Path.cwd())
        self.seeded: set[str] = set()

    def changes(self) -> dict[str, Any]:
        """Since the last time. Raises NotCarried."""
        if not self.kinds:
            return {}
        found: dict[str, Any] = {}
        if FILES in self.kinds:
            found[FILES] = self._changed_files()
        if ENVIRONMENT in self.kinds:
            now, known = dict(os.environ), self.environment
            found[ENVIRONMENT] = {name: now.get(name) for name in {*now, *known} if now.get(name) != known.get(name)}
            self.environment = now
        if FOLDER in self.kinds and self.strict and (folder := str(Path.cwd())) != self.folder:
            found[FOLDER] = self.folder = folder
        if SEED in self.kinds:
            found[SEED] = {name: _state(name) for name in self.seeded}
            self.seeded.clear()
        found = {kind: change for kind, change in found.items() if change}
        return {"around": found} if found else {}

    def take(self, message: dict[str, Any]) -> None:
        """What the other side changed."""
        found = message.get("around", {})
        for path in sorted(found.get(FILES, {}).get("gone", ()), reverse=True):
            self.files.pop(path, None)
            with contextlib.suppress(OSError):
                _remove(Path(ROOT, path))
        for path, content in sorted(found.get(FILES, {}).get("put", {}).items()):
            data = None if content is None else base64.b64decode(content)
            with contextlib.suppress(OSError):
                _put(Path(ROOT, path), data)
                self.files[path] = data if data is None else _digest(data)
        for name, value in found.get(ENVIRONMENT, {}).items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
            self.environment = dict(os.environ)
        if FOLDER in found:
            with contextlib.suppress(OSError):
                os.chdir(found[FOLDER])
        for name, state in found.get(SEED, {}).items():
            _set_state(name, state)

    def _changed_files(self) -> dict[str, Any]:
        now: dict[str, bytes | None] = {}
        put: dict[str, str | None] = {}
        size = 0
        for path, data in _scanned("", 0, self.strict):
            size += len(data or b"")
            if len(now) >= MOST_FILES or size > MOST_BYTES:
                raise NotCarried(f"more than {MOST_FILES} files or {MOST_BYTES >> 20} MiB in /tmp cannot be carried")
            now[path] = None if data is None else _digest(data)
            if path not in self.files or self.files[path] != now[path]:
                put[path] = None if data is None else base64.b64encode(data).decode()
        gone = [path for path in self.files if path not in now]
        self.files = now
        return ({"put": put} if put else {}) | ({"gone": gone} if gone else {})


def _scanned(folder: str, level: int, strict: bool) -> Iterator[tuple[str, bytes | None]]:
    """Paths below the root, with their bytes; None for a folder, which comes before what it holds."""
    if level > MOST_LEVELS:
        raise NotCarried(f"folders more than {MOST_LEVELS} deep cannot be carried")
    with os.scandir(Path(ROOT, folder)) as found:
        entries = sorted(found, key=lambda entry: entry.name)
    for entry in entries:
        path = f"{folder}/{entry.name}" if folder else entry.name
        with contextlib.suppress(FileNotFoundError, PermissionError):
            if entry.is_dir(follow_symlinks=False):
                yield path, None
                yield from _scanned(path, level + 1, strict)
            elif entry.is_file(follow_symlinks=False) and _is_text(path):
                yield path, _content(entry.path)
            elif strict:
                raise NotCarried(f"{entry.name} is no regular file and cannot be carried")


def _is_text(path: str) -> bool:
    """Whether it has an encoding."""
    try:
        return bool(path.encode())
    except UnicodeEncodeError:
        return False


def _content(path: str) -> bytes:
    fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(fd, "rb") as file:
        return file.read(MOST_BYTES + 1) if stat.S_ISREG(os.fstat(fd).st_mode) else b""


def _put(path: Path, data: bytes | None) -> None:
    """A folder, or a file's content; through no link, and in the same file if there is one."""
    if any(part.is_symlink() for part in (path, *path.parents)):
        raise OSError("through a link")
    if data is None:
        path.mkdir(parents=True, exist_ok=True)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_NONBLOCK, 0o644)
    with os.fdopen(fd, "wb") as file:
        file.write(data)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        path.rmdir()
    else:
        path.unlink()


def _digest(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def _state(name: str) -> Any:
    if name == "random":
        return random.getstate()
    kind, keys, *rest = sys.modules["numpy.random"].get_state()
    return [kind, keys.tolist(), *rest]


def _set_state(name: str, state: Any) -> None:
    if name == "random":
        random.setstate((state[0], tuple(state[1]), state[2]))
    else:
        import numpy.random

        numpy.random.set_state(tuple(state))
