"""Parts: Parquet files of a stage, each committed by a small record of its own, written last.

Object stores have no rename, so a part is written under a name that holds its attempt and becomes real
only when its record `part-00003.json` exists and names it. Files that no record names are ignored.
"""

import hashlib
import io
import json
import posixpath
import uuid
from dataclasses import asdict, dataclass, field

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import fs

from actors.storage.filesystem import open_directory, parse_json, read_bytes, write_bytes


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
    filesystem, root = open_directory(directory)
    filesystem.create_dir(root, recursive=True)
    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="zstd")
    data = buffer.getvalue()
    name = f"part-{part:05d}.{uuid.uuid4().hex[:8]}.parquet"
    write_bytes(filesystem, posixpath.join(root, name), data)
    record = PartRecord(
        part=part,
        file=name,
        rows=table.num_rows,
        size_bytes=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        counts=counts or {},
    )
    body = json.dumps(asdict(record), indent=1).encode()
    write_bytes(filesystem, posixpath.join(root, f"part-{part:05d}.json"), body)
    return record


def committed_parts(directory: str) -> dict[int, PartRecord]:
    """Parts of a stage that were committed so far, by number. Empty where the directory is absent."""
    filesystem, root = open_directory(directory)
    selector = fs.FileSelector(root, allow_not_found=True)
    records = {}
    for info in filesystem.get_file_info(selector):
        if info.base_name.startswith("part-") and info.base_name.endswith(".json"):
            record = PartRecord(**parse_json(read_bytes(filesystem, info.path), info.path))
            records[record.part] = record
    return records
