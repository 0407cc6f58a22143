"""Run storage on local disks and object stores, by pyarrow."""

import posixpath
import uuid
from functools import cache
from pathlib import Path
from typing import BinaryIO, cast
from urllib.parse import unquote, urlsplit, urlunsplit

from pyarrow import fs

OBJECT_STORES = ("s3", "gcs", "abfs")
"""Ends of pyarrow's names for what has no folders: a marker for each would cost as many requests as the file."""


class FilesystemStorage:
    """`RunStorage` of a local path, or of an address that pyarrow knows."""

    def __init__(self, root: str) -> None:
        self.root = root
        self._filesystem: fs.FileSystem = fs.LocalFileSystem()
        self._path = root
        if "://" in root:
            self._filesystem, self._path = _filesystem_at(root)

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
        return [info.base_name for info in self._listing(name)]

    def file_sizes(self, name: str = "") -> dict[str, int]:
        return {info.base_name: info.size for info in self._listing(name) if info.type == fs.FileType.File}

    def _listing(self, name: str) -> list[fs.FileInfo]:
        selector = fs.FileSelector(self._at(name), allow_not_found=True)
        return sorted(self._filesystem.get_file_info(selector), key=lambda info: info.base_name)

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
        if not self._filesystem.type_name.endswith(OBJECT_STORES):
            self._filesystem.create_dir(posixpath.dirname(path), recursive=True)
        return path

    def _info(self, name: str) -> fs.FileInfo:
        return self._filesystem.get_file_info(self._at(name))


def _filesystem_at(uri: str) -> tuple[fs.FileSystem, str]:
    """The filesystem of an address, and the path in it. Those of a bucket share one, with its connections."""
    scheme, host, path, query, _ = urlsplit(uri)
    if scheme not in ("s3", "gs"):
        return fs.FileSystem.from_uri(uri)
    if scheme == "s3":  # a small object is put at once, where pyarrow would begin, fill and end an upload of parts
        query = "&".join(filter(None, (query, "allow_delayed_open=true")))
    filesystem, bucket = _bucket(urlunsplit((scheme, host, "", query, "")))
    return filesystem, f"{bucket}{unquote(path).rstrip('/')}"


@cache
def _bucket(address: str) -> tuple[fs.FileSystem, str]:
    return fs.FileSystem.from_uri(address)
