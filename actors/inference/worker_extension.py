"""What vLLM's workers do for us, one per tensor-parallel rank: refresh packed weights, compare weights with files.

vLLM mixes WeightsExtension into its worker class (`worker_extension_cls`) and calls its methods through
`collective_rpc`, so only numbers and text go in and out.

On a CPU vLLM packs the weights of a linear layer for oneDNN or AMX and drops the originals. What such a layer holds is
asked of the layer itself: a one-hot vector gives one column of its matrix, exactly, in either number format; a vector
of random signs gives a sum over each row, in which a change anywhere shows beyond the rounding. Elsewhere the
parameters are compared as they lie, element by element.
"""

import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from actors.inference.checkpoint_tensors import CheckpointTensors, elements
from actors.inference.merged_tensors import MergedTensors, open_tensors
from actors.inference.shards import Shard, linear_shards, vocabulary_shard

COMPARED_ELEMENTS = 1 << 31
"""By each rank, about; if it holds more, a block of rows of each matrix is compared, and all that is small."""
SMALL_ELEMENTS = 1 << 16
COLUMNS = 16
"""Of each packed matrix that are compared exactly."""
NOTHING = 1e-30
"""Kernels may flush denormal numbers to zero."""
SHOWN = 5


@dataclass(frozen=True, slots=True)
class Held:
    """A parameter of the engine and where its values are in the checkpoint; `layer` if they are packed."""

    shards: list[Shard]
    tensor: Any
    layer: Any = None


class WeightsExtension:
    """Methods of every worker; vLLM refuses names that its own worker has."""

    def refresh_packed_weights(self) -> int:
        """Pack a tied output matrix again, and count those. Call after `reload_weights`.

        vLLM's layerwise reload packs a layer when all of its weights came from the file. A tied output layer has
        none of its own there: the embedding that it shares is replaced, and the packed copy that it computes with
        would stay the old one.
        """
        model = self.get_model()  # type: ignore[attr-defined]
        tied = [layer for layer in _outputs(model) if hasattr(layer, "cpu_linear") and _owner(model, layer)]
        for layer in tied:
            layer.quant_method.process_weights_after_loading(layer)
        return len(tied)

    def reload_adapted(self, path: str) -> None:
        """`reload_weights` with those of the adapter in `path`, merged as they are read."""
        tensors = open_tensors(path)
        assert isinstance(tensors, MergedTensors), f"{path} holds no adapter"
        self.reload_weights(weights_iterator=tensors.tensors())  # type: ignore[attr-defined]

    def compare_with_files(self, path: str) -> dict[str, Any]:
        """What this rank holds against the files in `path`.

        `different`: a line for each of the first few parameters that are not the file's, `count` of them all.
        `elements`: of the checkpoint that lie in tensors which were compared, wholly or in part, of `all_elements`.
        `unknown`: the first few tensors of the file that no parameter is known to hold.
        """
        import torch

        started = time.monotonic()
        files = open_tensors(path)
        ranks = self.vllm_config.parallel_config.tensor_parallel_size  # type: ignore[attr-defined]
        share = min(1.0, COMPARED_ELEMENTS * ranks / max(1, files.elements))
        model = self.get_model()  # type: ignore[attr-defined]
        dtype = self.vllm_config.model_config.dtype  # type: ignore[attr-defined]
        known: set[str] = set()
        different = []
        with torch.inference_mode():
            for name, held in _held(model, files):
                known.update(shard.name for shard in held.shards)
                if (line := _difference(held, files, share, dtype)) is not None:
                    different.append(f"{name}: {line}")
        unknown = sorted(files.shapes.keys() - known)
        return {
            "different": different[:SHOWN],
            "count": len(different),
            "tensors": len(known),
            "elements": sum(elements(files.shapes[name]) for name in known),
            "all_elements": files.elements,
            "unknown": unknown[:SHOWN],
            "seconds": time.monotonic() - started,
        }


def _held(model: Any, files: CheckpointTensors) -> Iterator[tuple[str, Held]]:
    """Every parameter whose place in the files is known, under the engine's name."""
    from vllm.model_executor.layers.linear import LinearBase
    from vllm.model_executor.layers.vocab_parallel_embedding import ParallelLMHead, VocabParallelEmbedding

    fused = getattr(model, "packed_modules_mapping", {})
    for module_name, module in model.named_modules():
        parent, _, leaf = module_name.rpartition(".")
        sources = [f"{parent}.{source}".lstrip(".") for source in fused.get(leaf, [leaf])]
        for kind, tensor in module.named_parameters(recurse=False):
            names = [f"{source}.{kind}".lstrip(".") for source in sources]
            packed = module if kind == "weight" and hasattr(module, "cpu_linear") else None
            if isinstance(module, VocabParallelEmbedding):
                if names[0] not in files.shapes and (owner := _owner(model, module)):
                    names = [f"{owner}.{kind}"]
                shards = vocabulary_shard(module, names[0], files.shapes)
                packed = packed if isinstance(module, ParallelLMHead) else None  # an embedding is looked up
            elif isinstance(module, LinearBase):
                shards = linear_shards(module, names, files.shapes)
            else:
                same = files.shapes.get(names[0]) == tuple(tensor.shape) and tensor.dim() > 0
                shards = [Shard(names[0], 0, range(tensor.shape[0]))] if same else None
            if shards is not None:
                yield f"{module_name}.{kind}", Held(shards, tensor, packed)


