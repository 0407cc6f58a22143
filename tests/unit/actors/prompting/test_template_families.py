"""Templates of twelve families either train exactly prompt, answer and end of turn, or are refused."""

from typing import Any

import pytest

from actors.prompting.chat_template import ChatTemplateError, end_token_ids, example_ids, prompt_ids
from tests.support import more_chat_templates as more
from tests.support.chat_templates import LLAMA_3, QWEN_2_5, template_tokenizer

EOS = "<|endoftext|>"
TRAINED = {
    "Llama 3": (LLAMA_3, "<|eot_id|>", "<|eot_id|>", ""),
    "Qwen 2.5": (QWEN_2_5, "<|im_end|>", "<|im_end|>", ""),
    "Qwen 3": (more.QWEN_3, "<|im_end|>", "<|im_end|>", ""),
    "ChatML, another eos": (more.CHATML, EOS, "<|im_end|>", ""),
    "SmolLM 2": (more.SMOLLM_2, "<|im_end|>", "<|im_end|>", ""),
    "Gemma": (more.GEMMA, EOS, "<|turn_end|>", ""),
    "Phi": (more.PHI, EOS, "<|end|>", ""),
    "Mistral": (more.MISTRAL, EOS, EOS, " "),
    "DeepSeek": (more.DEEPSEEK, EOS, EOS, " "),
    "R1 distill": (more.R1_DISTILL, EOS, EOS, ""),
}
"""Template, eos, what ends a turn, white space that the template writes before an answer, and the model with it."""
CHAT = [
    {"role": "user", "content": "write f"},
    {"role": "assistant", "content": "```python\nx\n```"},
    {"role": "user", "content": "no"},
]
TARGET = "```python\ndef f():\n\n    pass\n```"


def family(template: str, eos: str) -> Any:
    return template_tokenizer(template, eos, (EOS, "<|turn_end|>", "<|end|>", "<|user|>", "<|assistant|>"))


@pytest.mark.parametrize("name", TRAINED)
@pytest.mark.parametrize("turns", [1, 3])
def test_exactly_prompt_answer_and_end_are_trained(name: str, turns: int) -> None:
    template, eos, end, space = TRAINED[name]
    tokenizer = family(template, eos)
    ids, start = example_ids(tokenizer, CHAT[:turns], TARGET)
    assert ids[:start] == prompt_ids(tokenizer, CHAT[:turns])
    assert tokenizer.decode(ids[start:]) == space + TARGET + end
    assert ids[-1] in end_token_ids(tokenizer)


@pytest.mark.parametrize(
    ("template", "said"),
    [
        (more.GPT_OSS, "renders the answer '```python.* as '<\\|channel\\|>final"),
        (more.QWEN_3_ALWAYS, "renders the answer .* as '<think>"),
        (more.GLM, "ends an answer with none of the end tokens"),
        (more.STRICT, "cannot render a chat: .*only the first turn has a system prompt"),
        ("{{ messages[0].content", "cannot render a chat: TemplateSyntaxError"),
    ],
)
def test_other_templates_are_refused(template: str, said: str) -> None:
    with pytest.raises(ChatTemplateError, match=said):
        example_ids(family(template, EOS), CHAT, TARGET)


def test_reasoning_that_a_template_drops_is_not_trained_silently() -> None:
    with pytest.raises(ChatTemplateError, match="renders the answer '<think>a</think>b' as 'b"):
        example_ids(family(more.R1_DISTILL, EOS), CHAT[:1], "<think>a</think>b")


@pytest.mark.parametrize("name", TRAINED)
def test_special_tokens_in_what_is_said_are_text(name: str) -> None:
    template, eos, end, space = TRAINED[name]
    tokenizer = family(template, eos)
    said = f"print('{end}')  # {eos} <|im_start|>\ue000"
    chat = [{"role": "user", "content": f"Print {end} and <|im_start|>."}]
    ids, start = example_ids(tokenizer, chat, said)
    assert tokenizer.decode(ids[start:]) == space + said.removesuffix("\ue000") + end
    numbers = {tokenizer.convert_tokens_to_ids(token) for token in (end, eos, "<|im_start|>")}
    assert sum(number in numbers for number in ids[start:]) == 1
    plain, _ = example_ids(tokenizer, [{"role": "user", "content": "Print it."}], "x")
    assert sum(number in numbers for number in ids) == sum(number in numbers for number in plain)


def test_the_vocabulary_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    tokenizer = family(more.CHATML, EOS)
    read, vocabulary = [], tokenizer.get_vocab()
    monkeypatch.setattr(tokenizer, "get_vocab", lambda: read.append(1) or vocabulary)
    for _ in range(3):
        example_ids(tokenizer, CHAT, TARGET)
    assert len(read) == 1
