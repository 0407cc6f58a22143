"""Which part of a tensor a rank holds: our arithmetic against what vLLM's own layers and weight loaders do.

No process group is needed: the layers are told their rank.
"""

from collections.abc import Sequence
from typing import Any

import pytest

from actors.inference.shards import Shard, linear_shards, vocabulary_shard

pytest.importorskip("vllm")
RANKS = [(0, 1), (0, 2), (1, 2), (0, 4), (3, 4)]
HEAD, HIDDEN, MIDDLE = 8, 32, 48


@pytest.fixture(params=RANKS, ids=lambda pair: f"rank{pair[0]}of{pair[1]}")
def ranks(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> tuple[int, int]:
    import vllm.model_executor.layers.linear as linear
    import vllm.model_executor.layers.vocab_parallel_embedding as vocabulary
    import vllm.model_executor.parameter as parameter

    rank, world = request.param
    for module in (linear, vocabulary, parameter):
        monkeypatch.setattr(module, "get_tensor_model_parallel_rank", lambda: rank)
        monkeypatch.setattr(module, "get_tensor_model_parallel_world_size", lambda: world)
    return rank, world


def numbers(*shape: int) -> Any:
    import torch

    return torch.arange(torch.Size(shape).numel(), dtype=torch.float32).reshape(shape) + 1000 * len(shape)


def assert_held(held: Any, shards: Sequence[Shard] | None, files: dict[str, Any]) -> None:
    import torch

    assert shards is not None
    covered = 0
    for shard in shards:
        expected = files[shard.name][shard.rows.start : shard.rows.stop]
        if shard.columns is not None:
            expected = expected[:, shard.columns.start : shard.columns.stop]
        assert torch.equal(held[shard.at : shard.at + len(shard.rows)], expected)
        covered += len(shard.rows)
    assert covered == held.shape[0]


def shapes(files: dict[str, Any]) -> dict[str, tuple[int, ...]]:
    return {name: tuple(tensor.shape) for name, tensor in files.items()}


@pytest.mark.parametrize("key_heads", [1, 2, 4])
@pytest.mark.parametrize("fused", [False, True], ids=["apart", "fused"])
def test_attention(ranks: tuple[int, int], key_heads: int, fused: bool) -> None:
    import torch
    from vllm.model_executor.layers.linear import QKVParallelLinear

    layer = QKVParallelLinear(HIDDEN, HEAD, 4, key_heads, bias=True, params_dtype=torch.float32)
    sizes = {"q": 4 * HEAD, "k": key_heads * HEAD, "v": key_heads * HEAD}
    for kind, width in (("weight", (HIDDEN,)), ("bias", ())):
        whole = numbers(sum(sizes.values()), *width)
        parts = dict(zip(sizes, whole.split(list(sizes.values())), strict=True))
        held = getattr(layer, kind)
        for part, tensor in parts.items():
            held.weight_loader(held, tensor.clone(), part)
        files = {"all": whole} if fused else parts
        assert_held(held.data, linear_shards(layer, list(files), shapes(files)), files)


def test_gate_and_up(ranks: tuple[int, int]) -> None:
    import torch
    from vllm.model_executor.layers.linear import MergedColumnParallelLinear

    layer = MergedColumnParallelLinear(HIDDEN, [MIDDLE, MIDDLE], bias=False, params_dtype=torch.float32)
    files = {"gate": numbers(MIDDLE, HIDDEN), "up": -numbers(MIDDLE, HIDDEN)}
    for part, tensor in enumerate(files.values()):
        layer.weight.weight_loader(layer.weight, tensor, part)
    assert_held(layer.weight.data, linear_shards(layer, ["gate", "up"], shapes(files)), files)
    together = {"both": torch.cat(list(files.values()))}
    assert_held(layer.weight.data, linear_shards(layer, ["both"], shapes(together)), together)


def test_row_parallel_and_plain(ranks: tuple[int, int]) -> None:
    import torch
    from vllm.model_executor.layers.linear import ColumnParallelLinear, ReplicatedLinear, RowParallelLinear

    for kind in (RowParallelLinear, ColumnParallelLinear, ReplicatedLinear):
        layer = kind(MIDDLE, HIDDEN, bias=False, params_dtype=torch.float32)
        files = {"it": numbers(HIDDEN, MIDDLE)}
        layer.weight.weight_loader(layer.weight, files["it"])
        assert_held(layer.weight.data, linear_shards(layer, ["it"], shapes(files)), files)


def test_vocabulary(ranks: tuple[int, int]) -> None:
    import torch
    from vllm.model_executor.layers.vocab_parallel_embedding import VocabParallelEmbedding

    layer = VocabParallelEmbedding(300, HIDDEN, params_dtype=torch.float32)
    files = {"it": numbers(300, HIDDEN)}
    layer.weight.weight_loader(layer.weight, files["it"])
    shards = vocabulary_shard(layer, "it", shapes(files))
    assert shards is not None
    assert_held(layer.weight.data[: len(shards[0].rows)], shards, files)


def test_a_tensor_of_another_size_is_none_of_the_layers(ranks: tuple[int, int]) -> None:
    import torch
    from vllm.model_executor.layers.linear import MergedColumnParallelLinear

    layer = MergedColumnParallelLinear(HIDDEN, [MIDDLE, MIDDLE], bias=False, params_dtype=torch.float32)
    assert linear_shards(layer, ["gate", "up"], {"gate": (MIDDLE, HIDDEN)}) is None
    assert linear_shards(layer, ["gate", "up"], {"gate": (MIDDLE, HIDDEN), "up": (MIDDLE - 4, HIDDEN)}) is None
