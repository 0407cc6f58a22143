"""From chat messages to token ids, the same way at inference and in training.

The chat template is the model's own and already writes BOS where the model wants one, so nothing is
added around it. Training ids are the inference ids, then the target, then the end-of-turn token.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

Messages = Sequence[dict[str, str]]


class ChatTemplateError(ValueError):
    """The tokenizer cannot render a chat in the way that training needs."""


def prompt_ids(tokenizer: Any, messages: Messages) -> list[int]:
    """Ids that the model continues: the rendered chat and the header of its next answer."""
    return _render(tokenizer, messages, add_generation_prompt=True)


def example_ids(tokenizer: Any, messages: Messages, target: str) -> tuple[list[int], int]:
    """Ids of chat + target + end of turn, and the position where the target begins.

    Loss belongs on `ids[start:]`. Whatever a template writes after the end of turn (a newline, say) is cut.
    """
    prefix = prompt_ids(tokenizer, messages)
    full = _render(tokenizer, [*messages, {"role": "assistant", "content": target}], add_generation_prompt=False)
    if full[: len(prefix)] != prefix:
        raise ChatTemplateError(
            "the chat template renders a finished answer differently from the prompt it continues, so training "
            "would not match inference; use a template whose generation prompt is a prefix of the full chat"
        )
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
    settings = directory / "tokenizer_config.json"
    return settings.is_file() and bool(json.loads(settings.read_text()).get("chat_template"))


def end_token_ids(tokenizer: Any) -> set[int]:
    """Tokens that end an answer: eos and the usual end-of-turn markers the vocabulary has."""
    ids = {tokenizer.eos_token_id}
    vocabulary = tokenizer.get_vocab()
    ids.update(vocabulary[token] for token in ("<|eot_id|>", "<|im_end|>", "<|end|>") if token in vocabulary)
    ids.discard(None)
    return ids


def _render(tokenizer: Any, messages: Messages, *, add_generation_prompt: bool) -> list[int]:
    if not getattr(tokenizer, "chat_template", None):
        raise ChatTemplateError("the model has no chat template; add one to its tokenizer_config.json")
    text = tokenizer.apply_chat_template(list(messages), tokenize=False, add_generation_prompt=add_generation_prompt)
    return tokenizer.encode(text, add_special_tokens=False)
