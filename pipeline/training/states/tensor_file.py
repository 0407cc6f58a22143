"""A safetensors file that is written tensor by tensor, so that a model's state is never in memory as a whole."""

import json
import math
import struct
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor

BYTES = 4
"""Of a number."""
ALIGNMENT = 8
"""The tensors begin at a multiple of it, as safetensors' own writer has it."""


def write_tensors(path: Path, shapes: Mapping[str, tuple[int, ...]], tensors: "Iterator[Tensor]") -> None:
    """Write a tensor of `tensors` for each of `shapes`, in fp32 and in their order; further ones are not asked for.

    Raises ValueError if one has another shape than was said.
    """
    with path.open("wb") as file:
        file.write(_header(shapes))
        for name, shape in shapes.items():
            tensor = next(tensors).detach().float().cpu().contiguous()
            if tuple(tensor.shape) != shape:
                raise ValueError(f"{name} has the shape {tuple(tensor.shape)}, expected {shape}")
            file.write(tensor.numpy().data)


def _header(shapes: Mapping[str, tuple[int, ...]]) -> bytes:
    """Names, shapes and places, as https://github.com/huggingface/safetensors describes the format."""
    entries: dict[str, Any] = {}
    end = 0
    for name, shape in shapes.items():
        begin, end = end, end + BYTES * math.prod(shape)
        entries[name] = {"dtype": "F32", "shape": shape, "data_offsets": [begin, end]}
    text = json.dumps(entries).encode()
    text += b" " * (-len(text) % ALIGNMENT)
    return struct.pack("<Q", len(text)) + text
