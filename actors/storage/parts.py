"""Parts: Parquet files of a stage, each committed by a small record of its own, written last.

Object stores have no rename, so a part is written under a name that holds its attempt and becomes real
only when its record `part-00003.json` exists and names it. Files that no record names are ignored.
"""

import hashlib
import json
import posixpath
import uuid
from dataclasses import asdict, dataclass, field

import pyarrow as pa

from actors.storage.parquet import encode_parquet
from actors.storage.run_storage import open_storage, parse_json


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
    storage.write(f"part-{part:05d}.json", json.dumps(asdict(record), indent=1).encode())
    return record


def committed_parts(directory: str) -> dict[int, PartRecord]:
    """Parts of a stage that were committed so far, by number. Empty if the directory is absent."""
    storage = open_storage(directory)
    records = {}
    for name in storage.list_names():
        if name.startswith("part-") and name.endswith(".json"):
            record = PartRecord(**parse_json(storage.read(name), posixpath.join(directory, name)))
            records[record.part] = record
    return records
