"""Parquet files that cannot be read are named, with what to do."""

import re
from pathlib import Path

import pyarrow as pa
import pytest

from actors.storage.parquet import TABLE_VERSIONS, encode_parquet, read_batches, read_rows
from actors.storage.run_storage import DamagedError
from pipeline.training.frozen.features import FEATURE_SCHEMA
from tests.support.schema_page import TABLES

TABLE = pa.table({"text": [f"answer {number} of many" for number in range(2000)], "n": list(range(2000))})


def written(file: Path, data: bytes) -> str:
    file.write_bytes(data)
    return str(file)


def test_every_table_is_known_by_its_version() -> None:
    schemas = [schema for schema, _ in TABLES.values()] + [FEATURE_SCHEMA]
    named = [schema.metadata[b"mucode.schema"].decode() for schema in schemas]
    assert {name: int(version) for name, _, version in (one.partition("/") for one in named)} == TABLE_VERSIONS


def test_a_bit_that_turned_is_found_by_whoever_reads_it(tmp_path: Path) -> None:
    """The sizes fit and the file opens: the checksum of the page tells."""
    data = bytearray(encode_parquet(TABLE))
    data[len(data) // 4] ^= 1
    file = written(tmp_path / "part.parquet", bytes(data))
    for read in (lambda: list(read_rows([file])), lambda: list(read_batches([file]))):
        with pytest.raises(DamagedError, match=re.escape(file) + r" cannot be read \(.*`mucode runs verify DIR`"):
            read()
    with pytest.raises(DamagedError, match="cannot be read"):
        list(read_rows([file], filters=[("n", "=", 3)]))


@pytest.mark.parametrize("data", [b"", b"PAR1", encode_parquet(TABLE)[:-9], b"no Parquet file at all"])
def test_what_is_no_parquet_is_named(tmp_path: Path, data: bytes) -> None:
    file = written(tmp_path / "part.parquet", data)
    with pytest.raises(DamagedError, match=re.escape(file)):
        list(read_rows([file]))
    with pytest.raises(OSError, match="cannot be read"):  # as pyarrow's own error was
        list(read_rows([file]))


def test_a_table_of_a_newer_version_is_not_read(tmp_path: Path) -> None:
    rows = pa.table({"pair_id": ["a"]})
    for schema, known in (("pairs/1", True), ("pairs/2", False), ("dreams/7", True)):
        file = written(
            tmp_path / "part.parquet", encode_parquet(rows.replace_schema_metadata({"mucode.schema": schema}))
        )
        if known:
            assert list(read_rows([file])) == [{"pair_id": "a"}]
        else:
            with pytest.raises(DamagedError, match=r"holds a table pairs/2, and this version .* reads pairs up to 1"):
                list(read_rows([file]))
