"""The tensors of a checkpoint's safetensors files, read by name and by slice; never a file as a whole."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from actors.storage.tensor_headers import weight_files

CHUNK_ELEMENTS = 1 << 20
"""Of a tensor at once: 4 MiB in float32, which stays in a core's cache (64 MiB took three times as long)."""


class CheckpointTensors:
    """Names and shapes from the files' headers; values are mapped, and copied in chunks of at most CHUNK_ELEMENTS."""

    def __init__(self, directory: str) -> None:
        from safetensors import safe_open

        self._slices: dict[str, Any] = {}
        self._files = [safe_open(str(path), framework="pt") for path in weight_files(Path(directory))]
        for file in self._files:
            self._slices.update({name: file.get_slice(name) for name in list(file.keys())})
        self.shapes: dict[str, tuple[int, ...]] = {name: tuple(s.get_shape()) for name, s in self._slices.items()}

    @property
    def elements(self) -> int:
        """Of all tensors: the model's parameters, a tied matrix once."""
        return sum(elements(shape) for shape in self.shapes.values())

    def chunks(self, name: str, rows: range, columns: range | None) -> Iterator[tuple[range, Any]]:
        """(rows, tensor) one after the other; `columns` None: all that there is beyond the first dimension."""
        width = elements(self.shapes[name][1:]) if columns is None else len(columns)
        step = max(1, CHUNK_ELEMENTS // max(1, width))
        for start in range(rows.start, rows.stop, step):
            part = range(start, min(start + step, rows.stop))
            found = self._slices[name]
            if columns is None:
                yield part, found[part.start : part.stop]
            else:
                yield part, found[part.start : part.stop, columns.start : columns.stop]


def elements(shape: tuple[int, ...]) -> int:
    """Product of a shape; 1 of a scalar's."""
    count = 1
    for size in shape:
        count *= size
    return count
