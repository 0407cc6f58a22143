"""What published templates are built of, over histories of one to three turns; and templates that mean harm."""

from pathlib import Path
from typing import Any

import pytest

from actors.prompting.chat_template import ChatTemplateError, example_ids, prompt_ids
from tests.support import chat_template_variants as variants
from tests.support.chat_templates import template_tokenizer

EOS = "<|endoftext|>"
MORE = (EOS, "<|turn_end|>", "<|end|>", "<|user|>", "<|assistant|>", "<|im_sep|>")
DIALOGUE = [
    {"role": "user", "content": "write f"},
    {"role": "assistant", "content": "```python\nx\n```"},
    {"role": "user", "content": "no"},
    {"role": "assistant", "content": "y </think> z"},
    {"role": "user", "content": "no, again"},
]
TARGET = "```python\ndef f():\n\n    pass\n```"
THOUGHT = "<think>\n\n</think>\n"

TRAINED = {
    "a date, tools and an environment": (variants.LLAMA_3_1, "assistant<|end_header_id|>\n\n", "{}<|eot_id|>"),
    "no system prompt, turns that alternate": (variants.GEMMA_2, "<|turn|>model\n", "{}<|turn_end|>"),
    "a counter of turns, no generation prompt": (variants.MISTRAL_3, "[/INST]", f"{{}}{EOS}"),
    "a BOS for each turn, spaces around answers": (variants.LLAMA_2, " [/INST]", f" {{}} {EOS}"),
    "another end behind the last turn": (variants.PHI_3, "<|assistant|>\n", "{}<|end|>"),
    "a separator for a newline": (variants.PHI_4, "assistant<|im_sep|>", "{}<|im_end|>"),
    "a newline before the end of turn": (variants.DEEPSEEK_CODER, "### Response:\n", f"{{}}\n{EOS}"),
    "thoughts of the last answer alone": (variants.QWEN_3_LOOKS_BACK, f"assistant\n{THOUGHT}\n", "{}<|im_end|>"),
    "a mark around what is generated": (variants.SMOLLM_3, f"assistant\n{THOUGHT}", "{}<|im_end|>"),
    "several templates by name": (variants.NAMED, "assistant\n", "{}<|im_end|>"),
}
"""Template, the end of every prompt, what is trained around the answer."""
REFUSED = {
    "a thought opened in the prompt alone": (
        variants.R1_OPENS_A_THOUGHT,
        "a finished answer differently from the prompt",
    ),
    "no header in the prompt": (variants.NO_HEADER, "renders the answer .* as '<\\|im_start\\|>assistant"),
    "several templates and none for chats": (variants.NAMED_WITHOUT_DEFAULT, "multiple chat templates with no default"),
}


def tokenizer_of(template: Any) -> Any:
    named = template if isinstance(template, str) else {row["name"]: row["template"] for row in template}
    return template_tokenizer(named, EOS, MORE)


@pytest.mark.parametrize("name", TRAINED)
def test_exactly_prompt_answer_and_end_are_trained(name: str) -> None:
    template, opened, trained = TRAINED[name]
    tokenizer = tokenizer_of(template)
    for turns in (1, 3, 5):
        ids, start = example_ids(tokenizer, DIALOGUE[:turns], TARGET)
        assert ids[:start] == prompt_ids(tokenizer, DIALOGUE[:turns])
        assert tokenizer.decode(ids[:start]).endswith(opened)
        assert tokenizer.decode(ids[start:]) == trained.format(TARGET)


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.parametrize("turns", [1, 3, 5])
def test_others_are_refused(name: str, turns: int) -> None:
    template, said = REFUSED[name]
    with pytest.raises(ChatTemplateError, match=said):
        example_ids(tokenizer_of(template), DIALOGUE[:turns], TARGET)


def test_a_system_prompt_where_there_is_none_is_refused() -> None:
    chat = [{"role": "system", "content": "s"}, *DIALOGUE[:1]]
    with pytest.raises(ChatTemplateError, match=r"cannot render a chat: .*System role not supported"):
        prompt_ids(tokenizer_of(variants.GEMMA_2), chat)


@pytest.mark.parametrize(
    "expression",
    [
        "cycler.__init__.__globals__.os.system('touch MARK')",
        "''.__class__.__mro__[1].__subclasses__()",
        "messages.append(1)",
        "raise_exception.__globals__['__builtins__']['open']('MARK', 'w')",
        "range(10 ** 9) | list",
    ],
)
def test_a_template_reaches_nothing_outside(expression: str, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    template = "{{ " + expression.replace("MARK", str(mark)) + " }}"
    with pytest.raises(ChatTemplateError, match=r"cannot render a chat: (SecurityError|OverflowError|UndefinedError)"):
        prompt_ids(tokenizer_of(template), DIALOGUE[:1])
    assert not mark.exists()
