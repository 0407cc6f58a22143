"""Bytes, tables and folders with something wrong in them."""

import gzip
import io
import json
import os
import shutil
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import strategies as st

from tests.fuzz.documents import damaged, doubling, encoded, json_text
from tests.fuzz.values import JSON_VALUES

WHOLE = (
    b"",
    b"\0",
    b"\n",
    b"null",
    b"[]",
    b"{}",
    b"0",
    b'""',
    b"PAR1",
    b"PAR1PAR1",
    b"GGUF",
    b"\x1f\x8b",
    b"\xef\xbb\xbf",
)
"""Files of few bytes, some of which begin as others do."""


@st.composite
def damaged_bytes(draw: st.DrawFn, data: bytes) -> bytes:
    """Cut, altered, doubled or in another encoding; or something else altogether."""
    place, end = (draw(st.integers(0, len(data))) for _ in range(2))
    way = draw(
        st.sampled_from(("cut", "begin", "bit", "bits", "put", "zeros", "swap", "twice", "other", "text", "gzip"))
    )
    if way == "cut":
        return data[:place]
    if way == "begin":
        return data[place:]
    if way in ("bit", "bits"):
        return _flipped(
            data,
            draw(st.lists(st.integers(0, max(0, 8 * len(data) - 1)), min_size=1, max_size=64 if way == "bits" else 1)),
        )
    if way == "put":
        return data[:place] + draw(st.binary(min_size=1, max_size=16)) + data[place:]
    if way == "zeros":
        return data[: min(place, end)] + bytes(max(place, end) - min(place, end)) + data[max(place, end) :]
    if way == "swap":
        return data[place:] + data[:place]
    if way == "twice":
        return data + data
    if way == "text":
        return draw(
            st.sampled_from(
                (b"\xef\xbb\xbf" + data, data.replace(b"\n", b"\r\n"), data.decode("latin-1").encode("utf-16"))
            )
        )
    return gzip.compress(data) if way == "gzip" else draw(st.sampled_from(WHOLE) | st.binary(max_size=64))


def _flipped(data: bytes, bits: list[int]) -> bytes:
    found = bytearray(data)
    for bit in bits if data else ():
        found[bit // 8] ^= 1 << bit % 8
    return bytes(found)


def damaged_json(data: bytes) -> st.SearchStrategy[bytes]:
    """Entries that are not what they were, more often than bytes."""
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):  # damaged before
        return damaged_bytes(data)
    documents = damaged(doubling(document), JSON_VALUES).map(lambda found: encoded(json_text(found)))
    return st.one_of(documents, documents, documents, damaged_bytes(data))


@st.composite
def damaged_table(draw: st.DrawFn, data: bytes) -> bytes:
    """A Parquet file whose columns, rows, types or metadata are others; or whose bytes are."""
    try:
        table = pq.read_table(io.BytesIO(data))
    except (OSError, pa.ArrowException):  # damaged before
        return draw(damaged_bytes(data))
    name = draw(st.sampled_from(table.column_names)) if table.column_names else ""
    ways = (
        "bytes",
        "bytes",
        "missing",
        "renamed",
        "typed",
        "null",
        "extra",
        "twice",
        "empty",
        "version",
        "notes",
        "large",
    )
    way = draw(st.sampled_from(ways if name else ("bytes",)))
    if way == "bytes":
        return draw(damaged_bytes(data))
    return _written(_altered(draw, way, table, name))


def _altered(draw: st.DrawFn, way: str, table: pa.Table, name: str) -> pa.Table:
    place = table.column_names.index(name)
    if way == "missing":
        return table.drop_columns([name])
    if way == "renamed":
        return table.rename_columns([f"{one}2" if one == name else one for one in table.column_names])
    if way == "typed":
        return table.set_column(place, name, draw(_columns(len(table))))
    if way == "null":
        return table.set_column(place, name, pa.nulls(len(table), table.schema.field(name).type))
    if way == "extra":
        return table.append_column(draw(st.sampled_from(("more", "", "ä.b", "turns"))), draw(_columns(len(table))))
    if way == "twice":
        return pa.concat_tables([table, table])
    if way == "empty":
        return table.slice(0, 0)
    if way == "large":
        return table.cast(pa.schema([_large(field) for field in table.schema], table.schema.metadata))
    notes = table.schema.metadata or {}
    if way == "version":
        version = draw(
            st.sampled_from((b"episodes/9", b"cells/99", b"metrics/1", b"", b"episodes", b"x/y", b"\xff/1", b"pairs/1"))
        )
        return table.replace_schema_metadata({**notes, b"mucode.schema": version})
    key = draw(st.sampled_from(sorted(notes) or [b"mucode.schema"]))
    found = notes.get(key, b"")
    changed = draw(damaged_json(found) if found.startswith((b"{", b"[")) else damaged_bytes(found))
    return table.replace_schema_metadata({**notes, key: changed})


