"""What each role takes of an accelerator, by arithmetic that is checked against real models, and what is refused."""

import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.config.load import load_config
from pipeline.placement.memory import activation_bytes, check_memory, training_state_bytes
from pipeline.placement.model_shape import ModelShape, find_model_shape, shape_of_config
from pipeline.placement.nodes import Node, ResourceError
from pipeline.placement.resources import plan_resources

EMBEDDED = Path(__file__).parents[4] / "pipeline" / "embedded"
EIGHT_B = ["model.generator=org/Model-8B", "model.verifier=org/Model-8B", "model.dtype=bfloat16", "verifier.gpus=0.3"]
EIGHT_B += ["model.max_tokens=4096", "generator.gpus=0.7", "generator.gpu_memory_fraction=0.6", "training.zero_stage=3"]
NAMED = "org/Model-8B: its name says 8e+09 parameters; its activations and its cache were not checked"
FOUR = ["generator.replicas=4", "verifier.replicas=4", "training.workers=4"]


def checked(gib: float | None, *settings: str) -> list[str]:
    config = load_config(overrides=[*EIGHT_B, *FOUR, *settings])
    nodes = [Node(name="n1", cpus=32, accelerators=(1.0,) * 4, accelerator_gib=gib, sandbox=2.0)]
    return check_memory(config, plan_resources(config, nodes), nodes)


def test_eight_billion_parameters_fit_80_gib_and_not_45() -> None:
    assert checked(79) == [NAMED]
    with pytest.raises(
        ResourceError, match=r"each verifier takes 15\.4 GiB, and may take 13\.5 GiB of .* 45 GiB: raise"
    ):
        checked(45)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            ["training.zero_stage=1"],
            r"worker of fine-tuning takes 52\.7 GiB.* may take 45\.0 GiB .* training\.zero_stage = 3",
        ),
        (["generator.gpu_memory_fraction=0.3"], r"rank of a generator, .* takes 14\.9 GiB, and may take 13\.5 GiB"),
        (
            ["generator.gpu_memory_fraction=0.8"],
            r"gpu_memory_fraction = 0\.8 is more than .* generator\.gpus = 0\.7; lower",
        ),
    ],
)
def test_what_cannot_fit_is_refused_with_the_setting_to_change(settings: list[str], message: str) -> None:
    with pytest.raises(ResourceError, match=message):
        checked(45, "verifier.gpus=0.0", *settings)


def test_a_frozen_verifier_takes_its_weights_alone() -> None:
    """8 B parameters with one worker: 16 bytes each for a whole training, 2 where the head alone is trained."""
    alone = ["training.workers=1", "verifier.gpus=0.0", "run.iterations=0"]
    with pytest.raises(ResourceError, match=r"each worker of .* takes 119\.7 GiB"):
        checked(79, *alone)
    assert checked(79, *alone, "verifier.freeze=true") == [NAMED]
    with pytest.raises(ResourceError, match=r"each worker of fine-tuning takes 119\.7 GiB"):
        checked(79, "training.workers=1", "verifier.gpus=0.0", "run.iterations=1", "verifier.freeze=true")


def test_what_is_not_known_is_said() -> None:
    assert checked(None) == ["the accelerators' memory is not known, so it was not checked"]
    unknown = "org/nameless: size unknown, so its memory was not checked"
    assert checked(79, "model.verifier=org/nameless") == [NAMED, unknown]
    assert find_model_shape("mistralai/Mixtral-8x7B") is None


@pytest.mark.parametrize(
    ("stage", "offload", "bytes_each"),
    [(0, False, 16), (1, False, 7), (2, False, 5.5), (3, False, 4), (1, True, 4), (3, True, 0.5)],
)
def test_zero_shares_among_four_workers(stage: int, offload: bool, bytes_each: float) -> None:
    """16-bit weights and gradients, an fp32 copy and AdamW's moments: 2 + 2 + 12 bytes (arXiv 1910.02054)."""
    settings = ["training.workers=4", f"training.zero_stage={stage}", f"training.offload={str(offload).lower()}"]
    assert training_state_bytes(load_config(overrides=settings), ModelShape(parameters=1.0), 2) == bytes_each