def _difference(held: Held, files: CheckpointTensors, share: float, dtype: Any) -> str | None:
    """What to say about a parameter that is not the file's. Of a large checkpoint a `share` of the rows is read."""
    import torch

    wrong = total = unreal = 0
    farthest = 0.0
    for shard in held.shards:
        rows = _block(shard, files.shapes[shard.name], share)
        probe = None if held.layer is None else _Packed(held.layer, shard.name, dtype)
        for part, read in files.chunks(shard.name, rows, shard.columns):
            first = shard.at + part.start - shard.rows.start
            at = slice(first, first + len(part))
            expected = read.to(dtype)
            off = (
                probe.off(at, expected)
                if probe is not None
                else _off(held.tensor[at].to(dtype), expected.to(held.tensor.device))
            )
            wrong, total = wrong + int((off > 0).sum()), total + off.numel()
            unreal += int((~torch.isfinite(expected)).sum()) if bool((off > 0).any()) else 0
            farthest = max(farthest, float(off.max())) if off.numel() else farthest
    if unreal:
        return f"{unreal} values of the file are nan or infinite; train, or copy, the model again"
    return f"{wrong} of {total} values differ, by up to {farthest:.3g}" if wrong else None


def _block(shard: Shard, shape: tuple[int, ...], share: float) -> range:
    """Rows to compare: all, or a run of them, elsewhere for each tensor."""
    if share >= 1 or elements(shape) <= SMALL_ELEMENTS:
        return shard.rows
    size = max(1, round(share * len(shard.rows)))
    start = shard.rows.start + zlib.crc32(shard.name.encode()) % (len(shard.rows) - size + 1)
    return range(start, start + size)


def _off(found: Any, expected: Any) -> Any:
    """Absolute differences, 0 where they mean nothing and infinite where one side is no number."""
    import torch

    off = (found.float() - expected.float()).abs()
    off = torch.nan_to_num(off, nan=float("inf"))
    return torch.where(off <= NOTHING, torch.zeros_like(off), off)


class _Packed:
    """A packed matrix, asked through the layer that computes with it: some columns, and a signed sum of all."""

    def __init__(self, layer: Any, name: str, dtype: Any) -> None:
        import torch

        width = getattr(layer, "input_size_per_partition", None) or layer.input_size
        seed = zlib.crc32(name.encode())
        step = max(1, width // COLUMNS)
        self.columns = torch.arange(seed % step, width, step)
        random = torch.Generator().manual_seed(seed)
        self.signs = torch.randint(0, 2, (width,), generator=random).float() * 2 - 1
        ones = torch.zeros(len(self.columns), width)
        ones[torch.arange(len(self.columns)), self.columns] = 1
        asked = torch.cat([ones, self.signs[None]]).to(dtype)
        self.answers = layer.cpu_linear(asked, layer.weight, None).float()
        self.rounding = torch.finfo(dtype).eps

    def off(self, rows: slice, expected: Any) -> Any:
        """Differences of columns and, beyond its rounding, of the sum; `expected`: [rows, width]."""
        import torch

        exact = _off(self.answers[:-1, rows], expected[:, self.columns].T)
        matrix = expected.float()
        wanted = matrix @ self.signs
        # The sum is rounded once to the number format, and on its way in float32: by less than this for any order.
        allowed = self.rounding * wanted.abs() + 2.0**-18 * torch.linalg.vector_norm(matrix, 1, dim=1)
        beyond = _off(self.answers[-1, rows], wanted)
        return torch.cat([exact, torch.where(beyond <= allowed, torch.zeros_like(beyond), beyond)[None]])


def _outputs(model: Any) -> list[Any]:
    from vllm.model_executor.layers.vocab_parallel_embedding import ParallelLMHead

    return [module for module in model.modules() if isinstance(module, ParallelLMHead)]


def _owner(model: Any, tied: Any) -> str | None:
    """Name of the other module whose weight this one shares."""
    for name, module in model.named_modules():
        if module is not tied and getattr(module, "weight", None) is tied.weight:
            return name
    return None
