"""Tiny models that tests build for themselves: byte-level BPE with a chat template, a Llama of two layers."""

from pathlib import Path
from typing import Any

CHAT = (
    "{% for m in messages %}{% if m['role'] == 'assistant' %}<asst>{{ m['content'] }}<end>"
    "{% else %}<user>{{ m['content'] }}{% endif %}{% endfor %}{% if add_generation_prompt %}<asst>{% endif %}"
)


def tiny_tokenizer(chat_template: str | None = CHAT) -> Any:
    """Bytes as tokens, and <pad>, <user>, <asst>, <end> (eos) with ids 0 to 3."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    special = ["<pad>", "<user>", "<asst>", "<end>"]
    vocabulary = {token: i for i, token in enumerate([*special, *sorted(pre_tokenizers.ByteLevel.alphabet())])}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(special)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="<pad>", eos_token="<end>", chat_template=chat_template
    )


def tiny_config(**changes: Any) -> Any:
    from transformers import LlamaConfig

    settings = {
        **{"vocab_size": 260, "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2},
        **{"num_attention_heads": 2, "num_key_value_heads": 2, "max_position_embeddings": 256},
        **{"tie_word_embeddings": True, "pad_token_id": 0, "bos_token_id": None, "eos_token_id": 3},
    }
    return LlamaConfig(**{**settings, **changes})


def tiny_causal(directory: Path, *, seed: int = 0, **changes: Any) -> str:
    """A Llama with random weights and its tokenizer, saved to `directory`."""
    import torch
    from transformers import LlamaForCausalLM

    torch.manual_seed(seed)
    LlamaForCausalLM(tiny_config(**changes)).save_pretrained(directory)
    tiny_tokenizer().save_pretrained(directory)
    return str(directory)


def tiny_verifier(directory: Path, *, seed: int = 0, **changes: Any) -> str:
    """The same with a scalar head."""
    import torch
    from transformers import LlamaForSequenceClassification

    torch.manual_seed(seed)
    LlamaForSequenceClassification(tiny_config(num_labels=1, **changes)).save_pretrained(directory)
    tiny_tokenizer().save_pretrained(directory)
    return str(directory)
