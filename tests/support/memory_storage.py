"""Run storage in this process's memory: a second implementation, which no file system helps."""

import io
import posixpath
from pathlib import Path
from typing import BinaryIO

FILES: dict[str, dict[str, bytes]] = {}
"""Contents by address and relative name, so that storages of one address share their files."""


class MemoryStorage:
    """`RunStorage` of an address memory://…; storages below one another share nothing."""

    def __init__(self, root: str) -> None:
        self.root = root
        self._files = FILES.setdefault(root, {})

    @property
    def is_local(self) -> bool:
        return False

    def read(self, name: str) -> bytes:
        if name not in self._files:
            raise FileNotFoundError(f"{self.root}/{name}")
        return self._files[name]

    def open(self, name: str) -> BinaryIO:
        return io.BytesIO(self.read(name))

    def write(self, name: str, data: bytes) -> None:
        self._files[name] = bytes(data)

    def create(self, name: str, data: bytes) -> bool:
        return self._files.setdefault(name, bytes(data)) == data

    def append(self, name: str, data: bytes) -> None:
        self._files[name] = self._files.get(name, b"") + data

    def exists(self, name: str = "") -> bool:
        return name in self._files or bool(self._below(name))

    def size(self, name: str) -> int:
        return len(self.read(name))

    def list_names(self, name: str = "") -> list[str]:
        prefix = f"{name}/" if name else ""
        return sorted({found.removeprefix(prefix).partition("/")[0] for found in self._below(name)})

    def file_sizes(self, name: str = "") -> dict[str, int]:
        paths = {found: posixpath.join(name, found) for found in self.list_names(name)}
        return {found: len(self._files[path]) for found, path in paths.items() if path in self._files}

    def delete_file(self, name: str) -> None:
        self.read(name)
        del self._files[name]

    def delete_directory(self, name: str = "") -> None:
        below = self._below(name)
        if not below:
            raise FileNotFoundError(f"{self.root}/{name}")
        for found in below:
            del self._files[found]

    def upload(self, local: Path, name: str) -> None:
        self.write(name, local.read_bytes())

    def download(self, name: str, local: Path) -> None:
        local.write_bytes(self.read(name))

    def _below(self, name: str) -> list[str]:
        prefix = f"{name}/" if name else ""
        return [found for found in list(self._files) if found.startswith(prefix)]
