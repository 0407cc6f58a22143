"""Parts: Parquet files of a stage, each committed by a small record of its own, written last.

Object stores have no rename, so a part is written under a name that holds its attempt and becomes real
only when its record `part-00003.json` exists and names it. Files that no record names are ignored. Once a stage is
finished, its manifest holds the records of all its parts, and theirs are not read again.
"""

import hashlib
import json
import posixpath
import sys
import uuid
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from typing import Any

import pyarrow as pa

from actors.storage.parquet import encode_parquet
from actors.storage.run_storage import DamagedError, RunStorage, open_storage, parse_json, read_many

MANIFEST = "manifest.json"
"""Of a finished stage: its `parts` are the records of all its parts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PartRecord:
    """What a committed part is: `file` is relative to the stage directory, `sha256` of the file's bytes.

    `counts` says what happened on the way to these rows (sampled, dropped and why); stages add them up.
    """

    part: int
    file: str
    rows: int
    size_bytes: int
    sha256: str
    counts: dict[str, int] = field(default_factory=dict)


def is_count(value: object) -> bool:
    """Whether JSON gave a whole number that counts something: true and 1.0 are none."""
    return type(value) is int and 0 <= value < 1 << 63


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _are_counts(value: object) -> bool:
    return isinstance(value, dict) and all(map(is_count, value.values()))


TYPES: dict[str, Callable[[object], bool]] = {
    "part": is_count,
    "file": _is_text,
    "rows": is_count,
    "size_bytes": is_count,
    "sha256": _is_text,
    "counts": _are_counts,
}
"""What each entry of a record must be. Thousands are read before a start, so they are asked one by one."""


def record_name(part: int) -> str:
    """The file of a part's commit record."""
    return f"part-{part:05d}.json"


def commit_part(directory: str, part: int, table: pa.Table, counts: dict[str, int] | None = None) -> PartRecord:
    """Write `table` as part number `part` of the stage at `directory`, then its record; return the record."""
    storage = open_storage(directory)
    data = encode_parquet(table)
    record = PartRecord(
        part=part,
        file=f"part-{part:05d}.{uuid.uuid4().hex[:8]}.parquet",
        rows=table.num_rows,
        size_bytes=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        counts=counts or {},
    )
    storage.write(record.file, data)
    storage.write(record_name(part), json.dumps(asdict(record), indent=1).encode())
    return record


def committed_parts(directory: str) -> dict[int, PartRecord]:
    """Parts of a stage that were committed so far, by number. Empty if the directory is absent.

    Costs one listing, and the manifest of a finished stage; else the records that this process has not read yet, many
    at a time. Raises DamagedError for a record that is not what was written.
    """
    storage = open_storage(directory)
    sizes = storage.file_sizes()
    if MANIFEST not in sizes:
        return _read_records(storage, directory, sizes)
    where = posixpath.join(directory, MANIFEST)
    body = parse_json(storage.read(MANIFEST), where)
    return {record.part: record for record in parse_records(body.get("parts") if isinstance(body, dict) else 0, where)}


def committed_part(directory: str, part: int) -> PartRecord | None:
    """The record of one part; None if it is not committed."""
    where = posixpath.join(directory, record_name(part))
    try:
        return parse_record(parse_json(open_storage(directory).read(record_name(part)), where), where)
    except FileNotFoundError:
        return None


def is_record_name(name: str) -> bool:
    """Whether a file of this name is the commit record of a part."""
    return name.startswith("part-") and name.endswith(".json")


def parse_records(body: Any, where: str) -> tuple[PartRecord, ...]:
    """The records that a manifest holds. Raises DamagedError."""
    if not isinstance(body, list):
        raise DamagedError(f"{where} lists no parts: it is not what was written. Restore it")
    records = tuple(parse_record(one, where) for one in body)
    if len({record.part for record in records}) != len(records):
        raise DamagedError(f"{where} lists a part twice: it is not what was written. Restore it")
    return records


def parse_record(body: Any, where: str) -> PartRecord:
    """A record as it was read from `where`. Raises DamagedError if it is none, or one of a newer version."""
    names = set(body) if isinstance(body, dict) else set()
    if new := sorted(names - TYPES.keys()):
        raise DamagedError(
            f"{where}: a part's record has {', '.join(map(str, new))}, unknown here. If a newer version of mucode "
            "wrote it, continue with that one; else restore it"
        )
    wrong = [name for name, is_right in TYPES.items() if name not in names or not is_right(body[name])]
    if wrong:
        raise DamagedError(
            f"{where}: the record of a part says no {wrong[0]}, so it is not what was written. Restore it; a record "
            "of a stage that is not finished may be deleted, and its part is computed again"
        )
    counts = {
        sys.intern(str(count)): number for count, number in body["counts"].items()
    }  # thousands have the same names
    return PartRecord(**body | {"counts": counts})


def _read_records(storage: RunStorage, directory: str, sizes: Mapping[str, int]) -> dict[int, PartRecord]:
    names = [name for name in sizes if is_record_name(name)]
    known = _known_records(directory)
    for name in known.keys() - names:
        del known[name]
    new = [name for name in names if name not in known or sizes.get(known[name].file) != known[name].size_bytes]

    def read(name: str) -> PartRecord:
        where = posixpath.join(directory, name)
        record = parse_record(parse_json(storage.read(name), where), where)
        if name != record_name(record.part) or not _names_own_file(record):
            raise DamagedError(
                f"{where} is the record of another part, number {record.part} with the file {record.file!r}. Restore "
                "it, or delete it: its part is computed again"
            )
        return record

    known.update(zip(new, read_many(read, new), strict=True))
    return {known[name].part: known[name] for name in names}


def _names_own_file(record: PartRecord) -> bool:
    return record.file.startswith(f"part-{record.part:05d}.") and "/" not in record.file


@lru_cache(maxsize=4)
def _known_records(directory: str) -> dict[str, PartRecord]:
    """Records of a stage that this process has read, by their names; `_read_records` keeps it.

    A record is written once, and a part that is committed twice is the same part: as long as the file that a known
    record names is there, it need not be read again. Of few stages, so that a driver's memory does not grow.
    """
    return {}
