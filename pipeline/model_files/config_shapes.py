"""Whether the tensors of a model are those that its config.json describes, for families whose layers are all alike.

By names and shapes alone: what is missing, or of another size, would be found by an engine after a minute, or be filled
with random numbers by a training. Of other families nothing is asked.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.model_files.json_object import ModelFilesError

ALIKE = {
    **{"llama": "Llama", "mistral": "Mistral", "qwen2": "Qwen2", "qwen3": "Qwen3"},
    **{"gemma": "Gemma", "gemma2": "Gemma2", "smollm3": "SmolLM3"},
}
"""model_type -> beginning of the architecture. Their layers have the same tensors, under the names of Llama's."""
NEEDED = "vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads"
_LAYER = re.compile(r"(?:model\.)?layers\.(\d+)\.(.+)")
SHOWN = 40
Shapes = Mapping[str, tuple[int, ...]]


def require_config_of(shapes: Shapes, config: dict[str, Any], directory: Path) -> None:
    """Raises ModelFilesError if tensors are missing, or of other sizes than the config says."""
    family, named = config.get("model_type"), str((config.get("architectures") or [""])[0])
    if family not in ALIKE and named.partition("For")[0] not in ALIKE.values():
        return
    problem = _unsaid(config, named) or _missing(shapes, config) or _misshapen(shapes, config)
    if problem:
        raise ModelFilesError(f"{directory}: {problem}; take the config.json that came with these weights, whole")


def _unsaid(config: dict[str, Any], named: str) -> str | None:
    family = str(config.get("model_type"))
    if named.partition("For")[0] != ALIKE.get(family):
        return (
            f"config.json says model_type = {family[:SHOWN]!r}, and the architecture {named[:SHOWN]}, of another family"
        )
    unsaid = [name for name in NEEDED if type(config.get(name)) is not int]
    return f"config.json says {unsaid[0]} = {config.get(unsaid[0])!r}, expected a number" if unsaid else None


def _missing(shapes: Shapes, config: dict[str, Any]) -> str | None:
    own = {name.removeprefix("model.") for name in shapes}
    heads = [name for name in config.get("architectures") or [] if str(name).endswith("ForCausalLM")]
    needed = ["embed_tokens.weight", "norm.weight"]
    needed += ["lm_head.weight"] if heads and config.get("tie_word_embeddings") is False else []
    if lacking := [name for name in needed if name not in own]:
        return f"its weights have no {lacking[0]}, but {sorted(shapes)[0]}, say"
    layers: dict[int, set[str]] = {}
    for found in filter(None, map(_LAYER.fullmatch, shapes)):
        layers.setdefault(int(found[1]), set()).add(found[2])
    said = config.get("num_hidden_layers")
    if said is not None and layers.keys() != set(range(said)):
        return f"its weights have {len(layers)} layers, config.json says num_hidden_layers = {said}"
    every = set().union(*layers.values())
    lacks = ((number, name) for number, names in sorted(layers.items()) for name in sorted(every - names))
    if (first := next(lacks, None)) is not None:
        return f"its weights have no layers.{first[0]}.{first[1]}, which other layers have"
    return None


def _misshapen(shapes: Shapes, config: dict[str, Any]) -> str | None:
    wanted = _wanted(config)
    for name, shape in shapes.items():
        found = _LAYER.fullmatch(name)
        part = found[2] if found else name.removeprefix("model.")
        expected = wanted.get(part, ())
        for size, (setting, value) in zip(shape, expected, strict=False):
            if value is not None and size != value:
                return f"{name} has the shape {list(shape)}, config.json says {setting} = {value}"
        if expected and len(shape) != len(expected):
            return f"{name} has the shape {list(shape)}, expected {len(expected)} sizes"
    return None


def _wanted(config: dict[str, Any]) -> dict[str, tuple[tuple[str, int | None], ...]]:
    """Tensor, of a layer without its number -> what config.json calls each of its sizes, and their numbers, if any."""

    def number(name: str) -> int | None:
        value = config.get(name)
        return value if type(value) is int else None

    hidden, heads, inner = (number(name) for name in ("hidden_size", "num_attention_heads", "intermediate_size"))
    each = number("head_dim") or (hidden // heads if hidden and heads else None)
    width, vocabulary = ("hidden_size", hidden), ("vocab_size", number("vocab_size"))
    middle = ("intermediate_size", inner)
    queries = ("num_attention_heads x head size", heads and each and heads * each)
    kept = number("num_key_value_heads") or heads
    keys = ("num_key_value_heads x head size", kept and each and kept * each)
    return {
        "embed_tokens.weight": (vocabulary, width),
        "lm_head.weight": (vocabulary, width),
        "norm.weight": (width,),
        "input_layernorm.weight": (width,),
        "self_attn.q_proj.weight": (queries, width),
        "self_attn.k_proj.weight": (keys, width),
        "self_attn.v_proj.weight": (keys, width),
        "self_attn.o_proj.weight": (width, queries),
        "mlp.gate_proj.weight": (middle, width),
        "mlp.up_proj.weight": (middle, width),
        "mlp.down_proj.weight": (width, middle),
    }
