"""What the files of a model say of its size, spelt as families spell it."""

import json
import struct
from pathlib import Path
from typing import Any

import pytest

from pipeline.sizing.model_facts import ModelFacts, find_model_facts, read_model_facts

QWEN2 = {
    "num_hidden_layers": 24,
    "num_attention_heads": 14,
    "num_key_value_heads": 2,
    "hidden_size": 896,
    "max_position_embeddings": 32768,
}


def write_tensors(path: Path, **tensors: tuple[str, list[int]]) -> None:
    """A file whose header names types and shapes; the tensors themselves are left out, as nothing here reads them."""
    entries = {
        name: {"dtype": dtype, "shape": shape, "data_offsets": [0, 0]} for name, (dtype, shape) in tensors.items()
    }
    header = json.dumps({"__metadata__": {"format": "pt"}, **entries}).encode()
    path.write_bytes(struct.pack("<Q", len(header)) + header)


@pytest.mark.parametrize(
    ("config", "cached", "positions", "dtype"),
    [
        (QWEN2, 2 * 24 * 2 * 64, 32768, "bfloat16"),  # its type is that of the tensors
        (QWEN2 | {"head_dim": 128, "torch_dtype": "float16"}, 2 * 24 * 2 * 128, 32768, "float16"),
        ({"text_config": QWEN2 | {"dtype": "float32"}}, 2 * 24 * 2 * 64, 32768, "float32"),
        (QWEN2 | {"num_key_value_heads": None}, 2 * 24 * 14 * 64, 32768, "bfloat16"),
        (QWEN2 | {"kv_lora_rank": 512, "qk_rope_head_dim": 64}, 24 * 576, 32768, "bfloat16"),
        ({"n_layer": 12}, None, None, "bfloat16"),
    ],
    ids=["qwen2", "head_dim", "text_config", "all heads", "latent attention", "other names"],
)
def test_facts_of_a_directory(
    tmp_path: Path, config: dict[str, Any], cached: int | None, positions: int | None, dtype: str
) -> None:
    (tmp_path / "config.json").write_text(json.dumps(config))
    write_tensors(tmp_path / "one.safetensors", embed=("BF16", [100, 8]), norm=("F32", [8]))
    write_tensors(tmp_path / "two.safetensors", head=("BF16", [100, 8]))
    index = {"weight_map": {"embed": "one.safetensors", "norm": "one.safetensors", "head": "two.safetensors"}}
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps(index))
    expected = ModelFacts(parameters=1608, cached_numbers=cached, positions=positions, dtype=dtype)
    assert read_model_facts(tmp_path) == find_model_facts(str(tmp_path)) == expected


def test_what_cannot_be_read_is_unknown(tmp_path: Path) -> None:
    unknown = ModelFacts(parameters=None, cached_numbers=None, positions=None, dtype=None)
    assert read_model_facts(tmp_path) == unknown
    (tmp_path / "model.safetensors").write_text("version https://git-lfs.github.com/spec/v1")
    assert read_model_facts(tmp_path) == unknown
    assert find_model_facts("nobody/has-this") is None
