"""An engine with an adapter answers as the merged model does, in place, also where it starts with one."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest

from actors.inference.adapter import write_adapter
from actors.inference.engine import EngineConfig, Sampling
from actors.inference.merged_tensors import merge_adapter
from actors.inference.weights import WeightsError, compare_tensors, probe_ids
from actors.storage.checkpoint import Checkpoint, save_atomically, weights_checksum
from tests.ray.tiny_vllm import save_tiny_llama

pytest.importorskip("vllm")

Run = Callable[[Coroutine[Any, Any, Any]], Any]
GREEDY = Sampling(temperature=0.0, max_tokens=16)
PROMPTS = [probe_ids(300, 3 + 11 * i) for i in range(4)]
LAYERS = (
    "self_attn.q_proj",
    "self_attn.k_proj",
    "self_attn.v_proj",
    "self_attn.o_proj",
    "mlp.gate_proj",
    "mlp.down_proj",
)


@pytest.fixture(scope="module")
def run() -> Iterator[Run]:
    with asyncio.Runner() as runner:
        yield runner.run


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Checkpoint:
    path = save_tiny_llama(tmp_path_factory.mktemp("base") / "model", 1, tied=True)
    return Checkpoint(path=path, policy_id=weights_checksum(path))


def adapter(folder: Path, base: Checkpoint, seed: int) -> Checkpoint:
    """Of random matrices, large enough to change every answer; up_proj has none."""
    import torch
    from transformers import AutoModelForCausalLM

    random = torch.Generator().manual_seed(seed)
    shapes = {
        name: tuple(one.shape) for name, one in AutoModelForCausalLM.from_pretrained(base.path).named_parameters()
    }
    tensors = {}
    for name in (f"model.layers.{block}.{layer}" for block in (0, 1) for layer in LAYERS):
        out, wide = shapes[f"{name}.weight"]
        tensors[f"{name}.lora_A.weight"] = torch.randn(4, wide, generator=random) * 0.2
        tensors[f"{name}.lora_B.weight"] = torch.randn(out, 4, generator=random) * 0.2

    def write(directory: Path) -> None:
        write_adapter(directory, tensors, base=base.path, base_policy_id=base.policy_id, rank=4, alpha=8.0)

    return save_atomically(write, str(folder / f"adapter-{seed}"))


@pytest.fixture(scope="module")
def adapters(tmp_path_factory: pytest.TempPathFactory, base: Checkpoint) -> list[Checkpoint]:
    folder = tmp_path_factory.mktemp("adapters")
    return [adapter(folder, base, seed) for seed in (1, 2)]


def merged_greedy(base: Checkpoint, checkpoint: Checkpoint, prompt: list[int]) -> list[int]:
    import torch
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(base.path).eval()
    merge_adapter(model, checkpoint.path)
    ids = torch.tensor([prompt])
    found = model.generate(ids, attention_mask=torch.ones_like(ids), do_sample=False, max_new_tokens=16)
    return found[0, len(prompt) :].tolist()


async def answers(engine: Any) -> list[list[int]]:
    found = await asyncio.gather(*(engine.generate(prompt, GREEDY) for prompt in PROMPTS))
    return [list(one[0].token_ids) for one in found]


@pytest.fixture(scope="module", params=["in_process", pytest.param("async", marks=pytest.mark.slow)])
def engine(request: pytest.FixtureRequest, adapters: list[Checkpoint], run: Run) -> Iterator[Any]:
    """It starts with an adapter, as a generator does that is begun again in the middle of an iteration."""
    from actors.inference.open import open_engine

    built = open_engine(EngineConfig(checkpoint=adapters[0], kind=request.param, kv_cache_mib=64))
    yield built
    run(built.close())


def test_policies_take_turns_in_place(engine: Any, base: Checkpoint, adapters: list[Checkpoint], run: Run) -> None:
    seen = {}
    for policy in (adapters[0], base, adapters[1], adapters[0], base):
        report = run(engine.load(policy))
        assert report.rebuilt == "" and report.share == 1.0 and report.reference
        assert run(answers(engine)) == [merged_greedy(base, policy, prompt) for prompt in PROMPTS]
        seen[policy.policy_id] = run(answers(engine))
    assert len({str(one) for one in seen.values()}) == 3


def test_another_adapter_in_the_engine_is_found(engine: Any, adapters: list[Checkpoint], run: Run) -> None:
    run(engine.load(adapters[0]))
    with pytest.raises(WeightsError, match=r"1\d parameters differ on rank 0|[1-9] parameters differ"):
        path = adapters[1].path
        compare_tensors(run(engine._on_workers("comparing", "compare_with_files", path=path)), path)
