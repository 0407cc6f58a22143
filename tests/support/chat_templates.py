"""Tokenizers with chat templates of the kinds that instruction-tuned models carry, written for byte-level BPE."""

from typing import Any

LLAMA_3 = """\
{{- bos_token }}
{%- if date_string is not defined %}{% set date_string = strftime_now("%d %b %Y") %}{% endif %}
{%- if messages[0].role == "system" %}{% set said = messages[0].content %}{% set messages = messages[1:] %}
{%- else %}{% set said = "" %}{% endif %}
{{- "<|start_header_id|>system<|end_header_id|>\\n\\n" }}
{{- "Cutting Knowledge Date: December 2023\\nToday Date: " + date_string + "\\n\\n" + said | trim + "<|eot_id|>" }}
{%- for message in messages %}
{{- "<|start_header_id|>" + message.role + "<|end_header_id|>\\n\\n" + message.content | trim + "<|eot_id|>" }}
{%- endfor %}
{%- if add_generation_prompt %}{{ "<|start_header_id|>assistant<|end_header_id|>\\n\\n" }}{% endif %}"""
"""BOS in the template, a system header with a date that may be given, contents trimmed."""

QWEN_2_5 = """\
{%- if messages[0].role != "system" %}
{{- "<|im_start|>system\\nYou are a helpful assistant of the house.<|im_end|>\\n" }}
{%- endif %}
{%- for message in messages %}
{{- "<|im_start|>" + message.role + "\\n" + message.content + "<|im_end|>\\n" }}
{%- endfor %}
{%- if add_generation_prompt %}{{ "<|im_start|>assistant\\n" }}{% endif %}"""
"""No BOS, a default system prompt, contents as they are, a newline after the end of turn."""

CLOCK = """\
{{- bos_token + "<|im_start|>system\\nToday is " + strftime_now("%Y-%m-%d") + ".<|im_end|>\\n" }}
{%- for message in messages %}
{{- "<|im_start|>" + message.role + "\\n" + message.content + "<|im_end|>\\n" }}
{%- endfor %}
{%- if add_generation_prompt %}{{ "<|im_start|>assistant\\n" }}{% endif %}"""
"""Looks at the clock itself, whatever it is given as a date."""

SPECIAL = ("<|begin_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>", "<|im_start|>", "<|im_end|>")


def template_tokenizer(template: str | dict[str, str], eos_token: str, more: tuple[str, ...] = ()) -> Any:
    """Bytes, `SPECIAL` and `more`, one token for two newlines. It adds BOS by itself too, as those of Llama 3 do."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    special = [*SPECIAL, *more]
    pieces = [*special, *sorted(pre_tokenizers.ByteLevel.alphabet()), "ĊĊ"]
    tokenizer = Tokenizer(models.BPE(vocab={piece: i for i, piece in enumerate(pieces)}, merges=[("Ċ", "Ċ")]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(special)
    if "bos_token" in template:
        bos = SPECIAL[0]
        tokenizer.post_processor = processors.TemplateProcessing(single=f"{bos} $A", special_tokens=[(bos, 0)])
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token=SPECIAL[0] if "bos_token" in template else None,
        eos_token=eos_token,
        chat_template=template,
        clean_up_tokenization_spaces=False,
    )
