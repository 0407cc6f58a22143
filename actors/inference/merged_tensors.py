"""A base's tensors with an adapter added, as one model's: computed when they are read, never written.

Sums are made in float64 and rounded to float32, in blocks of rows that do not depend on what is asked for: whoever
reads a part sees the bits of whoever reads all.
"""

from collections.abc import Iterator
from typing import Any

from actors.inference.adapter import DOWN, PREFIX, UP, WEIGHTS, Adapter, base_directory, find_adapter
from actors.inference.checkpoint_tensors import CHUNK_ELEMENTS, CheckpointTensors, elements
from actors.storage.checkpoint import CheckpointError


class MergedTensors(CheckpointTensors):
    """Adapted tensors are float32; the others are as they are stored."""

    def __init__(self, adapter: Adapter) -> None:
        """Raises CheckpointError if the adapter is of another model."""
        from safetensors.torch import load_file

        super().__init__(base_directory(adapter.directory))
        found = load_file(adapter.directory / WEIGHTS)
        own = {name.removeprefix(PREFIX): tensor for name, tensor in found.items()}
        downs = {name.removesuffix(DOWN) + ".weight": tensor for name, tensor in own.items() if name.endswith(DOWN)}
        ups = {name.removesuffix(UP) + ".weight": tensor for name, tensor in own.items() if name.endswith(UP)}
        self._whole = {name: tensor for name, tensor in own.items() if not name.endswith((DOWN, UP))}
        self._pairs = {name: (downs[name].double(), ups[name].double() * adapter.scale) for name in downs.keys() & ups}
        self._require_fit(adapter, downs.keys() ^ ups.keys())
        self.shapes |= {name: tuple(tensor.shape) for name, tensor in self._whole.items()}

    def _require_fit(self, adapter: Adapter, single: set[str]) -> None:
        for name, (down, up) in self._pairs.items():
            if self.shapes.get(name) != (up.shape[0], down.shape[1]):
                single.add(name)
        if single:
            name = min(single)
            raise CheckpointError(
                f"{adapter.directory} adapts {name}, which its base has with the shape {self.shapes.get(name)}: it is "
                "of another model, or cut"
            )

    @property
    def adapted(self) -> list[str]:
        """Names of what the adapter changes or adds."""
        return [*self._pairs, *self._whole]

    def read(self, name: str) -> Any:
        """A whole tensor."""
        import torch

        shape = self.shapes[name]
        if name in self._whole or not shape:
            return self._whole[name] if name in self._whole else self._slices[name][...]
        return torch.cat([part for _, part in self.chunks(name, range(shape[0]), None)])

    def tensors(self) -> Iterator[tuple[str, Any]]:
        """All of the model, one after the other."""
        for name in self.shapes:
            yield name, self.read(name)

    def chunks(self, name: str, rows: range, columns: range | None) -> Iterator[tuple[range, Any]]:
        if name in self._whole:
            found = self._whole[name][rows.start : rows.stop]
            yield rows, found if columns is None else found[:, columns.start : columns.stop]
        elif name in self._pairs:
            yield from self._merged(name, rows, columns)
        else:
            yield from super().chunks(name, rows, columns)

    def _merged(self, name: str, rows: range, columns: range | None) -> Iterator[tuple[range, Any]]:
        down, up = self._pairs[name]
        step = max(1, CHUNK_ELEMENTS // max(1, elements(self.shapes[name][1:])))
        for first in range(rows.start // step * step, rows.stop, step):
            stop = min(first + step, self.shapes[name][0])
            block = (self._slices[name][first:stop].double() + up[first:stop] @ down).float()
            part = range(max(first, rows.start), min(stop, rows.stop))
            found = block[part.start - first : part.stop - first]
            yield part, found if columns is None else found[:, columns.start : columns.stop]


def open_tensors(directory: str) -> CheckpointTensors:
    """Those of a model directory, or of an adapter on its base."""
    adapter = find_adapter(directory)
    return CheckpointTensors(directory) if adapter is None else MergedTensors(adapter)


def merge_adapter(model: Any, directory: str) -> None:
    """Give a transformers model of the base the weights of the adapter in `directory`; nothing if that holds none."""
    import torch

    adapter = find_adapter(directory)
    if adapter is None:
        return
    tensors, parameters = MergedTensors(adapter), dict(model.named_parameters())
    if missing := [name for name in tensors.adapted if name not in parameters]:
        raise CheckpointError(f"{directory} adapts {missing[0]}, which {type(model).__name__} calls otherwise")
    with torch.no_grad():
        for name in tensors.adapted:
            parameters[name].copy_(tensors.read(name))
