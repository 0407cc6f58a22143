"""Run storage in object stores, S3 and what speaks like it (gs:// is untested), by obstore.

Requests that fail are repeated within bounds; what still fails is a StorageError that says what to do. Credentials and
settings come from the environment: AWS_ACCESS_KEY_ID and the like, or the role of the machine.
"""

import io
import os
import posixpath
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO, cast

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError

from actors.storage.address import parse_address
from actors.storage.range_file import RangeFile
from actors.storage.store_errors import StorageError, explain_store_error

PATIENCE = {"connect_timeout": "5s", "read_timeout": "20s", "timeout": "10m"}
"""Of one request: until it is connected, between two pieces of the reply, and in all."""
BACKOFF = {"init_backoff": timedelta(seconds=0.2), "max_backoff": timedelta(seconds=5)}
RETRIES: dict[str, Any] = {"max_retries": 6, "retry_timeout": timedelta(seconds=60), "backoff": BACKOFF}
"""Of requests that met a 5xx, a lost connection or no reply; retry_timeout: none is begun later than that."""
AT_ONCE = {"connect_timeout": "2s", "read_timeout": "4s", "timeout": "8s"}
FEW_RETRIES: dict[str, Any] = {"max_retries": 2, "retry_timeout": timedelta(seconds=6), "backoff": BACKOFF}
"""Of a first look, before any work: whoever waits for it is a person who may have mistyped the address."""
PIECE_BYTES = 64 << 20
"""Large files are copied in pieces of this size, each a request of its own."""
READ_AHEAD_BYTES = 1 << 20


class ObjectStorage:
    """`RunStorage` of an address such as s3://bucket/runs/name."""

    def __init__(self, root: str, *, patient: bool = True) -> None:
        """Asks nothing yet. `patient`: whether requests that fail are repeated for a minute. Raises AddressError."""
        self.root = root.rstrip("/")
        scheme, bucket, self._path = parse_address(root)
        self._store: Any = _open_bucket(scheme, bucket, _environment(), patient)

    @property
    def is_local(self) -> bool:
        return False

    def read(self, name: str) -> bytes:
        with self._asked_to("read", name):
            return bytes(obstore.get(self._store, self._key(name)).bytes())

    def open(self, name: str) -> BinaryIO:
        file = RangeFile(lambda start, end: self._read_range(name, start, end), self.size(name))
        return cast(BinaryIO, io.BufferedReader(file, READ_AHEAD_BYTES))

    def write(self, name: str, data: bytes) -> None:
        with self._asked_to("write", name):
            obstore.put(self._store, self._key(name), data, chunk_size=PIECE_BYTES)

    def create(self, name: str, data: bytes) -> bool:
        with self._asked_to("create", name):
            try:
                obstore.put(self._store, self._key(name), data, mode="create")
            except AlreadyExistsError:  # by another writer, or by a request of this one whose reply was lost
                return self.read(name) == data
        return True

    def append(self, name: str, data: bytes) -> None:
        self.write(name, (self.read(name) if self.exists(name) else b"") + data)

    def exists(self, name: str = "") -> bool:
        try:
            if name:
                return self.size(name) >= 0
        except FileNotFoundError:
            pass
        return next(self._keys_below(name), None) is not None

    def size(self, name: str) -> int:
        with self._asked_to("read", name):
            return int(obstore.head(self._store, self._key(name))["size"])

    def list_names(self, name: str = "") -> list[str]:
        found = self._listing(name)
        return sorted({posixpath.basename(key) for key in (*found["common_prefixes"], *map(_path, found["objects"]))})

    def file_sizes(self, name: str = "") -> dict[str, int]:
        found = {posixpath.basename(one["path"]): int(one["size"]) for one in self._listing(name)["objects"]}
        return dict(sorted(found.items()))

    def _listing(self, name: str) -> Any:
        with self._asked_to("list", name):
            return obstore.list_with_delimiter(self._store, self._key(name))

    def delete_file(self, name: str) -> None:
        self.size(name)
        with self._asked_to("delete", name):
            obstore.delete(self._store, self._key(name))

    def delete_directory(self, name: str = "") -> None:
        keys = list(self._keys_below(name))
        if not keys:
            raise FileNotFoundError(f"no folder at {self._address(name)}")
        with self._asked_to("delete", name):
            obstore.delete(self._store, keys)

    def upload(self, local: Path, name: str) -> None:
        with self._asked_to("write", name):
            obstore.put(self._store, self._key(name), local, chunk_size=PIECE_BYTES, max_concurrency=4)

    def download(self, name: str, local: Path) -> None:
        size = self.size(name)
        with local.open("wb") as stream:
            for start in range(0, size, PIECE_BYTES):
                stream.write(self._read_range(name, start, min(start + PIECE_BYTES, size)))

    def _read_range(self, name: str, start: int, end: int) -> bytes:
        with self._asked_to("read", name):
            return bytes(obstore.get_range(self._store, self._key(name), start=start, end=end))

    def _keys_below(self, name: str) -> Iterator[str]:
        with self._asked_to("list", name):
            for found in obstore.list(self._store, self._key(name)):
                yield from map(_path, found)

    def _key(self, name: str) -> str:
        return posixpath.join(self._path, name).rstrip("/")

    def _address(self, name: str) -> str:
        return posixpath.join(self.root, name).rstrip("/")

    @contextmanager
    def _asked_to(self, what: str, name: str) -> Iterator[None]:
        """Errors of the body as those that a RunStorage raises. Their own texts may hold what nobody shall read."""
        try:
            yield
        except FileNotFoundError as error:
            if "NoSuchBucket" in str(error) or what in ("write", "create"):
                raise StorageError(explain_store_error(error, what, self._address(name))) from None
            raise FileNotFoundError(f"no file at {self._address(name)}") from None
        except BaseError as error:
            raise StorageError(explain_store_error(error, what, self._address(name))) from None


def _path(found: Any) -> str:
    return str(found["path"])


def _environment() -> tuple[tuple[str, str], ...]:
    """What decides how a bucket is reached."""
    return tuple(sorted((key, value) for key, value in os.environ.items() if key.startswith(("AWS_", "GOOGLE_"))))


@lru_cache(maxsize=16)
def _open_bucket(scheme: str, bucket: str, environment: tuple[tuple[str, str], ...], patient: bool) -> Any:
    """One client, with its connections, per bucket and process."""
    given = dict(environment)
    endpoint = given.get("AWS_ENDPOINT_URL_S3") or given.get("AWS_ENDPOINT_URL", "")
    client = (PATIENCE if patient else AT_ONCE) | {"allow_http": endpoint.startswith("http://")}
    options: Any = {"client_options": client, "retry_config": RETRIES if patient else FEW_RETRIES}
    if scheme == "s3" and endpoint:
        options["endpoint"] = endpoint
    return obstore.store.from_url(f"{scheme}://{bucket}", **options)
