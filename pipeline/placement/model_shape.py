"""How large a model is, by its files where they are at hand, else by its name. Nothing is loaded or fetched."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.sizing.model_facts import model_directory, read_model_facts
from sandbox.json_text import read_json

SIZE_IN_NAME = re.compile(r"(?:^|[-_/])(\d+(?:\.\d+)?)([bm])(?=$|[-_.])", re.IGNORECASE)
"""As in Llama-3.1-8B-Instruct; a mixture's 8x7B is not taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelShape:
    """Parameters, and what activations and the key-value cache depend on; those are 0 where only the name is known."""

    parameters: float
    by_name: bool = False
    layers: int = 0
    hidden: int = 0
    intermediate: int = 0
    vocabulary: int = 0
    kv_width: int = 0
    """Numbers that one token adds to the cache of one layer: keys and values of all its heads."""

    def adapter_parameters(self, rank: int) -> int:
        """Of adapters on every linear layer of a block with gated MLP; 0 if only the name is known.

        Queries and the output are taken to be as wide as the hidden state.
        """
        keys_and_values = 2 * self.hidden + self.kv_width
        return self.layers * rank * (4 * self.hidden + keys_and_values + 3 * (self.hidden + self.intermediate))


def find_model_shape(name: str) -> ModelShape | None:
    """By the files of `builtin:…`, a directory or a hub model in the local cache; else by the name; None if unknown."""
    directory = model_directory(name)
    shape = _read_shape(directory) if directory else None
    return shape or _from_name(name)


def _read_shape(directory: Path) -> ModelShape | None:
    """None for what cannot be read, as the checks of a model's files say it better."""
    parameters = read_model_facts(directory).parameters
    try:
        config = read_json((directory / "config.json").read_text())
    except (OSError, ValueError):
        return None
    return shape_of_config(config, parameters) if parameters and isinstance(config, dict) else None


def shape_of_config(config: dict[str, Any], parameters: float) -> ModelShape:
    """`config`: a config.json; what it does not say is 0."""
    text = config.get("text_config") or config
    sizes = {name: value for name, value in text.items() if isinstance(value, int)}  # some are lists, one of each layer
    heads = sizes.get("num_attention_heads", 0)
    hidden = sizes.get("hidden_size", 0)
    head = sizes.get("head_dim") or (hidden // heads if heads else 0)
    return ModelShape(
        parameters=parameters,
        layers=sizes.get("num_hidden_layers") or 0,
        hidden=hidden,
        intermediate=sizes.get("intermediate_size") or 4 * hidden,
        vocabulary=sizes.get("vocab_size") or 0,
        kv_width=2 * (sizes.get("num_key_value_heads") or heads) * head,
    )


def _from_name(name: str) -> ModelShape | None:
    sizes = SIZE_IN_NAME.findall(name.rstrip("/").rpartition("/")[2])
    if not sizes:
        return None
    number, unit = sizes[-1]
    return ModelShape(parameters=float(number) * (1e9 if unit in "bB" else 1e6), by_name=True)
