"""Local disks and object stores behind one path: whole files, written complete or not at all."""

import json
import uuid
from typing import Any

from pyarrow import fs

from sandbox.errors import UserError


class DamagedError(UserError, RuntimeError):
    """A file of ours does not hold what was written."""


def open_directory(uri: str) -> tuple[fs.FileSystem, str]:
    """Filesystem and path of a directory given as a local path or an s3://, gs:// … address."""
    if "://" in uri:
        return fs.FileSystem.from_uri(uri)
    return fs.LocalFileSystem(), uri


def write_bytes(filesystem: fs.FileSystem, path: str, data: bytes) -> None:
    """Write a whole file. On a local disk it appears under its name complete or not at all."""
    local = isinstance(filesystem, fs.LocalFileSystem)
    target = f"{path}.{uuid.uuid4().hex[:8]}.tmp" if local else path
    with filesystem.open_output_stream(target) as stream:
        stream.write(data)
    if local:
        filesystem.move(target, path)


def read_bytes(filesystem: fs.FileSystem, path: str) -> bytes:
    with filesystem.open_input_file(path) as stream:
        return stream.read()


def parse_json(data: bytes, where: str) -> Any:
    """What one of our own files says. Raises DamagedError where it is not what was written."""
    try:
        return json.loads(data)
    except ValueError as error:
        raise DamagedError(
            f"{where} is damaged, no longer the JSON that was written ({error}). Restore it; what lies beside it in a "
            "stage's directory can be deleted with it, to be computed again"
        ) from None