def _large(field: pa.Field) -> pa.Field:
    """As other writers have texts."""
    return field.with_type(pa.large_string()) if field.type == pa.string() else field


@st.composite
def _columns(draw: st.DrawFn, rows: int) -> pa.Array:
    """Of another type."""
    value, kind = draw(
        st.sampled_from(
            (
                *(
                    (1, pa.int8()),
                    (-1, pa.int64()),
                    (2**31 - 1, pa.int32()),
                    (float("nan"), pa.float64()),
                    ("x", pa.string()),
                ),
                *(
                    (b"\xff", pa.binary()),
                    (True, pa.bool_()),
                    ([1], pa.list_(pa.int8())),
                    ({"a": 1}, pa.struct({"a": pa.int8()})),
                ),
                *((None, pa.null()), (0, pa.timestamp("ns")), ([], pa.list_(pa.string()))),
            )
        )
    )
    return pa.array([value] * rows, kind)


def _written(table: pa.Table) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(table, buffer)
    return buffer.getvalue()


def altered(path: Path) -> st.SearchStrategy[bytes]:
    """What a file may become: by what it holds."""
    data = path.read_bytes()
    if path.suffix == ".json" and data[:1] in (b"{", b"["):
        return damaged_json(data)
    return damaged_table(data) if path.suffix == ".parquet" else damaged_bytes(data)


def files_of(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def copy_of(folder: Path, target: Path) -> Path:
    """A copy whose files are the same ones on the disk: whoever alters one replaces it."""
    shutil.rmtree(target, ignore_errors=True)
    return Path(shutil.copytree(folder, target, copy_function=os.link))


def replace(path: Path, data: bytes) -> None:
    path.unlink(missing_ok=True)
    path.write_bytes(data)


def damage_folder(draw: Any, folder: Path, most: int = 2) -> list[str]:
    """Alter, remove or exchange up to `most` files or folders below `folder`; what was done, for a person."""
    done = []
    for _ in range(draw(st.integers(1, most))):
        name = draw(st.sampled_from(files_of(folder) or ["new.json"]))
        way = draw(
            st.sampled_from(("alter", "alter", "alter", "alter", "remove", "folder", "other", "up", "moved", "link"))
        )
        done.append(f"{way} {name}")
        _damage_file(draw, way, folder, name)
    return done


def _damage_file(draw: Any, way: str, folder: Path, name: str) -> None:
    path = folder / name
    if way == "alter" and path.is_file():
        replace(path, draw(altered(path)))
        return
    if way == "other":
        replace(path, (folder / draw(st.sampled_from(files_of(folder)))).read_bytes())
        return
    if way == "up" and path.parent != folder:
        shutil.rmtree(path.parent)
        return
    if way == "moved" and path.parent != folder:
        others = sorted(one for one in path.parent.parent.iterdir() if one.is_dir())
        other = draw(st.sampled_from(others))
        data = {one.name: one.read_bytes() for one in other.iterdir() if one.is_file()}
        for one, content in data.items():
            if not (path.parent / one).is_dir():
                replace(path.parent / one, content)
        return
    path.unlink(missing_ok=True)
    if way == "folder":
        path.mkdir()
    elif way == "link":
        path.symlink_to(draw(st.sampled_from((path.name, "..", "/no/such", "/"))))


def snapshot(folder: Path) -> dict[str, tuple[int, int, int]]:
    """What tells whether a file was touched: kind, size and time of all that lies below."""
    found = {}
    for path in folder.rglob("*"):
        seen = path.lstat()
        found[str(path.relative_to(folder))] = (seen.st_mode, seen.st_size if path.is_file() else 0, seen.st_mtime_ns)
    return found
