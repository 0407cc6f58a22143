"""Run storage on local disks and object stores, by pyarrow."""

import posixpath
import uuid
from pathlib import Path
from typing import BinaryIO, cast

from pyarrow import fs


class FilesystemStorage:
    """`RunStorage` of a local path, or of an address that pyarrow knows."""

    def __init__(self, root: str) -> None:
        self.root = root
        self._filesystem: fs.FileSystem = fs.LocalFileSystem()
        self._path = root
        if "://" in root:
            self._filesystem, self._path = fs.FileSystem.from_uri(root)

    @property
    def is_local(self) -> bool:
        return isinstance(self._filesystem, fs.LocalFileSystem)

    def read(self, name: str) -> bytes:
        with self._filesystem.open_input_file(self._at(name)) as stream:
            return stream.read()

    def open(self, name: str) -> BinaryIO:
        return cast(BinaryIO, self._filesystem.open_input_file(self._at(name)))

    def write(self, name: str, data: bytes) -> None:
        """On a local disk the file appears under its name complete or not at all."""
        path = self._at_new(name)
        target = f"{path}.{uuid.uuid4().hex[:8]}.tmp" if self.is_local else path
        with self._filesystem.open_output_stream(target) as stream:
            stream.write(data)
        if self.is_local:
            self._filesystem.move(target, path)

    def append(self, name: str, data: bytes) -> None:
        if not self.is_local:  # object stores append nothing
            self.write(name, (self.read(name) if self.exists(name) else b"") + data)
            return
        with self._filesystem.open_append_stream(self._at_new(name)) as stream:
            stream.write(data)

    def exists(self, name: str = "") -> bool:
        return self._info(name).type != fs.FileType.NotFound

    def size(self, name: str) -> int:
        info = self._info(name)
        if info.type != fs.FileType.File:
            raise FileNotFoundError(f"no file at {posixpath.join(self.root, name)}")
        return info.size

    def list_names(self, name: str = "") -> list[str]:
        selector = fs.FileSelector(self._at(name), allow_not_found=True)
        return sorted(info.base_name for info in self._filesystem.get_file_info(selector))

    def delete_file(self, name: str) -> None:
        self._filesystem.delete_file(self._at(name))

    def delete_directory(self, name: str = "") -> None:
        self._filesystem.delete_dir(self._at(name))

    def upload(self, local: Path, name: str) -> None:
        here = fs.LocalFileSystem()
        fs.copy_files(str(local), self._at_new(name), source_filesystem=here, destination_filesystem=self._filesystem)

    def download(self, name: str, local: Path) -> None:
        here = fs.LocalFileSystem()
        fs.copy_files(self._at(name), str(local), source_filesystem=self._filesystem, destination_filesystem=here)

    def _at(self, name: str) -> str:
        return posixpath.join(self._path, name) if name else self._path

    def _at_new(self, name: str) -> str:
        """The path of a file that shall be written, in a folder that exists."""
        path = self._at(name)
        self._filesystem.create_dir(posixpath.dirname(path), recursive=True)
        return path

    def _info(self, name: str) -> fs.FileInfo:
        return self._filesystem.get_file_info(self._at(name))
