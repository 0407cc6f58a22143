"""Where runs and checkpoints lie: whole files by relative names below a root, on a disk or in an object store.

Another backend is a class with the methods of `RunStorage` and an entry of `BACKENDS` under its address scheme.
"""

import posixpath
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Annotated, Any, BinaryIO, Protocol, TypeVar

from pydantic import Field, TypeAdapter, ValidationError

from actors.storage.address import AddressError, check_address
from actors.storage.store_errors import DamagedError as DamagedError
from actors.storage.store_errors import UnreadableError as UnreadableError
from sandbox.json_text import read_json

Time = Annotated[float, Field(ge=0, le=1e11, allow_inf_nan=False)]
"""Unix seconds in a file of ours, which a calendar can show."""
Count = Annotated[int, Field(ge=0, lt=1 << 63)]
READERS = 32
"""Files that one process reads at once: an object store answers each in tens of milliseconds, and takes many."""


class RunStorage(Protocol):
    """Files below `root`. Names are relative, with "/" between folders; "" is the root itself.

    A reader sees a file as it was written as a whole, or not at all. Folders appear with the first file in them.
    """

    root: str

    @property
    def is_local(self) -> bool:
        """Whether the files lie on a disk of this machine, which has locks."""

    def read(self, name: str) -> bytes:
        """The whole file. Raises FileNotFoundError."""

    def open(self, name: str) -> BinaryIO:
        """The file, seekable, to read parts of it; close it. Raises FileNotFoundError."""

    def write(self, name: str, data: bytes) -> None:
        """Write or replace a whole file."""

    def create(self, name: str, data: bytes) -> bool:
        """Write a whole file that is not there; False if it is, with other data. Of several writers, on whatever host,
        one alone is told True. Raises StorageError if the store cannot promise that.
        """

    def append(self, name: str, data: bytes) -> None:
        """Add to the end of a file, which need not be there; one writer at a time."""

    def exists(self, name: str = "") -> bool:
        """Whether there is a file or a folder of this name."""

    def size(self, name: str) -> int:
        """Bytes of a file. Raises FileNotFoundError."""

    def list_names(self, name: str = "") -> list[str]:
        """Names of what lies directly in a folder, sorted; [] if there is no such folder."""

    def file_sizes(self, name: str = "") -> dict[str, int]:
        """Bytes of each file directly in a folder, by its name, sorted, of one listing; {} if there is no folder."""

    def delete_file(self, name: str) -> None:
        """Raises FileNotFoundError."""

    def delete_directory(self, name: str = "") -> None:
        """Delete a folder and all in it. Raises FileNotFoundError."""

    def upload(self, local: Path, name: str) -> None:
        """Copy a file of this machine, which may be larger than memory, to `name`."""

    def download(self, name: str, local: Path) -> None:
        """Copy `name` to a file of this machine, whose folder exists."""


def _open_objects(uri: str) -> RunStorage:
    from actors.storage.object_store import ObjectStorage

    return ObjectStorage(uri)


BACKENDS: dict[str, Callable[[str], RunStorage]] = {"s3": _open_objects, "gs": _open_objects}
"""How an address is opened, by its scheme; others are local paths, or of pyarrow's."""
SCHEMES_OF_PYARROW = ("file", "hdfs", "viewfs", "abfs", "abfss")


def check_place(text: str) -> None:
    """Raises AddressError if this is an address, and one that no storage opens. Asks nobody."""
    scheme, separator, _ = text.partition("://")
    if separator and scheme not in BACKENDS and scheme not in SCHEMES_OF_PYARROW:
        raise AddressError(
            f"{text!r} begins with {scheme}://, which nothing here opens; expected a path of this machine, "
            "s3://bucket/path or gs://bucket/path"
        )
    check_address(text)


def open_storage(uri: str) -> RunStorage:
    """The storage at a local path or an address such as s3://bucket/runs/name. Creates nothing. Raises AddressError."""
    check_place(uri)
    scheme, separator, _ = uri.partition("://")
    if separator and scheme in BACKENDS:
        return BACKENDS[scheme](uri)
    from actors.storage.filesystem import FilesystemStorage

    return FilesystemStorage(uri)


def open_file(uri: str) -> BinaryIO:
    """One file by its whole path or address, seekable; close it. Raises FileNotFoundError."""
    folder, name = posixpath.split(uri)
    return open_storage(folder or ".").open(name)


Found = TypeVar("Found")


def read_many(read: Callable[[str], Found], names: Sequence[str]) -> list[Found]:
    """`read(name)` of every name, `READERS` at a time."""
    if len(names) < 2:
        return [read(name) for name in names]
    with ThreadPoolExecutor(min(READERS, len(names))) as pool:
        return list(pool.map(read, names))


def parse_json(data: bytes, name: str) -> Any:
    """What one of our own files says. Raises DamagedError, which names the file, if it is not what was written."""
    try:
        return read_json(data)
    except ValueError as error:
        raise _damaged(name, f"no longer the JSON that was written ({error})") from None


def parse_typed(data: bytes, name: str, kind: TypeAdapter[Found]) -> Found:
    """As `parse_json`, as a `kind`: a value of another type is damage. What a newer version adds is passed over."""
    parse_json(data, name)
    try:
        return kind.validate_json(data, strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise _damaged(name, f"not what was written ({f'{place}: ' if place else ''}{first['msg']})") from None


def _damaged(name: str, how: str) -> DamagedError:
    return DamagedError(
        f"{name} is damaged, {how}. Restore it; what lies beside it in a stage's directory can be deleted with it, to "
        "be computed again"
    )
