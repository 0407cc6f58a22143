"""The publishers' own files, for tests that read them: they need MUCODE_DATA_DIR."""

import gzip
import json
import os
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from sandbox.problem import FunctionTest
from sandbox.problems.data_set import DataSet
from sandbox.problems.load import read_problems
from sandbox.problems.sources import DATA_DIR

FOLDER = Path(os.environ.get(DATA_DIR, ""))
real = pytest.mark.skipif(DATA_DIR not in os.environ, reason=f"{DATA_DIR} is not set")


def raw(file: str) -> list[dict[str, Any]]:
    """The publisher's rows, read by other means than the loaders'."""
    path = FOLDER / file
    if path.suffix == ".json":
        return list(json.loads(path.read_text()))
    text = gzip.decompress(path.read_bytes()).decode() if path.suffix == ".gz" else path.read_text()
    return [json.loads(line) for line in text.splitlines() if line.strip()]


@cache
def published(name: str) -> DataSet:
    """Read once: the large sets take seconds."""
    return read_problems(name)


def sources(tests: tuple[object, ...]) -> list[str]:
    return [test.source for test in tests if isinstance(test, FunctionTest)]
