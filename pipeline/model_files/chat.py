"""One example, rendered and masked as training would see it, with the tokenizer of a model directory alone."""

import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from actors.prompting.chat_template import ChatTemplateError, example_ids
from pipeline.model_files.directory import ModelFilesError, embedding_rows, read_model_config

CHAT = (
    {"role": "user", "content": "Double a number."},
    {"role": "assistant", "content": "```python\ndef f(x):\n    return x\n```"},
    {"role": "user", "content": 'f("A") < 5 & got 2, expected 4'},
)
TARGET = "```python\ndef f(x):\n    return 2 * x\n```"
SHOWN = 200
"""Characters of an error."""


@dataclass(frozen=True, slots=True)
class ChatExample:
    """What the model reads, and what it is trained to say: the answer and its end of turn."""

    prompt: str
    target: str


def render_example(directory: Path) -> ChatExample | None:
    """None if the tokenizer is of a kind that only transformers' slow ones read, or transformers is not installed.

    Raises ModelFilesError if the chat template cannot be trained on. `limited` does so in a process of its own.
    """
    if importlib.util.find_spec("transformers") is None or not (directory / "tokenizer.json").is_file():
        return None
    from transformers import PreTrainedTokenizerFast  # in a second; AutoTokenizer brings torch

    _require_family(read_model_config(directory), directory)
    try:
        tokenizer = PreTrainedTokenizerFast.from_pretrained(directory)
        ids, start = example_ids(tokenizer, CHAT, TARGET)
        _require_rows(directory, ids)
        asked, said = (_text(tokenizer, part) for part in (ids[:start], ids[start:]))
        _require_text(directory, asked, said)
    except ModelFilesError:
        raise
    except ChatTemplateError as error:
        raise ModelFilesError(f"{directory}: {error}") from None
    except Exception as error:  # the tokenizers library raises its own kinds, bare ones too
        said = f"{type(error).__name__}: {str(error)[:SHOWN]}"
        raise ModelFilesError(
            f"the tokenizer of {directory} cannot be used ({said}); copy tokenizer.json, tokenizer_config.json and "
            "what else belongs to it again"
        ) from None
    return ChatExample(asked, said)


def _text(tokenizer: Any, ids: list[int]) -> str:
    return str(tokenizer.decode(ids, clean_up_tokenization_spaces=False))


def _require_family(config: dict[str, Any], directory: Path) -> None:
    """Raises ModelFilesError if transformers does not know the model's family."""
    try:
        from transformers.models.auto.auto_mappings import CONFIG_MAPPING_NAMES  # a table, without torch
    except ImportError:  # elsewhere in another version
        return
    if (family := config.get("model_type")) not in CONFIG_MAPPING_NAMES:
        raise ModelFilesError(
            f"{directory / 'config.json'}: model_type is {str(family)[:SHOWN]!r}, which this version of transformers "
            "does not know; take a model of another family, or a newer version"
        )


def _require_text(directory: Path, asked: str, said: str) -> None:
    """Raises ModelFilesError if a template or a tokenizer loses what is said, or what code is made of: indentation,
    line breaks, letters."""
    wanted = [(message["content"], asked) for message in CHAT] + [(TARGET, said)]
    if (lost := next((text for text, found in wanted if text not in found), None)) is not None:
        found = said if lost is TARGET else asked
        raise ModelFilesError(
            f"{directory}: its chat template and tokenizer turn {lost!r} into {found[:SHOWN]!r}; take those that came "
            "with these weights"
        )


def _require_rows(directory: Path, ids: list[int]) -> None:
    """Raises ModelFilesError if the template writes a token that was added to the tokenizer and not to the weights."""
    rows = embedding_rows(read_model_config(directory))
    if rows is not None and max(ids) >= rows:
        raise ModelFilesError(
            f"{directory}: its chat template writes token {max(ids)}, which has no row among the {rows} of the "
            "embedding (vocab_size in config.json); take the tokenizer and template that came with these weights"
        )
