"""What a model's files say of its size: read in milliseconds, without its weights."""

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.sizing.tensor_headers import read_header, weight_files

BUILTIN = "builtin:"
EMBEDDED = Path(__file__).parents[1] / "embedded"
DTYPES = {"F32": "float32", "BF16": "bfloat16", "F16": "float16", "F64": "float32"}
BYTES = {"float32": 4, "bfloat16": 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFacts:
    """A causal model or a verifier. None: its files do not say it in a way that is known here."""

    parameters: int | None
    """As stored; a matrix that is input and output is one."""
    cached_numbers: int | None
    """That the key-value cache holds for each token."""
    positions: int | None
    dtype: str | None
    """Of the files: "float32", "bfloat16" or "float16"."""

    def cache_bytes(self, dtype: str) -> int | None:
        """Bytes of key-value cache for each token."""
        return None if self.cached_numbers is None else self.cached_numbers * BYTES[dtype]


def find_model_facts(name: str, *, fetch: bool = False) -> ModelFacts | None:
    """Facts of a model by builtin name, directory, address or hub name; None if its files are not on this machine.

    `fetch` brings those that are elsewhere, once. Raises CheckpointError if nobody has them.
    """
    if name.startswith(BUILTIN):
        return read_model_facts(EMBEDDED / name.removeprefix(BUILTIN))
    if (path := Path(name).expanduser()).is_dir():
        return read_model_facts(path)
    if not fetch:
        return None
    from actors.storage.checkpoint import fetch_checkpoint

    return read_model_facts(Path(fetch_checkpoint(name)))


def read_model_facts(directory: Path) -> ModelFacts:
    """Facts of a Hugging Face directory; what cannot be read is None, since the checks of its files say it better."""
    try:
        config = json.loads((directory / "config.json").read_text())
    except (OSError, ValueError):
        config = {}
    text = config.get("text_config") or config  # of models that see images too
    parameters, stored = _weights(directory)
    named = str(text.get("dtype") or text.get("torch_dtype") or "").removeprefix("torch.")
    return ModelFacts(
        parameters=parameters,
        cached_numbers=_cached_numbers(text),
        positions=_number(text, "max_position_embeddings"),
        dtype=named if named in DTYPES.values() else stored,
    )


def _weights(directory: Path) -> tuple[int | None, str | None]:
    """Parameters of all files, and the type that most of them have."""
    counts: dict[str, int] = {}
    try:
        for path in weight_files(directory):
            for entry in read_header(path)[1].values():
                counts[entry["dtype"]] = counts.get(entry["dtype"], 0) + math.prod(entry["shape"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None, None
    most = max(counts, key=lambda name: counts[name], default="")
    return sum(counts.values()) or None, DTYPES.get(most)


def _cached_numbers(text: dict[str, Any]) -> int | None:
    """Keys and values of every layer, or what a latent attention keeps instead of them."""
    layers, heads = _number(text, "num_hidden_layers"), _number(text, "num_attention_heads")
    hidden, latent = _number(text, "hidden_size"), _number(text, "kv_lora_rank")
    if layers and latent:
        return layers * (latent + (_number(text, "qk_rope_head_dim") or 0))
    if not (layers and heads and hidden):
        return None
    width = _number(text, "head_dim") or hidden // heads
    return 2 * layers * (_number(text, "num_key_value_heads") or heads) * width


def _number(text: dict[str, Any], name: str) -> int | None:
    value = text.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None
