"""What the files of a model directory say, read in milliseconds: no weights are loaded, nothing heavy is imported."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from actors.prompting.chat_template import has_chat_template
from actors.storage.tensor_headers import read_header
from pipeline.errors import ConfigError

HEADS = ("ForCausalLM", "ForSequenceClassification")


class ModelFilesError(ConfigError):
    """A model directory that cannot work: which file, what it says, what is expected."""


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """A directory and its config.json; and the context that is asked for, None if none is."""

    directory: Path
    config: dict[str, Any]
    max_tokens: int | None


def check_directory(directory: Path, max_tokens: int | None = None) -> list[str]:
    """What is well, a line per check. Raises ModelFilesError for the first thing that cannot work."""
    files = ModelFiles(directory, read_model_config(directory), max_tokens)
    return [check(files) for check in CHECKS]


def read_model_config(directory: Path) -> dict[str, Any]:
    """What a Hugging Face directory says of its model."""
    path = directory / "config.json"
    if not path.is_file():
        raise ModelFilesError(f"{directory} is not a Hugging Face directory: it holds no config.json")
    return _read(path)


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise ModelFilesError(f"{path} is not JSON: {error}") from None
    if not isinstance(found, dict):
        raise ModelFilesError(f"{path} holds a {type(found).__name__}, expected an object")
    return found


def _architecture(files: ModelFiles) -> str:
    path, names = files.directory / "config.json", files.config.get("architectures") or []
    if "auto_map" in files.config:
        raise ModelFilesError(
            f"{path}: auto_map names Python files of the model's own, and these are never executed; use a model whose "
            "architecture transformers has"
        )
    if not any(str(name).endswith(HEADS) for name in names):
        raise ModelFilesError(f"{path}: architectures is {names}, expected one that ends with {' or '.join(HEADS)}")
    if "quantization_config" in files.config:
        method = (files.config["quantization_config"] or {}).get("quant_method")
        raise ModelFilesError(
            f"{path}: the weights are quantised ({method}), and such cannot be trained; use them in bfloat16 or float32"
        )
    return f"architecture {names[0]}"


def _positions(files: ModelFiles) -> str:
    most, asked = files.config.get("max_position_embeddings"), files.max_tokens
    if asked and isinstance(most, int) and asked > most:
        raise ModelFilesError(
            f"model.max_tokens = {asked} is more than the {most} positions of {files.directory}; set {most} or less"
        )
    return f"positions {most if most else 'not said'}"


def _generation(files: ModelFiles) -> str:
    path = files.directory / "generation_config.json"
    ends = (_read(path) if path.is_file() else files.config).get("eos_token_id")
    return f"eos_token_id {ends}"


def _weights(files: ModelFiles) -> str:
    """Every file that the index names, each as long as its header says."""
    index = files.directory / "model.safetensors.index.json"
    if index.is_file():
        mapped = _read(index).get("weight_map")
        if not isinstance(mapped, dict):
            raise ModelFilesError(f"{index} holds no weight_map")
        names = sorted({str(name) for name in mapped.values()})
    else:
        names = ["model.safetensors"]
        others = sorted(path.name for path in files.directory.glob("*.bin"))
        if others and not (files.directory / names[0]).is_file():
            return f"weights {', '.join(others)} (not looked into)"
    for name in names:
        _require_whole(files.directory / name)
    size = sum((files.directory / name).stat().st_size for name in names)
    return f"weights {len(names)} file{'s'[: len(names) > 1]}, {size / 1e9:.2f} GB"


def _require_whole(path: Path) -> None:
    if not path.is_file():
        raise ModelFilesError(f"{path} is missing; copy the model again")
    try:
        length, tensors = read_header(path)
        end = length + max(entry["data_offsets"][1] for entry in tensors.values())
    except (ValueError, TypeError, KeyError, AttributeError, IndexError):
        raise ModelFilesError(f"{path} has no safetensors header; is it a pointer file? Copy the model again") from None
    if (size := path.stat().st_size) != end:
        raise ModelFilesError(f"{path} has {size} bytes, its header says {end}; copy the model again")


def _tokenizer(files: ModelFiles) -> str:
    found = [name for name in ("tokenizer.json", "tokenizer.model", "vocab.json") if (files.directory / name).is_file()]
    if not found:
        raise ModelFilesError(f"{files.directory} has no tokenizer: expected tokenizer.json")
    if not has_chat_template(files.directory):
        raise ModelFilesError(
            f"{files.directory} has no chat template; add chat_template to its tokenizer_config.json, or a file "
            "chat_template.jinja"
        )
    return f"tokenizer {found[0]}, with a chat template"


def embedding_rows(config: dict[str, Any]) -> int | None:
    """Tokens that the model knows; None if its config does not say."""
    rows = (config.get("text_config") or config).get("vocab_size")
    return rows if isinstance(rows, int) else None


def _vocabulary(files: ModelFiles) -> str:
    """Every token that ordinary text may hold has a row of the embedding. One for pictures, say, may lack its own."""
    path, rows = files.directory / "tokenizer.json", embedding_rows(files.config)
    if rows is None or not path.is_file():
        return "vocabulary not looked into"
    found = _read(path)
    vocabulary = (found.get("model") or {}).get("vocab") or {}
    numbers = vocabulary.values() if isinstance(vocabulary, dict) else range(len(vocabulary))
    special = {entry["id"] for entry in found.get("added_tokens") or [] if entry.get("special")}
    plain = {entry["id"] for entry in found.get("added_tokens") or []} - special
    last = max({*numbers, *plain} - special, default=0)
    if last >= rows:
        raise ModelFilesError(
            f"{path}: its token {last} has no row among the {rows} of the embedding (vocab_size in config.json); take "
            "the tokenizer that came with these weights"
        )
    return f"vocabulary {last + 1} of {rows}"


Check = Callable[[ModelFiles], str]
CHECKS: tuple[Check, ...] = (_architecture, _weights, _tokenizer, _vocabulary, _generation, _positions)
