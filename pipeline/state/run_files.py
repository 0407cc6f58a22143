"""Files of a directory that a run owns, on a local disk or an object store: whole files, by relative names."""

import json
import posixpath
from typing import Any

from pyarrow import fs

from actors.storage.filesystem import open_directory, parse_json, read_bytes, write_bytes


class RunFiles:
    """Reads and writes whole files below `root`, a local path or an address such as s3://bucket/runs/name."""

    def __init__(self, root: str) -> None:
        self.root = root
        self.filesystem, self.path = open_directory(root)

    @property
    def is_local(self) -> bool:
        """Whether the files lie on a disk of this machine, which has locks."""
        return isinstance(self.filesystem, fs.LocalFileSystem)

    def exists(self, *names: str) -> bool:
        info = self.filesystem.get_file_info(posixpath.join(self.path, *names))
        return info.type != fs.FileType.NotFound

    def size(self, *names: str) -> int | None:
        """Bytes of a file; None if there is none."""
        info = self.filesystem.get_file_info(posixpath.join(self.path, *names))
        return None if info.type == fs.FileType.NotFound else info.size

    def names(self, *names: str) -> list[str]:
        """What lies in a folder, sorted; [] if there is no folder."""
        selector = fs.FileSelector(posixpath.join(self.path, *names), allow_not_found=True)
        return sorted(info.base_name for info in self.filesystem.get_file_info(selector))

    def read(self, *names: str) -> bytes:
        return read_bytes(self.filesystem, posixpath.join(self.path, *names))

    def read_json(self, *names: str) -> Any:
        """None if there is no such file. Raises DamagedError if it is not JSON."""
        return parse_json(self.read(*names), posixpath.join(self.root, *names)) if self.exists(*names) else None

    def write(self, data: bytes, *names: str) -> None:
        path = posixpath.join(self.path, *names)
        self.filesystem.create_dir(posixpath.dirname(path), recursive=True)
        write_bytes(self.filesystem, path, data)

    def write_json(self, body: Any, *names: str) -> None:
        self.write(json.dumps(body, indent=1, default=str).encode(), *names)

    def delete(self, *names: str) -> None:
        self.filesystem.delete_file(posixpath.join(self.path, *names))

    def delete_folder(self, *names: str) -> None:
        self.filesystem.delete_dir(posixpath.join(self.path, *names))
