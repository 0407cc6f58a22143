"""Reading and writing Parquet files of any storage, as rows or as batches.

Every page is written with a checksum, and one that does not fit ends the reading with the file's name. So does a table
of a newer version.
"""

import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from actors.storage.run_storage import DamagedError, UnreadableError, open_file

Row = dict[str, Any]
Filter = tuple[str, str, Any]
"""Column, comparison as pyarrow has it ("=", "in"), value."""
BATCH_ROWS = 65536
TABLE_VERSIONS = {
    "episodes": 2,
    "pairs": 1,
    "examples": 1,
    "scores": 1,
    "metrics": 2,
    "calibration": 1,
    "training_steps": 1,
    "features": 1,
    "cells": 2,
}
"""Of each table the version that is written here; those before it are read, too."""


def read_batches(
    files: Iterable[str], columns: Sequence[str] | None = None, batch_rows: int = BATCH_ROWS
) -> Iterator[pa.RecordBatch]:
    """Those columns (None: all) of Parquet files, streamed by at most `batch_rows` rows.

    Raises FileNotFoundError; DamagedError for what is no Parquet, is damaged, or is of a newer version.
    """
    chosen = None if columns is None else list(columns)
    for file in files:
        with open_file(file) as source, _named(file):
            yield from open_table(source, file).iter_batches(batch_size=batch_rows, columns=chosen)


def read_rows(
    files: Iterable[str], columns: Sequence[str] | None = None, filters: Sequence[Filter] | None = None
) -> Iterator[Row]:
    """Rows of Parquet files in order, one file in memory at a time: those that meet all `filters`.

    `columns`: None takes all; without filters, "turns.list.element.chosen" takes a part of a nested one. Raises as
    `read_batches`.
    """
    chosen = None if columns is None else list(columns)
    for file in files:
        with open_file(file) as source, _named(file):
            if filters is None:
                table = open_table(source, file).read(columns=chosen)
            else:
                table = pq.read_table(source, columns=chosen, filters=list(filters), page_checksum_verification=True)
        yield from table.to_pylist()


def open_table(source: BinaryIO, file: str) -> pq.ParquetFile:
    """The Parquet file that `source` reads, its footer read. Raises DamagedError for a table of a newer version, and
    what pyarrow raises if it is no Parquet."""
    table = pq.ParquetFile(source, page_checksum_verification=True)
    name, _, version = (
        (table.schema_arrow.metadata or {}).get(b"mucode.schema", b"").decode(errors="replace").partition("/")
    )
    known = TABLE_VERSIONS.get(name)
    if known is not None and not (version.isdecimal() and int(version) <= known):
        raise DamagedError(
            f"{file} holds a table {name}/{version}, and this version of mucode reads {name} up to {known}; continue "
            "with the version that wrote it"
        )
    return table


def read_records(file: str, schema: pa.Schema) -> list[Row]:
    """Rows of one file whose columns are those of `schema`, by name and type; others are passed over.

    Raises as `read_batches`, and DamagedError if a column is missing, of another type, or lacks values.
    """
    with open_file(file) as source, _named(file):
        table = open_table(source, file).read()
        for field in schema:
            found = table.schema.get_all_field_indices(field.name)
            column = table.column(found[0]) if len(found) == 1 else None
            if column is None or column.type != field.type or (column.null_count and not field.nullable):
                raise DamagedError(f"{file} has no column {field.name} of {field.type}, so it is not what was written")
        return list(table.select(schema.names).to_pylist())


@contextmanager
def _named(file: str) -> Iterator[None]:
    """Errors of pyarrow say neither which file nor what to do."""
    try:
        yield
    except FileNotFoundError:
        raise
    except (pa.ArrowException, OSError) as error:
        said = str(error).splitlines()
        raise UnreadableError(
            f"{file} cannot be read ({said[0] if said else type(error).__name__}). `mucode runs verify DIR` says which "
            "files of its run are not what was written"
        ) from error


def encode_parquet(table: pa.Table, level: int | None = None, split: Sequence[str] = ()) -> bytes:
    """The bytes of a Parquet file that holds the table, compressed by zstd; `level`: None is the fast default.

    `split`: columns of numbers that take many values, which are smaller byte by byte than by a dictionary.
    """
    buffer = io.BytesIO()
    options: dict[str, Any] = {}
    if split:
        options["use_dictionary"] = [name for name in table.column_names if name not in split]
        options["column_encoding"] = dict.fromkeys(split, "BYTE_STREAM_SPLIT")
    pq.write_table(table, buffer, compression="zstd", compression_level=level, write_page_checksum=True, **options)
    return buffer.getvalue()
