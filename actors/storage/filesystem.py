"""Run storage on disks, local or of the network, and on what else pyarrow knows."""

import errno
import os
import posixpath
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

import pyarrow as pa
from pyarrow import fs

from actors.storage.store_errors import StorageError, UnreadableError

OBJECT_STORES = ("s3", "abfs")
"""Ends of pyarrow's names for what has no folders: a marker for each would cost as many requests as the file."""
NO_HARD_LINKS = (errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK)
"""What link(2) says on file systems that have none."""


class FilesystemStorage:
    """`RunStorage` of a local path, or of an address that pyarrow knows."""

    def __init__(self, root: str) -> None:
        self.root = root
        self._filesystem: fs.FileSystem = fs.LocalFileSystem()
        self._path = root
        if "://" in root:
            self._filesystem, self._path = _open_address(root)

    @property
    def is_local(self) -> bool:
        return isinstance(self._filesystem, fs.LocalFileSystem)

    def read(self, name: str) -> bytes:
        with self._explained(name), self._filesystem.open_input_file(self._at(name)) as stream:
            return stream.read()

    def open(self, name: str) -> BinaryIO:
        with self._explained(name):
            return cast(BinaryIO, self._filesystem.open_input_file(self._at(name)))

    def write(self, name: str, data: bytes) -> None:
        """On a local disk the file appears under its name complete or not at all."""
        path = self._at_new(name)
        target = f"{path}.{uuid.uuid4().hex[:8]}.tmp" if self.is_local else path
        with self._filesystem.open_output_stream(target) as stream:
            stream.write(data)
        if self.is_local:
            self._filesystem.move(target, path)

    def create(self, name: str, data: bytes) -> bool:
        if not self.is_local:
            raise StorageError(
                f"{self.root}: nobody can be kept from replacing a file there, so two drivers could not be told apart; "
                "use a folder, or an s3:// address"
            )
        path = Path(self._at_new(name))
        half = path.with_name(f"{path.name}.{uuid.uuid4().hex[:8]}.tmp")
        try:
            with half.open("xb") as stream:
                stream.write(data)
                os.fsync(stream.fileno())
            return _link(half, path, data)
        finally:
            half.unlink(missing_ok=True)

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
        with self._explained(name):
            try:
                found = self._filesystem.get_file_info(selector)
            except FileNotFoundError:  # Arrow says so of a folder that another process makes at this very moment
                found = self._filesystem.get_file_info(selector)
        return sorted(found, key=lambda info: info.base_name)

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

    @contextmanager
    def _explained(self, name: str) -> Iterator[None]:
        """Raises UnreadableError for what is there and cannot be read: a folder where a file was, or the reverse."""
        try:
            yield
        except FileNotFoundError:
            raise
        except OSError as error:
            if self._info("").type == fs.FileType.File:  # no directory of ours at all: NotADirectoryError
                raise
            reason = " ".join(str(error).split())
            raise UnreadableError(
                f"{posixpath.join(self.root, name)} cannot be read: {reason}. Put back what was there"
            ) from error

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


def _open_address(address: str) -> tuple[fs.FileSystem, str]:
    try:
        found: tuple[fs.FileSystem, str] = fs.FileSystem.from_uri(address)
    except (pa.ArrowException, OSError, ImportError) as error:
        raise StorageError(
            f"{address} cannot be opened: {str(error).splitlines()[0]}. Mend the address, or what its file system needs"
        ) from None
    return found


def _link(half: Path, path: Path, data: bytes) -> bool:
    """Give a file its second name if nobody has that: link(2) is asked of the server, also on network disks, where a
    reply may be lost and the call be repeated."""
    try:
        os.link(half, path)
    except FileExistsError:
        return path.read_bytes() == data
    except OSError as error:
        if error.errno not in NO_HARD_LINKS:
            raise
        return _write_exclusively(path, data)
    return True


def _write_exclusively(path: Path, data: bytes) -> bool:
    """As exclusive, but a reader may see the file before all is in it."""
    try:
        with path.open("xb") as stream:
            stream.write(data)
    except FileExistsError:
        return path.read_bytes() == data
    return True
