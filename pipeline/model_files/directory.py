"""What the files of a model directory say, read in milliseconds: no weights are loaded, nothing heavy is imported."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from actors.prompting.chat_template import has_chat_template
from actors.storage.checkpoint import REMOVED
from pipeline.model_files.config_shapes import require_config_of
from pipeline.model_files.json_object import ModelFilesError, read_object
from pipeline.model_files.stored_weights import describe_weights, require_embedding, stored_shapes

HEADS = ("ForCausalLM", "ForSequenceClassification")
SIZES = (
    *("vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads"),
    *("num_key_value_heads", "head_dim", "max_position_embeddings", "kv_lora_rank", "qk_rope_head_dim"),
)
MOST_SIZE = 1 << 31
DTYPES = {"float64", "float32", "float16", "bfloat16", "double", "float", "half", "auto"}
SHOWN = 40
"""Characters of a wrong value in a message."""


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """A directory and its config.json; and the context that is asked for, None if none is."""

    directory: Path
    config: dict[str, Any]
    max_tokens: int | None


def check_directory(directory: Path, max_tokens: int | None = None) -> list[str]:
    """What is well, a line per check. Raises ModelFilesError for the first thing that cannot work."""
    try:
        _require_model(directory)
        files = ModelFiles(directory, read_model_config(directory), max_tokens)
        return [check(files) for check in CHECKS]
    except OSError as error:  # no permission for a folder, or a name that is too long
        raise ModelFilesError(f"{directory} cannot be read: {error.strerror or error}") from None


def _require_model(directory: Path) -> None:
    if directory.is_file():
        raise ModelFilesError(
            f"{directory} is a file, expected the directory of a model; of a GGUF file `mucode model import` makes one"
        )
    if (directory / "adapter_config.json").is_file():
        raise ModelFilesError(
            f"{directory} holds an adapter (adapter_config.json), of which libraries load another model; merge it into "
            "that: `mucode export` does so with a run's own, peft's merge_and_unload with any"
        )


def read_model_config(directory: Path) -> dict[str, Any]:
    """What a Hugging Face directory says of its model."""
    path = directory / "config.json"
    if (directory / REMOVED).is_file():
        raise ModelFilesError(f"the weights of {directory} were removed to save room, as its {REMOVED} says")
    if not path.is_file():
        raise ModelFilesError(f"{directory} is not a Hugging Face directory: it holds no config.json")
    return read_object(path)


def _architecture(files: ModelFiles) -> str:
    path, names = files.directory / "config.json", files.config.get("architectures") or []
    if "auto_map" in files.config:
        raise ModelFilesError(
            f"{path}: auto_map names Python files of the model's own, and these are never executed; use a model whose "
            "architecture transformers has"
        )
    if not isinstance(files.config.get("model_type"), str):
        raise ModelFilesError(
            f"{path}: model_type is {_shown(files.config.get('model_type'))}, expected the name of a family, as 'llama'"
        )
    if not isinstance(names, list) or not any(str(name).endswith(HEADS) for name in names):
        raise ModelFilesError(f"{path}: architectures is {names}, expected one that ends with {' or '.join(HEADS)}")
    if "quantization_config" in files.config:
        said = files.config["quantization_config"]
        method = said.get("quant_method") if isinstance(said, dict) else said
        raise ModelFilesError(
            f"{path}: the weights are quantised ({method}), and such cannot be trained; use them in bfloat16 or float32"
        )
    return f"architecture {names[0]}"


def text_config(config: dict[str, Any]) -> dict[str, Any]:
    """What config.json says of the part that reads text, which models that see images too keep apart."""
    found = config.get("text_config") or config
    return found if isinstance(found, dict) else {}


def _sizes(files: ModelFiles) -> str:
    """Numbers that others compute with. What a config leaves out is its architecture's to say."""
    path, text = files.directory / "config.json", text_config(files.config)
    if not text:
        raise ModelFilesError(f"{path}: text_config is {_shown(files.config['text_config'])}, expected an object")
    for name in SIZES:
        value = text.get(name)
        if value is not None and not (type(value) is int and 0 < value <= MOST_SIZE):
            raise ModelFilesError(
                f"{path}: {name} is {_shown(value)}, expected a whole number from 1 to {MOST_SIZE}; take "
                "the config that came with these weights"
            )
    said = text.get("dtype") or text.get("torch_dtype")
    if said is not None and str(said).removeprefix("torch.") not in DTYPES:
        raise ModelFilesError(f"{path}: dtype is {_shown(said)}, expected one of {', '.join(sorted(DTYPES))}")
    return f"layers {text.get('num_hidden_layers', 'not said')}, width {text.get('hidden_size', 'not said')}"


def _shown(value: object) -> str:
    return repr(value)[:SHOWN]


def _positions(files: ModelFiles) -> str:
    most, asked = text_config(files.config).get("max_position_embeddings"), files.max_tokens
    if asked and most is not None and asked > most:
        raise ModelFilesError(
            f"model.max_tokens = {asked} is more than the {most} positions of {files.directory}; set {most} or less"
        )
    return f"positions {most or 'not said'}"


def _generation(files: ModelFiles) -> str:
    path, rows = files.directory / "generation_config.json", embedding_rows(files.config)
    ends = (read_object(path) if path.is_file() else files.config).get("eos_token_id")
    for end in ends if isinstance(ends, list) else [ends]:
        if end is not None and not (type(end) is int and (rows is None or end < rows)):
            named = path if path.is_file() else files.directory / "config.json"
            raise ModelFilesError(
                f"{named}: eos_token_id holds {_shown(end)}, expected numbers of tokens, below {rows or 'vocab_size'}; "
                "take the file that came with these weights"
            )
    return f"eos_token_id {ends}"


def _weights(files: ModelFiles) -> str:
    return describe_weights(files.directory)


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
    rows = text_config(config).get("vocab_size")
    return rows if isinstance(rows, int) else None


def _vocabulary(files: ModelFiles) -> str:
    """Every token that ordinary text may hold has a row of the embedding. One for pictures, say, may lack its own."""
    path, rows = files.directory / "tokenizer.json", embedding_rows(files.config)
    if rows is None or not path.is_file():
        return "vocabulary not looked into"
    try:
        last = _last_token(read_object(path))
    except (AttributeError, KeyError, TypeError):
        raise ModelFilesError(f"{path} is no tokenizer as the tokenizers library writes them; copy it again") from None
    if last >= rows:
        raise ModelFilesError(
            f"{path}: its token {last} has no row among the {rows} of the embedding (vocab_size in config.json); take "
            "the tokenizer that came with these weights"
        )
    require_embedding(files.directory, rows)
    return f"vocabulary {last + 1} of {rows}"


def _tensors(files: ModelFiles) -> str:
    shapes = stored_shapes(files.directory)
    require_config_of(shapes, files.config, files.directory)
    return f"tensors {len(shapes)}"


def _last_token(tokenizer: dict[str, Any]) -> int:
    vocabulary = (tokenizer.get("model") or {}).get("vocab") or {}
    numbers = vocabulary.values() if isinstance(vocabulary, dict) else range(len(vocabulary))
    special = {entry["id"] for entry in tokenizer.get("added_tokens") or [] if entry.get("special")}
    plain = {entry["id"] for entry in tokenizer.get("added_tokens") or []} - special
    return max({*numbers, *plain} - special, default=0)


Check = Callable[[ModelFiles], str]
CHECKS: tuple[Check, ...] = (
    *(_architecture, _sizes, _weights, _tokenizer, _vocabulary, _tensors),
    *(_generation, _positions),
)
