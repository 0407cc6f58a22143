"""What a model's files say of its size: read in milliseconds, without its weights."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from actors.storage.tensor_headers import count_parameters
from sandbox.json_text import read_json

BUILTIN = "builtin:"
EMBEDDED = Path(__file__).parents[1] / "embedded"
HUB_NAME = re.compile(r"[\w.-]+(/[\w.-]+)?")
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


def model_directory(name: str) -> Path | None:
    """Where the files of `builtin:…`, of a directory or of a hub model in the local cache are; None if not here."""
    if name.startswith(BUILTIN):
        return EMBEDDED / name.removeprefix(BUILTIN)
    path = Path(name).expanduser()
    if path.is_dir():
        return path
    if "://" in name or not HUB_NAME.fullmatch(name):
        return None
    try:
        from huggingface_hub import try_to_load_from_cache
    except ModuleNotFoundError:  # the base installation
        return None
    cached = try_to_load_from_cache(name, "config.json")
    return Path(cached).parent if isinstance(cached, str) else None


def find_model_facts(name: str, *, fetch: bool = False) -> ModelFacts | None:
    """Facts of a model by any name that a setting takes; None if its files are not on this machine.

    `fetch` brings those that are elsewhere, once. Raises CheckpointError if nobody has them.
    """
    if fetch and not name.startswith(BUILTIN):
        from actors.storage.checkpoint import fetch_checkpoint

        return read_model_facts(Path(fetch_checkpoint(name)))
    directory = model_directory(name)
    return read_model_facts(directory) if directory is not None else None


def read_model_facts(directory: Path) -> ModelFacts:
    """Facts of a Hugging Face directory; what cannot be read is None, since the checks of its files say it better."""
    try:
        config = read_json((directory / "config.json").read_text())
    except (OSError, ValueError):
        config = {}
    config = config if isinstance(config, dict) else {}
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
    try:
        counts = count_parameters(directory)
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