def test_of_a_model_with_adapters_only_these_have_gradients() -> None:
    """The built-in model, by hand: 4 matrices of 64 × 64 and 3 of 64 × 160 in each of its 3 layers."""
    shape = find_model_shape("builtin:generator")
    assert shape is not None
    adapters = 3 * 2 * (4 * (64 + 64) + 3 * (64 + 160))
    assert shape.adapter_parameters(2) == adapters
    config = load_config(overrides=["training.workers=1", "training.zero_stage=0"])
    assert training_state_bytes(config, shape, 2, 2) == 2 * shape.parameters + 14 * adapters


def test_a_large_model_with_adapters_fits_where_it_did_not() -> None:
    alone = ["training.workers=1", "verifier.gpus=0.0", "run.iterations=1"]
    assert checked(79, *alone, "fine_tune.lora_rank=16", "verifier.lora_rank=16") == [NAMED]


def test_a_shape_is_read_from_the_files() -> None:
    shape = find_model_shape("builtin:generator")
    config = json.loads((EMBEDDED / "generator" / "config.json").read_text())
    assert shape is not None
    assert not shape.by_name
    assert (shape.hidden, shape.layers, shape.vocabulary) == (
        config["hidden_size"],
        config["num_hidden_layers"],
        config["vocab_size"],
    )
    assert 1e5 < shape.parameters < 1e6


@pytest.mark.parametrize(("name", "parameters"), [("Llama-3.1-8B-Instruct", 8e9), ("a/smollm2-135m", 135e6)])
def test_a_size_is_read_from_the_name(name: str, parameters: float) -> None:
    shape = find_model_shape(name)
    assert shape is not None
    assert shape.parameters == parameters


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["Llama", "Qwen2"])
@pytest.mark.parametrize("heads", [1, 4])
@pytest.mark.parametrize("dtype", ["bfloat16", "float32"])
def test_activations_are_those_that_transformers_keeps(kind: str, heads: int, dtype: str) -> None:
    def settings(layers: int) -> dict[str, int]:
        widths = {"hidden_size": 128, "intermediate_size": 320, "vocab_size": 64, "num_hidden_layers": layers}
        return {**widths, "num_attention_heads": 4, "num_key_value_heads": heads}

    tokens = 64
    kept = (kept_bytes(kind, settings(3), tokens, dtype) - kept_bytes(kind, settings(1), tokens, dtype)) / 2
    config = load_config(overrides=[f"training.micro_batch_tokens={tokens}"])
    size = 2 if dtype == "bfloat16" else 4
    assert activation_bytes(config, shape_of_config(settings(1), 1), size, 0) == pytest.approx(kept, rel=0.02)


def kept_bytes(kind: str, settings: dict[str, int], tokens: int, dtype: str) -> int:
    """What a forward pass of a real model keeps for the backward pass, each storage once, its weights left out."""
    import torch
    import transformers
    from torch.autograd.graph import saved_tensors_hooks

    config = getattr(transformers, f"{kind}Config")(**settings)
    model = getattr(transformers, f"{kind}Model")(config).to(getattr(torch, dtype)).train()
    weights = {parameter.untyped_storage().data_ptr() for parameter in model.parameters()}
    kept: dict[int, Any] = {}

    def keep(tensor: Any) -> Any:
        if tensor.untyped_storage().data_ptr() not in weights:
            kept[tensor.untyped_storage().data_ptr()] = tensor
        return tensor

    with saved_tensors_hooks(keep, lambda tensor: tensor):
        ids = torch.zeros(1, tokens, dtype=torch.long)
        model(ids, attention_mask=torch.ones(1, tokens), use_cache=False).last_hidden_state.sum()
    return sum(tensor.untyped_storage().nbytes() for tensor in kept.values())
