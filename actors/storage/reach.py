"""Whether a place for runs is there and takes files, found out within seconds, and how fast it is."""

import os
import tempfile
import time
import uuid
from dataclasses import dataclass
from pathlib import Path

from actors.storage.run_storage import RunStorage, open_storage
from actors.storage.store_errors import StorageError

PROBE = ".mucode-probe-"
"""Beginning of the name of what is written to try a place, and deleted at once."""
OBJECTS = ("s3", "gs")


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageRate:
    """Bytes per second, of one file that was written and read back."""

    written: float
    read: float

    def __str__(self) -> str:
        return f"writes {self.written / 1e6:.0f} MB/s, reads {self.read / 1e6:.0f} MB/s"


def probe_name() -> str:
    return f"{PROBE}{uuid.uuid4().hex[:12]}"


def require_reachable(uri: str) -> None:
    """Raises StorageError if the store of an address does not answer within seconds, AddressError if it is no address.
    Of a local path nothing is asked."""
    if _local_path(uri) is None:
        _first_look(uri).list_names()


def require_writable(uri: str) -> None:
    """Write and delete a small file at an address, or where folders for a local path would be made; nothing stays.

    Raises StorageError, AddressError.
    """
    if (path := _local_path(uri)) is not None:
        _write_locally(existing_folder(path), b"", uri)
        return
    storage, name = _first_look(uri), probe_name()
    storage.write(name, b"")
    storage.delete_file(name)


def measure_storage(uri: str, size_bytes: int) -> StorageRate:
    """Write, read and delete a file of `size_bytes` at an address or a path. Raises StorageError, AddressError."""
    require_reachable(uri)
    data = os.urandom(size_bytes)
    if (path := _local_path(uri)) is not None:
        return _write_locally(existing_folder(path), data, uri)
    storage, name = open_storage(uri), probe_name()
    started = time.monotonic()
    storage.write(name, data)
    written = time.monotonic()
    same = storage.read(name) == data
    ended = time.monotonic()
    storage.delete_file(name)
    if not same:
        raise StorageError(f"{uri} gives back other bytes than were written; do not keep runs there")
    return StorageRate(written=size_bytes / (written - started), read=size_bytes / (ended - written))


def existing_folder(path: str) -> Path:
    """The folder at a local path, or the nearest one above it. Raises StorageError if a file is in the way."""
    given = Path(path).absolute()
    place = next(one for one in (given, *given.parents) if one.exists() or one.is_symlink())
    if not place.is_dir():
        raise StorageError(f"no folder can be made at {path}: {place} is a file. Choose another folder")
    return place


def _local_path(uri: str) -> str | None:
    return uri.removeprefix("file://") if uri.startswith("file://") or "://" not in uri else None


def _first_look(uri: str) -> RunStorage:
    if uri.partition("://")[0] not in OBJECTS:
        return open_storage(uri)
    from actors.storage.object_store import ObjectStorage

    return ObjectStorage(uri, patient=False)


def _write_locally(folder: Path, data: bytes, path: str) -> StorageRate:
    """A file without a name, which even a kill does not leave behind. Read past the cache, where there is one."""
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            started = time.monotonic()
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
            written = time.monotonic()
            if hasattr(os, "posix_fadvise"):
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
            file.seek(0)
            same = file.read() == data
            ended = time.monotonic()
    except OSError as error:
        raise StorageError(
            f"{path} cannot be written: {folder}: {error.strerror or error}. Choose a folder that this user may write"
        ) from None
    if not same:
        raise StorageError(f"{folder} gives back other bytes than were written; do not keep runs there")
    return StorageRate(written=len(data) / max(written - started, 1e-9), read=len(data) / max(ended - written, 1e-9))
