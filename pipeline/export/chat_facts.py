"""What a model's tokenizer says of its chats, as whoever loads the directory must know it."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from actors.prompting.chat_template import VARIABLES, end_token_ids


@dataclass(frozen=True, slots=True)
class ChatFacts:
    """`ends`: tokens that end a turn, by number, with their texts. `variables`: what the template is told in training
    and asks for, of those that JSON can say."""

    ends: dict[int, str]
    variables: dict[str, Any]

    @property
    def keyword_arguments(self) -> str:
        """For a call of `apply_chat_template`, behind other arguments."""
        return "".join(f", {name}={value!r}" for name, value in self.variables.items())

    @property
    def server_option(self) -> str:
        """For vLLM's server; "" if there is nothing to say."""
        return f" --default-chat-template-kwargs '{json.dumps(self.variables)}'" if self.variables else ""


def read_chat_facts(directory: Path) -> ChatFacts:
    """Of a Hugging Face directory; its tokenizer is loaded."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(directory)
    template = str(tokenizer.chat_template or "")
    asked = {name: value for name, value in VARIABLES.items() if name in template and not callable(value)}
    ends = sorted(end_token_ids(tokenizer))
    return ChatFacts(dict(zip(ends, tokenizer.convert_ids_to_tokens(ends), strict=True)), asked)
