"""Where the rows of a data set come from: a file, MUCODE_DATA_DIR in the publisher's own layout, or by name."""

import gzip
import os
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.errors import ProblemError
from sandbox.json_text import read_json
from sandbox.problems.rows import ProblemRow
from sandbox.terminal import expand_home

DATA_DIR = "MUCODE_DATA_DIR"
SUFFIXES = ".jsonl, .jsonl.gz, .json, .parquet"


@dataclass(frozen=True, slots=True)
class DataSource:
    """A published data set: its file below MUCODE_DATA_DIR, and its name, configuration and split on the hub."""

    file: str
    hub_name: str | None = None
    configuration: str | None = None
    split: str | None = None
    beside: str = ""
    """Another file that the data set needs too."""

    def rows(self, path: Path | None = None) -> Iterator[ProblemRow]:
        """Rows of `path`; without one, of the file below MUCODE_DATA_DIR if that is set, else by name."""
        folder = expand_home(os.environ.get(DATA_DIR, ""))
        if path is None and not folder:
            return self._downloaded()
        if path is None:
            path = Path(folder) / self.file
            if not path.exists():
                raise ProblemError(
                    f"{path} does not exist; {DATA_DIR} must hold {self.file} as its publisher distributes it"
                )
        return read_problem_rows(path)

    def _downloaded(self) -> Iterator[ProblemRow]:
        """By name from the hub, untested."""
        files = " and ".join(filter(None, [self.file, self.beside]))
        advice = f"set {DATA_DIR} to a folder that holds {files}"
        if self.hub_name is None:
            raise ProblemError(f"no data folder is given: {advice}")
        advice += ", or `pip install datasets` on a machine with network access"
        try:
            import datasets
        except ImportError:
            raise ProblemError(f"{self.hub_name} is neither here nor can it be downloaded: {advice}") from None
        try:
            loaded = datasets.load_dataset(self.hub_name, self.configuration)
        except Exception as error:  # the library raises many kinds when it is offline
            raise ProblemError(f"downloading {self.hub_name} failed ({error}): {advice}") from error
        names = [self.split] if self.split else list(loaded)
        if self.split and self.split not in loaded:
            raise ProblemError(f"{self.hub_name} has no split {self.split!r}, only {', '.join(loaded)}")
        return (
            ProblemRow(dict(fields), f"{self.hub_name}, split {name}, row {number}")
            for name in names
            for number, fields in enumerate(loaded[name], start=1)
        )


def read_problem_rows(path: Path) -> Iterator[ProblemRow]:
    """Rows of a file by its suffix: JSON lines, one JSON array, or Parquet. Raises ProblemError naming the place."""
    if path.name.endswith((".jsonl", ".jsonl.gz")):
        return (ProblemRow(fields, f"{path}, line {number}") for number, fields in read_jsonl(path))
    if path.suffix == ".json":
        return _read_array(path)
    if path.suffix == ".parquet":
        return _read_parquet(path)
    raise ProblemError(f"{path}: expected a file whose name ends with one of {SUFFIXES}, found {path.suffix or 'none'}")


def read_jsonl(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """(line number, object) of every line that is not blank. Raises ProblemError that names file and line."""
    try:
        with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    yield number, _object(_json(line, f"{path}, line {number}"), f"{path}, line {number}")
    except (OSError, EOFError, UnicodeDecodeError, zlib.error) as error:
        raise ProblemError(f"{path}: {error}") from error


def _read_array(path: Path) -> Iterator[ProblemRow]:
    try:
        items = _json(path.read_text(encoding="utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise ProblemError(f"{path}: {error}") from error
    if not isinstance(items, list):
        raise ProblemError(f"{path}: expected a JSON array of objects, found {type(items).__name__}")
    for number, item in enumerate(items, start=1):
        where = f"{path}, element {number}"
        yield ProblemRow(_object(item, where), where)


def _read_parquet(path: Path) -> Iterator[ProblemRow]:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise ProblemError(f"{path}: reading Parquet needs pyarrow: `pip install pyarrow`, or use .jsonl") from None
    try:
        with pyarrow.parquet.ParquetFile(path) as file:
            number = 0
            for batch in file.iter_batches(batch_size=100):
                for fields in batch.to_pylist():
                    number += 1
                    yield ProblemRow(_without_nulls(fields), f"{path}, row {number}")
    except (OSError, pyarrow.ArrowException, ValueError, ArithmeticError) as error:
        raise ProblemError(
            f"{path}: {' '.join(str(error).split())}"
        ) from error  # times out of range, texts in no UTF-8


def _without_nulls(value: Any) -> Any:
    """A column or a struct's field that a row does not have is null in Parquet."""
    if isinstance(value, dict):
        return {name: _without_nulls(item) for name, item in value.items() if item is not None}
    return [_without_nulls(item) for item in value] if isinstance(value, list) else value


def _json(text: str, where: str) -> Any:
    try:
        return read_json(text)
    except ValueError as error:
        raise ProblemError(f"{where}: not JSON ({error})") from None


def _object(value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ProblemError(f"{where}: expected a JSON object, found {type(value).__name__}")
    return value
