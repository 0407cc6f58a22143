"""Which part of which of a checkpoint's tensors a layer of the engine holds on one tensor-parallel rank.

vLLM fuses matrices (q, k and v; gate and up) and gives each rank some of the output rows of a column-parallel layer,
some of the input columns of a row-parallel one, and some of the vocabulary. Key and value heads that are fewer than
the ranks are repeated. What is read off a layer here are its sizes; vLLM's weight loaders are not used, so that a
mistake in them shows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

Shapes = dict[str, tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Shard:
    """Rows from `at` on of what the layer holds are `rows` (and `columns`, None: all) of the tensor `name`."""

    name: str
    at: int
    rows: range
    columns: range | None = None


def linear_shards(layer: Any, names: Sequence[str], shapes: Shapes) -> list[Shard] | None:
    """Of a linear layer's weight or bias; `names`: its sources, in the order of the fused parts.

    A source may hold all parts (Phi-3). None if the tensors do not have the sizes that the layer says.
    """
    if any(name not in shapes for name in names):
        return None
    parts = _parts(layer)
    if len(names) not in (1, len(parts)):
        return None
    shards, at, base = [], 0, 0
    for number, (whole, start, size) in enumerate(parts):
        first = base + start if len(names) == 1 else start
        name = names[0] if len(names) == 1 else names[number]
        shards.append(Shard(name, at, range(first, first + size), _columns(layer, shapes[name])))
        at, base = at + size, base + whole
    sizes = [base] if len(names) == 1 else [whole for whole, _, _ in parts]
    return shards if sizes == [shapes[name][0] for name in names] else None


def vocabulary_shard(layer: Any, name: str, shapes: Shapes) -> list[Shard] | None:
    """Of an embedding, or an output matrix: this rank's part of the vocabulary, without padding."""
    held = layer.shard_indices
    if name not in shapes or shapes[name][0] < held.org_vocab_end_index:
        return None
    return [Shard(name, 0, range(held.org_vocab_start_index, held.org_vocab_end_index))]


def _parts(layer: Any) -> list[tuple[int, int, int]]:
    """(rows in the checkpoint, first row, rows) of each fused part on this rank."""
    rank, ranks = layer.tp_rank, layer.tp_size
    if hasattr(layer, "total_num_kv_heads"):
        keys, values = layer.num_kv_heads * layer.head_size, layer.num_kv_heads * layer.v_head_size
        queries, shared = layer.num_heads * layer.head_size, rank // layer.num_kv_head_replicas
        all_keys, all_values = (layer.total_num_kv_heads * size for size in (layer.head_size, layer.v_head_size))
        return [
            (queries * ranks, rank * queries, queries),
            (all_keys, shared * keys, keys),
            (all_values, shared * values, values),
        ]
    if hasattr(layer, "input_is_parallel"):  # row-parallel: every rank has all rows
        return [(layer.output_size, 0, layer.output_size)]
    sizes = layer.output_partition_sizes
    split = hasattr(layer, "gather_output")  # column-parallel
    return [(size * ranks, rank * size, size) if split else (size, 0, size) for size in sizes]


def _columns(layer: Any, shape: tuple[int, ...]) -> range | None:
    if len(shape) < 2 or not hasattr(layer, "input_is_parallel"):
        return None
    size = layer.input_size_per_partition
    return range(layer.tp_rank * size, (layer.tp_rank + 1) * size)
