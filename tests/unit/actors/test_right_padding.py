"""A causal model needs no padding mask; another one keeps it."""

import torch
from transformers import AutoModelForCausalLM, BertConfig, BertForSequenceClassification

from actors.right_padding import padding_mask
from pipeline.state.models import resolve_model

IDS = torch.tensor([[5, 6, 7, 8], [5, 6, 0, 0]])
MASK = torch.tensor([[1, 1, 1, 1], [1, 1, 0, 0]])


def test_a_causal_model_reads_the_same_without_a_mask() -> None:
    model = AutoModelForCausalLM.from_pretrained(resolve_model("builtin:generator").path)
    assert padding_mask(model, MASK) is None
    found = [model(input_ids=IDS, attention_mask=mask).logits[MASK.bool()] for mask in (MASK, None)]
    assert torch.equal(*found)


def test_a_model_that_looks_both_ways_keeps_it() -> None:
    config = BertConfig(vocab_size=16, hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=8)
    model = BertForSequenceClassification(config)
    assert padding_mask(model, MASK) is MASK


def test_a_model_that_does_not_say_keeps_it() -> None:
    assert padding_mask(torch.nn.Linear(1, 1), MASK) is MASK
