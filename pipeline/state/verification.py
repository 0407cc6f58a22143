"""Whether a stage's files are what their records say, so that a resume never builds on damaged data.

A stage may have thousands of parts, so what a resume asks is bounded: one listing, which has every size, and the
contents of at most `SAMPLED_PARTS`, drawn anew each time. What the sample passes over is found where it is read, by the
checksums of its pages, and by `mucode runs verify`, which reads everything.
"""

import hashlib
import io
import posixpath
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from actors.storage.checkpoint import damage_of_checkpoint
from actors.storage.parquet import open_table
from actors.storage.parts import MANIFEST, PartRecord
from actors.storage.run_storage import DamagedError, RunStorage, open_storage, read_many
from pipeline.errors import StoreError
from pipeline.state.identity import digest_of
from pipeline.state.manifest import Manifest, content_digest

SAMPLED_PARTS = 64
"""Parts of a stage that a resume reads whole; all parts of a small stage."""
SAMPLER = random.SystemRandom()
"""Never the generator whose seeds others count on."""


@dataclass(frozen=True, slots=True)
class Damage:
    """What is wrong, in words that begin with a path, and what to do about it."""

    found: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.found}. {self.remedy}"


class StageVerifier:
    """Verifies each stage once: bytes do not change under a running driver."""

    def __init__(self) -> None:
        self._verified: set[tuple[str, str]] = set()

    def verify(self, manifest: Manifest) -> None:
        """Raises StoreError if the manifest contradicts itself, or a part or the checkpoint of a finished stage is
        missing or not what was written."""
        if (manifest.directory, manifest.digest) not in self._verified:
            for damage in manifest_damages(manifest):
                raise StoreError(str(damage))
            self._verified.add((manifest.directory, manifest.digest))

    def verify_parts(self, directory: str, records: Sequence[PartRecord]) -> None:
        """Of a stage that is not finished. Raises StoreError as `verify`."""
        new = [record for record in records if (directory, record.sha256) not in self._verified]
        sizes = open_storage(directory).file_sizes() if new else {}
        for damage in part_damages(directory, new, sizes):
            raise StoreError(str(damage))
        self._verified.update((directory, record.sha256) for record in new)


def manifest_damages(manifest: Manifest, *, every_byte: bool = False) -> Iterator[Damage]:
    """What is wrong with a finished stage. `every_byte`: all contents are read, where a resume reads a sample."""
    directory = manifest.directory
    again = f"delete {directory} and every later stage to compute them again"
    identity = digest_of([manifest.stage, manifest.identity, manifest.inputs])
    digest = content_digest(manifest.identity_hash, manifest.parts, manifest.checkpoint)
    if manifest.identity_hash != identity or manifest.digest != digest:
        where = posixpath.join(directory, MANIFEST)
        yield Damage(f"{where} contradicts itself: it was altered after it was written", f"Restore it, or {again}")
    if manifest.parts:
        sizes = open_storage(directory).file_sizes()
        yield from part_damages(directory, manifest.parts, sizes, None if every_byte else SAMPLED_PARTS)
    if manifest.checkpoint:
        found = damage_of_checkpoint(manifest.checkpoint, every_byte=every_byte)
        if found is not None:
            yield Damage(found, f"Restore it, or {again}")


def part_damages(
    directory: str, records: Sequence[PartRecord], sizes: Mapping[str, int], sampled: int | None = SAMPLED_PARTS
) -> Iterator[Damage]:
    """Parts that are missing, or not what their records say.

    `sizes`: of the files of the directory; `sampled`: of how many parts at most the contents are read, None: of all.
    """
    again = f"Restore the file, or delete {directory} and every later stage to compute them again"
    whole = {}
    for record in records:
        found = sizes.get(record.file)
        if found == record.size_bytes:
            whole[record.file] = record
        else:
            state = "is missing" if found is None else f"has {found} bytes, its record says {record.size_bytes}"
            yield Damage(f"{posixpath.join(directory, record.file)} {state}", again)
    files = list(whole) if sampled is None or len(whole) <= sampled else SAMPLER.sample(list(whole), sampled)
    storage = open_storage(directory)
    for file, wrong in zip(files, read_many(lambda file: _contents(storage, whole[file]), files), strict=True):
        if wrong is not None:
            yield Damage(f"{posixpath.join(directory, file)} {wrong}", again)


def _contents(storage: RunStorage, record: PartRecord) -> str | None:
    """What is wrong with the bytes of a part; None if nothing is."""
    data = storage.read(record.file)
    if hashlib.sha256(data).hexdigest() != record.sha256:
        return "is not what was written (its sha256 differs)"
    try:
        rows = open_table(io.BytesIO(data), record.file).metadata.num_rows
    except DamagedError as error:  # a table of a newer version
        return str(error).partition(" ")[2]
    except (pa.ArrowException, OSError) as error:
        return f"is no Parquet file ({str(error).splitlines()[0]})"
    return None if rows == record.rows else f"has {rows} rows, its record says {record.rows}"
