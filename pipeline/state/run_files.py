"""Files of a directory that a run owns, on a local disk or an object store: whole files, by relative names."""

import json
import posixpath
from pathlib import Path
from typing import Any

from actors.storage.run_storage import open_storage, parse_json

CONFIG = "config.json"
EVALUATION = "evaluation.json"
"""What tells an evaluation's directory from a run's."""


def absolute_root(directory: str) -> str:
    """A directory that a user named: an address as it is, a local path made absolute."""
    return directory if "://" in directory else str(Path(directory).resolve())


class RunFiles:
    """Reads and writes whole files below `root`, a local path or an address such as s3://bucket/runs/name."""

    def __init__(self, root: str) -> None:
        self.root = root
        self.storage = open_storage(root)

    @property
    def is_local(self) -> bool:
        """Whether the files lie on a disk of this machine, which has locks."""
        return self.storage.is_local

    def exists(self, *names: str) -> bool:
        return self.storage.exists(posixpath.join("", *names))

    def file_sizes(self, *names: str) -> dict[str, int]:
        """Bytes of each file that lies in a folder, by its name, of one listing; {} if there is no folder."""
        return self.storage.file_sizes(posixpath.join("", *names))

    def names(self, *names: str) -> list[str]:
        """What lies in a folder, sorted; [] if there is no folder."""
        return self.storage.list_names(posixpath.join("", *names))

    def read(self, *names: str) -> bytes:
        return self.storage.read(posixpath.join("", *names))

    def read_json(self, *names: str) -> Any:
        """None if there is no such file. Raises DamagedError if it is not JSON."""
        try:
            data = self.read(*names)
        except (FileNotFoundError, NotADirectoryError):
            return None
        return parse_json(data, posixpath.join(self.root, *names))

    def write(self, data: bytes, *names: str) -> None:
        self.storage.write(posixpath.join("", *names), data)

    def create(self, data: bytes, *names: str) -> bool:
        """Write a file that is not there; False if it is, with other data: of several writers one is told True."""
        return self.storage.create(posixpath.join("", *names), data)

    def create_json(self, body: Any, *names: str) -> bool:
        return self.create(_encode(body), *names)

    def write_json(self, body: Any, *names: str) -> None:
        self.write(_encode(body), *names)

    def delete(self, *names: str) -> None:
        self.storage.delete_file(posixpath.join("", *names))

    def delete_folder(self, *names: str) -> None:
        self.storage.delete_directory(posixpath.join("", *names))


def _encode(body: Any) -> bytes:
    return json.dumps(body, indent=1, default=str).encode()
