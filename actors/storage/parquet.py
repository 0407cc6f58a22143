"""Reading and writing Parquet files of any storage, as rows or as batches."""

import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from actors.storage.run_storage import open_file

Row = dict[str, Any]
Filter = tuple[str, str, Any]
"""Column, comparison as pyarrow has it ("=", "in"), value."""
BATCH_ROWS = 65536


def read_batches(
    files: Iterable[str], columns: Sequence[str] | None = None, batch_rows: int = BATCH_ROWS
) -> Iterator[pa.RecordBatch]:
    """Those columns (None: all) of Parquet files, streamed by at most `batch_rows` rows. Raises FileNotFoundError."""
    chosen = None if columns is None else list(columns)
    for file in files:
        with open_file(file) as source:
            yield from pq.ParquetFile(source).iter_batches(batch_size=batch_rows, columns=chosen)


def read_rows(
    files: Iterable[str], columns: Sequence[str] | None = None, filters: Sequence[Filter] | None = None
) -> Iterator[Row]:
    """Rows of Parquet files in order, one file in memory at a time: those that meet all `filters`.

    `columns`: None takes all; without filters, "turns.list.element.chosen" takes a part of a nested one. Raises
    FileNotFoundError.
    """
    chosen = None if columns is None else list(columns)
    for file in files:
        with open_file(file) as source:
            if filters is None:
                table = pq.ParquetFile(source).read(columns=chosen)
            else:
                table = pq.read_table(source, columns=chosen, filters=list(filters))
        yield from table.to_pylist()


def encode_parquet(table: pa.Table, level: int | None = None, split: Sequence[str] = ()) -> bytes:
    """The bytes of a Parquet file that holds the table, compressed by zstd; `level`: None is the fast default.

    `split`: columns of numbers that take many values, which are smaller byte by byte than by a dictionary.
    """
    buffer = io.BytesIO()
    options: dict[str, Any] = {}
    if split:
        options["use_dictionary"] = [name for name in table.column_names if name not in split]
        options["column_encoding"] = dict.fromkeys(split, "BYTE_STREAM_SPLIT")
    pq.write_table(table, buffer, compression="zstd", compression_level=level, **options)
    return buffer.getvalue()
