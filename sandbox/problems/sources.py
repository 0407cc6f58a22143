"""Where the rows of a published data set come from: MUCODE_DATA_DIR in the publisher's own layout, else by name."""

import gzip
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sandbox.errors import ProblemError

DATA_DIR = "MUCODE_DATA_DIR"
Row = dict[str, Any]


def read_jsonl(path: Path) -> Iterator[tuple[int, Row]]:
    """(line number, object) of every line that is not blank. Raises ProblemError that names file and line."""
    try:
        with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    yield number, _object(line, f"{path}, line {number}")
    except (OSError, UnicodeDecodeError) as error:
        raise ProblemError(f"{path}: {error}") from error


def _object(line: str, where: str) -> Row:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ProblemError(f"{where}: not JSON ({error})") from None
    if not isinstance(row, dict):
        raise ProblemError(f"{where}: expected a JSON object, found {type(row).__name__}")
    return row


def published(file: str, hub_name: str, configuration: str | None) -> Iterator[Row]:
    """Rows of a data set: `file` below MUCODE_DATA_DIR if that is set, else `hub_name` by the datasets library."""
    folder = os.environ.get(DATA_DIR)
    if folder:
        path = Path(folder) / file
        if not path.exists():
            raise ProblemError(f"{path} does not exist; {DATA_DIR} must hold {file} as its publisher distributes it")
        return (row for _, row in read_jsonl(path))
    return _downloaded(file, hub_name, configuration)


def _downloaded(file: str, hub_name: str, configuration: str | None) -> Iterator[Row]:
    """Declared, not run where this was written: no model hub could be reached from there."""
    advice = f"set {DATA_DIR} to a folder that holds {file}, or `pip install datasets` on a machine with network access"
    try:
        import datasets
    except ImportError:
        raise ProblemError(f"{hub_name} is neither here nor can it be downloaded: {advice}") from None
    try:
        splits = datasets.load_dataset(hub_name, configuration)
    except Exception as error:  # the library raises many kinds when it is offline
        raise ProblemError(f"downloading {hub_name} failed ({error}): {advice}") from error
    return (dict(row) for split in splits.values() for row in split)
