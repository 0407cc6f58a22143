"""The header of a safetensors file: names, shapes and places of its tensors, without the tensors."""

import math
import struct
from pathlib import Path
from typing import Any

from sandbox.json_text import read_json

MOST_HEADER = 100 << 20
"""Bytes of a header; one of more is no header."""


def read_header(path: Path) -> tuple[int, dict[str, Any]]:
    """Bytes before the tensors, and what the header says of each. Raises ValueError if there is none."""
    size = path.stat().st_size
    with path.open("rb") as file:
        first = file.read(8)
        length = struct.unpack("<Q", first)[0] if len(first) == 8 else MOST_HEADER
        header = file.read(length) if length < min(MOST_HEADER, size) else b""
    tensors = read_json(header)
    if not isinstance(tensors, dict):
        raise ValueError(f"{path} has a header that is no object")
    return 8 + length, {name: entry for name, entry in tensors.items() if name != "__metadata__"}


def weight_files(directory: Path) -> list[Path]:
    """The safetensors files that make up a model: those of its index, or the one file; they need not be there.

    Raises ValueError if an index names what lies elsewhere: it would be no part of what names the model.
    """
    index = directory / "model.safetensors.index.json"
    if not index.is_file():
        return [directory / "model.safetensors"]
    names = sorted(set(read_json(index.read_text())["weight_map"].values()))
    if (foreign := next((name for name in names if not is_own_name(name)), None)) is not None:
        raise ValueError(f"{index} names {foreign!r}, expected names of safetensors files beside it")
    return [directory / name for name in names]


def is_own_name(name: object) -> bool:
    """Whether an index may call a file so: one that lies in its own directory, as engines read no other."""
    return isinstance(name, str) and Path(name).name == name and name.endswith(".safetensors") and "\0" not in name


def count_parameters(directory: Path) -> dict[str, int]:
    """Parameters of a model by the type that they are stored in, as in {"BF16": 134515008}. Raises OSError or
    ValueError if a file is missing or no safetensors."""
    counts: dict[str, int] = {}
    for path in weight_files(directory):
        for entry in read_header(path)[1].values():
            counts[entry["dtype"]] = counts.get(entry["dtype"], 0) + math.prod(entry["shape"])
    return counts
