"""Reading Parquet files of any filesystem, as rows or as batches."""

from collections.abc import Iterable, Iterator
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from actors.storage.filesystem import open_directory

Row = dict[str, Any]


def read_batches(files: Iterable[str], columns: list[str]) -> Iterator[pa.RecordBatch]:
    """Those columns of Parquet files, streamed."""
    for file in files:
        filesystem, path = open_directory(file)
        with filesystem.open_input_file(path) as source:
            yield from pq.ParquetFile(source).iter_batches(columns=columns)


def read_rows(files: Iterable[str]) -> Iterator[Row]:
    for file in files:
        filesystem, path = open_directory(file)
        yield from pq.read_table(path, filesystem=filesystem).to_pylist()
