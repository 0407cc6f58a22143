"""From chat messages to token ids, the same way at inference and in training.

The chat template is the model's own and already writes BOS if the model wants one, so nothing is
added around it. Training ids are the inference ids, then the target, then the end-of-turn token. A template
that writes today's date is told `TODAY`, so that a model is asked next year what it was trained on. What users, models
and tests say is text: an end of turn that is written in a problem ends nothing.
"""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from actors.prompting.turn_ends import MARK, end_token_ids, literal
from sandbox.errors import UserError
from sandbox.json_text import read_json

Messages = Sequence[dict[str, str]]

TODAY = datetime(2024, 7, 26)
"""What the templates of Llama 3 write themselves if they are told no date."""
VARIABLES = {"date_string": "26 Jul 2024", "strftime_now": TODAY.strftime, "enable_thinking": False}
"""What templates are told: the date, by the names under which they ask for it, and that answers hold no reasoning."""
SHOWN, MOST_SAID = 60, 200
"""Characters of a text, and of a template's own error, in a message."""


class ChatTemplateError(UserError, ValueError):
    """The tokenizer cannot render a chat in the way that training needs."""


def prompt_ids(tokenizer: Any, messages: Messages, beginning: str = "") -> list[int]:
    """Ids that the model continues: the rendered chat, the header of its next answer, and how that begins."""
    asked = _render(tokenizer, messages, add_generation_prompt=True)
    return _ids(tokenizer, asked + literal(tokenizer, beginning))


def example_ids(tokenizer: Any, messages: Messages, target: str) -> tuple[list[int], int]:
    """Ids of chat + target + end of turn, and the position where the target begins.

    Loss belongs on `ids[start:]`. Whatever a template writes after the end of turn (a newline, say) is cut. Raises
    ChatTemplateError if the template puts anything but white space around the target, or changes it.
    """
    asked = _render(tokenizer, messages, add_generation_prompt=True)
    answered = _render(tokenizer, [*messages, {"role": "assistant", "content": target}], add_generation_prompt=False)
    if not answered.startswith(asked):
        raise ChatTemplateError(
            "the chat template renders a finished answer differently from the prompt it continues, so training "
            "would not match inference; use a template whose generation prompt is a prefix of the full chat"
        )
    answer, said = answered[len(asked) :], literal(tokenizer, target).strip()
    if not answer.lstrip().startswith(said):
        raise ChatTemplateError(
            f"the chat template renders the answer {_shown(target.strip())} as {_shown(answer)}: training would teach "
            "other words than the model is sampled with; use a template that leaves answers as they are"
        )
    end = answer.index(said) + len(said)
    prefix, full = _ids(tokenizer, asked), _ids(tokenizer, asked + answer[:end])
    if full[: len(prefix)] != prefix:  # a token across the border, as in "assistant\n" + "\ndef"; sampling makes none
        full = prefix + _ids(tokenizer, answer[:end])
    return [*full, *_closing_ids(tokenizer, answer[end:])], len(prefix)


def _closing_ids(tokenizer: Any, rest: str) -> list[int]:
    """Up to the end of turn of what a template writes behind an answer."""
    ends, ids = end_token_ids(tokenizer), _ids(tokenizer, rest)
    if (token := next((token for token in ids if token in ends), None)) is None:
        raise ChatTemplateError(
            f"the chat template ends an answer with none of the end tokens {sorted(ends)}; "
            "set the tokenizer's eos_token to the token that ends a turn"
        )
    return ids[: ids.index(token) + 1]


def _shown(text: str) -> str:
    return repr(text if len(text) <= SHOWN else f"{text[:SHOWN]}…")


def has_chat_template(directory: Path) -> bool:
    """Whether a Hugging Face directory carries a chat template, told from its files alone."""
    if (directory / "chat_template.jinja").is_file():
        return True
    path = directory / "tokenizer_config.json"
    try:
        settings = read_json(path.read_text()) if path.is_file() else {}
    except OSError as error:
        raise ChatTemplateError(f"{path} cannot be read: {error.strerror or error}") from None
    except ValueError as error:
        raise ChatTemplateError(f"{path} is not JSON: {error}") from None
    return isinstance(settings, dict) and bool(settings.get("chat_template"))


def _render(tokenizer: Any, messages: Messages, *, add_generation_prompt: bool) -> str:
    """The chat as text, special tokens in what was said marked as text. Raises ChatTemplateError."""
    if not getattr(tokenizer, "chat_template", None):
        raise ChatTemplateError("the model has no chat template; add one to its tokenizer_config.json")
    said = [{**message, "content": literal(tokenizer, message["content"])} for message in messages]
    try:
        return tokenizer.apply_chat_template(
            said, tokenize=False, add_generation_prompt=add_generation_prompt, **VARIABLES
        )
    except Exception as error:  # jinja2's, and whatever a template raises itself
        why = f"{type(error).__name__}: {' '.join(str(error).split())[:MOST_SAID]}"
        raise ChatTemplateError(f"the chat template cannot render a chat: {why}") from None


def _ids(tokenizer: Any, text: str) -> list[int]:
    """Ids of rendered text. What is marked as text is no special token, whatever it looks like."""
    if MARK not in text:
        return tokenizer.encode(text, add_special_tokens=False)
    ids: list[int] = []
    for place, part in enumerate(text.split(MARK)):
        plain = {"split_special_tokens": True} if place % 2 else {}
        ids += tokenizer.encode(part, add_special_tokens=False, **plain) if part else []
    return ids
