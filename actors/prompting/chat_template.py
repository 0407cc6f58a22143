"""From chat messages to token ids, the same way at inference and in training.

The chat template is the model's own and already writes BOS if the model wants one, so nothing is
added around it. Training ids are the inference ids, then the target, then the end-of-turn token. A template
that writes today's date is told `TODAY`, so that a model is asked next year what it was trained on.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from sandbox.errors import UserError

Messages = Sequence[dict[str, str]]

TODAY = datetime(2024, 7, 26)
"""What the templates of Llama 3 write themselves if they are told no date."""
DATE = {"date_string": "26 Jul 2024", "strftime_now": TODAY.strftime}
"""The names under which templates ask for it."""


class ChatTemplateError(UserError, ValueError):
    """The tokenizer cannot render a chat in the way that training needs."""


def prompt_ids(tokenizer: Any, messages: Messages) -> list[int]:
    """Ids that the model continues: the rendered chat and the header of its next answer."""
    return _ids(tokenizer, _render(tokenizer, messages, add_generation_prompt=True))


def example_ids(tokenizer: Any, messages: Messages, target: str) -> tuple[list[int], int]:
    """Ids of chat + target + end of turn, and the position where the target begins.

    Loss belongs on `ids[start:]`. Whatever a template writes after the end of turn (a newline, say) is cut.
    """
    asked = _render(tokenizer, messages, add_generation_prompt=True)
    answered = _render(tokenizer, [*messages, {"role": "assistant", "content": target}], add_generation_prompt=False)
    if not answered.startswith(asked):
        raise ChatTemplateError(
            "the chat template renders a finished answer differently from the prompt it continues, so training "
            "would not match inference; use a template whose generation prompt is a prefix of the full chat"
        )
    prefix, full = _ids(tokenizer, asked), _ids(tokenizer, answered)
    if full[: len(prefix)] != prefix:  # a token across the border, as in "assistant\n" + "\ndef"; sampling makes none
        full = prefix + _ids(tokenizer, answered[len(asked) :])
    end = _last_end(tokenizer, full, len(prefix))
    return full[: end + 1], len(prefix)


def _last_end(tokenizer: Any, ids: list[int], start: int) -> int:
    ends = end_token_ids(tokenizer)
    for position in range(len(ids) - 1, start - 1, -1):
        if ids[position] in ends:
            return position
    raise ChatTemplateError(
        f"the chat template ends an answer with none of the end tokens {sorted(ends)}; "
        "set the tokenizer's eos_token to the token that ends a turn"
    )


def has_chat_template(directory: Path) -> bool:
    """Whether a Hugging Face directory carries a chat template, told from its files alone."""
    if (directory / "chat_template.jinja").is_file() or (directory / "chat_template.json").is_file():
        return True
    path = directory / "tokenizer_config.json"
    try:
        settings = json.loads(path.read_text()) if path.is_file() else {}
    except (OSError, ValueError) as error:
        raise ChatTemplateError(f"{path} is not JSON: {error}") from None
    return isinstance(settings, dict) and bool(settings.get("chat_template"))


def end_token_ids(tokenizer: Any) -> set[int]:
    """Tokens that end an answer: eos and the usual end-of-turn markers the vocabulary has."""
    ids = {tokenizer.eos_token_id}
    vocabulary = tokenizer.get_vocab()
    ids.update(vocabulary[token] for token in ("<|eot_id|>", "<|im_end|>", "<|end|>") if token in vocabulary)
    ids.discard(None)
    return ids


def _render(tokenizer: Any, messages: Messages, *, add_generation_prompt: bool) -> str:
    if not getattr(tokenizer, "chat_template", None):
        raise ChatTemplateError("the model has no chat template; add one to its tokenizer_config.json")
    return tokenizer.apply_chat_template(
        list(messages), tokenize=False, add_generation_prompt=add_generation_prompt, **DATE
    )


def _ids(tokenizer: Any, text: str) -> list[int]:
    return tokenizer.encode(text, add_special_tokens=False)
