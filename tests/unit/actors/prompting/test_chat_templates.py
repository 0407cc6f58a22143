"""Training ids are inference ids, the target and the end of turn, with templates like those of Llama 3 and Qwen 2.5."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from actors.prompting.chat_template import ChatTemplateError, end_token_ids, example_ids, prompt_ids
from actors.scorers.verifier import verifier_ids
from actors.storage.parts import commit_part
from pipeline.training.target_loss import TargetLoss
from tests.support.chat_templates import CLOCK, LLAMA_3, QWEN_2_5, template_tokenizer

KINDS = {"llama": (LLAMA_3, "<|eot_id|>"), "qwen": (QWEN_2_5, "<|im_end|>"), "clock": (CLOCK, "<|im_end|>")}
ONE = [{"role": "user", "content": "write f"}]
THREE = [
    *ONE,
    {"role": "assistant", "content": "```python\nx\n```"},
    {"role": "user", "content": "Feedback: no"},
    {"role": "assistant", "content": "y"},
    {"role": "user", "content": "Feedback: no\n\nagain"},
]
TARGET = "```python\ndef f():\n\n    pass\n```"


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def tokenizer(kind: str) -> Any:
    return template_tokenizer(*KINDS[kind])


@pytest.mark.parametrize("messages", [ONE, THREE], ids=["one turn", "three turns"])
def test_training_continues_inference_with_target_and_end_of_turn(
    kind: str, tokenizer: Any, messages: list[dict[str, str]]
) -> None:
    end = tokenizer.convert_tokens_to_ids(KINDS[kind][1])
    asked = prompt_ids(tokenizer, messages)
    ids, start = example_ids(tokenizer, messages, TARGET)
    assert ids == [*asked, *tokenizer.encode(TARGET, add_special_tokens=False), end]
    assert start == len(asked)
    assert end in end_token_ids(tokenizer)


@pytest.mark.parametrize("messages", [ONE, THREE], ids=["one turn", "three turns"])
def test_exactly_one_bos_where_the_model_has_one(kind: str, tokenizer: Any, messages: list[dict[str, str]]) -> None:
    first = tokenizer.convert_tokens_to_ids("<|begin_of_text|>")
    expected = 0 if kind == "qwen" else 1
    assert tokenizer.encode("x").count(first) == expected  # the tokenizer would add one by itself
    for ids in (prompt_ids(tokenizer, messages), example_ids(tokenizer, messages, TARGET)[0]):
        assert ids.count(first) == expected
        assert ids[:expected] == [first] * expected
    assert verifier_ids(tokenizer, "write f", TARGET) == example_ids(tokenizer, ONE, TARGET)[0]


def test_the_text_of_a_dialogue_is_as_the_template_writes_it() -> None:
    llama = template_tokenizer(*KINDS["llama"])
    header = "<|start_header_id|>{}<|end_header_id|>\n\n"
    assert llama.decode(example_ids(llama, THREE, TARGET)[0]) == (
        "<|begin_of_text|>" + header.format("system") + "Cutting Knowledge Date: December 2023\n"
        "Today Date: 26 Jul 2024\n\n<|eot_id|>"
        + header.format("user")
        + "write f<|eot_id|>"
        + header.format("assistant")
        + "```python\nx\n```<|eot_id|>"
        + header.format("user")
        + "Feedback: no<|eot_id|>"
        + header.format("assistant")
        + "y<|eot_id|>"
        + header.format("user")
        + "Feedback: no\n\nagain<|eot_id|>"
        + header.format("assistant")
        + TARGET
        + "<|eot_id|>"
    )
    qwen = template_tokenizer(*KINDS["qwen"])
    assert qwen.decode(example_ids(qwen, ONE, "x")[0]) == (
        "<|im_start|>system\nYou are a helpful assistant of the house.<|im_end|>\n"
        "<|im_start|>user\nwrite f<|im_end|>\n<|im_start|>assistant\nx<|im_end|>"
    )


def test_the_date_is_pinned_however_the_template_asks_for_it() -> None:
    today = datetime.now()
    for name, pinned, written in (("llama", "26 Jul 2024", "%d %b %Y"), ("clock", "2024-07-26", "%Y-%m-%d")):
        tokenizer = template_tokenizer(*KINDS[name])
        unpinned = tokenizer.apply_chat_template(ONE, tokenize=False, add_generation_prompt=True)
        assert today.strftime(written)[:4] in unpinned  # the template does look at the clock
        assert pinned in tokenizer.decode(prompt_ids(tokenizer, ONE))
        assert pinned in tokenizer.decode(example_ids(tokenizer, ONE, TARGET)[0])


def test_a_target_that_begins_with_a_newline_is_not_merged_into_its_header() -> None:
    """Tokenised as one text, "assistant⏎" and "⏎x" share the token "⏎⏎", which sampling could not produce."""
    tokenizer = template_tokenizer(*KINDS["qwen"])
    together = tokenizer.encode("assistant\n\nx", add_special_tokens=False)
    assert tokenizer.convert_tokens_to_ids("ĊĊ") in together
    ids, start = example_ids(tokenizer, ONE, "\nx")
    assert ids[:start] == prompt_ids(tokenizer, ONE)
    assert tokenizer.convert_ids_to_tokens(ids[start:]) == ["Ċ", "x", "<|im_end|>"]


def test_a_template_that_rewrites_history_is_refused() -> None:
    template = '{% for m in messages %}{{ m.role + loop.last | string + m.content + "<|eot_id|>" }}{% endfor %}'
    with pytest.raises(ChatTemplateError, match="renders a finished answer differently"):
        example_ids(template_tokenizer(template, "<|eot_id|>"), ONE, TARGET)


def test_the_loss_mask_covers_target_and_end_of_turn(tmp_path: Path, kind: str, tokenizer: Any) -> None:
    row = {"example_id": "e", "problem_id": "p", "messages": THREE, "target": TARGET, "weight": 2.5}
    commit_part(str(tmp_path), 0, pa.Table.from_pylist([row]))
    (item,) = TargetLoss().read_examples(str(tmp_path), tokenizer, 4096).kept
    (sequence,) = item.sequences
    assert tokenizer.decode(list(sequence[item.start :])) == TARGET + KINDS[kind][1]
    assert item.target_tokens == len(tokenizer.encode(TARGET, add_special_tokens=False)) + 1
    assert (item.weight, TargetLoss().loss_weight(item)) == (2.5, 2.5 * item.target_tokens)


def test_a_saved_tokenizer_renders_the_same(tmp_path: Path, tokenizer: Any) -> None:
    from transformers import AutoTokenizer

    tokenizer.save_pretrained(tmp_path)
    settings = json.loads((tmp_path / "tokenizer_config.json").read_text())
    assert (tmp_path / "chat_template.jinja").exists() or settings["chat_template"]
    again = AutoTokenizer.from_pretrained(tmp_path)
    assert example_ids(again, THREE, TARGET) == example_ids(tokenizer, THREE, TARGET)
