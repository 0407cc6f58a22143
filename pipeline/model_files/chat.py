"""One example, rendered and masked as training would see it, with the tokenizer of a model directory alone."""

import importlib.util
from dataclasses import dataclass
from pathlib import Path

from actors.prompting.chat_template import ChatTemplateError, example_ids
from pipeline.model_files.directory import ModelFilesError, embedding_rows, read_model_config

CHAT = (
    {"role": "user", "content": "Double a number."},
    {"role": "assistant", "content": "```python\ndef f(x):\n    return x\n```"},
    {"role": "user", "content": "got 2, expected 4"},
)
TARGET = "```python\ndef f(x):\n    return 2 * x\n```"


@dataclass(frozen=True, slots=True)
class ChatExample:
    """What the model reads, and what it is trained to say: the answer and its end of turn."""

    prompt: str
    target: str


def render_example(directory: Path) -> ChatExample | None:
    """None if the tokenizer is of a kind that only transformers' slow ones read, or transformers is not installed.

    Raises ModelFilesError if the chat template cannot be trained on.
    """
    if importlib.util.find_spec("transformers") is None or not (directory / "tokenizer.json").is_file():
        return None
    from transformers import PreTrainedTokenizerFast  # in a second; AutoTokenizer brings torch

    try:
        tokenizer = PreTrainedTokenizerFast.from_pretrained(directory)
        ids, start = example_ids(tokenizer, CHAT, TARGET)
        _require_rows(directory, ids)
    except ModelFilesError:
        raise
    except ChatTemplateError as error:
        raise ModelFilesError(f"{directory}: {error}") from None
    except Exception as error:  # the tokenizers library raises its own kinds, bare ones too
        raise ModelFilesError(f"{directory / 'tokenizer.json'} cannot be read: {error}") from None
    return ChatExample(tokenizer.decode(ids[:start]), tokenizer.decode(ids[start:]))


def _require_rows(directory: Path, ids: list[int]) -> None:
    """Raises ModelFilesError if the template writes a token that was added to the tokenizer and not to the weights."""
    rows = embedding_rows(read_model_config(directory))
    if rows is not None and max(ids) >= rows:
        raise ModelFilesError(
            f"{directory}: its chat template writes token {max(ids)}, which has no row among the {rows} of the "
            "embedding (vocab_size in config.json); take the tokenizer and template that came with these weights"
        )
