"""Plain PyTorch training of the two tiny models: next-token loss, and Bradley-Terry on program pairs."""

import random
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional
from transformers import get_cosine_schedule_with_warmup

from pipeline.embedded.warm_examples import WarmExample

WARMUP_STEPS = 30
REWARD_L2 = 1e-3


def train_model(
    model: Any, batches: Iterator[Any], loss: Callable[[Any], Tensor], steps: int, learning_rate: float
) -> None:
    """AdamW with a cosine schedule. `loss` maps a batch to a scalar."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=learning_rate, betas=(0.9, 0.98), weight_decay=0.0)
    schedule = get_cosine_schedule_with_warmup(optimizer, WARMUP_STEPS, steps)
    model.train()
    for step, batch in zip(range(1, steps + 1), batches, strict=False):
        value = loss(batch)
        value.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
        if step % 100 == 0 or step == steps:
            print(f"  step {step} of {steps}: loss {value.item():.3f}", flush=True)


def sorted_batches(
    draw: Callable[[int], list[Any]], size: int, key: Callable[[Any], int], seed: int
) -> Iterator[list[Any]]:
    """Endless batches of items of like length: `draw(count)` gives fresh items, sorted among 16 batches."""
    rng = random.Random(seed)
    while True:
        items = sorted(draw(16 * size), key=key)
        groups = [items[start : start + size] for start in range(0, len(items), size)]
        rng.shuffle(groups)
        yield from groups


def next_token_loss(model: Any, examples: Sequence[WarmExample], pad: int) -> Tensor:
    """Mean cross-entropy of the target tokens, `ids[start:]` of each example."""
    ids, mask = pad_right([example.ids for example in examples], pad)
    hidden = model.model(input_ids=ids, attention_mask=mask, use_cache=False).last_hidden_state
    positions = torch.arange(ids.shape[1])
    starts = torch.tensor([[example.start] for example in examples])
    target = (positions >= starts) & mask.bool()
    logits = model.lm_head(hidden[:, :-1][target[:, 1:]])  # (targets, vocabulary): nothing else has a loss
    return functional.cross_entropy(logits, ids[:, 1:][target[:, 1:]])


def score_rows(model: Any, rows: Sequence[list[int]], pad: int) -> Tensor:
    """(rows,) the logit at the last token of each."""
    ids, mask = pad_right(rows, pad)
    return model(input_ids=ids, attention_mask=mask).logits[:, 0]


def pair_loss(model: Any, groups: Sequence[list[list[int]]], pad: int) -> Tensor:
    """Bradley-Terry: -log sigmoid(right - wrong), mean over pairs, plus a small weight on squared scores.

    Each group is one problem's right program, then its wrong ones.
    """
    values = score_rows(model, [row for group in groups for row in group], pad)
    split = values.split([len(group) for group in groups])
    margins = torch.cat([group[0] - group[1:] for group in split])
    return -functional.logsigmoid(margins).mean() + REWARD_L2 * values.square().mean()


def pad_right(rows: Sequence[list[int]], pad: int) -> tuple[Tensor, Tensor]:
    """(rows, longest) ids and their attention mask."""
    width = max(len(row) for row in rows)
    ids = torch.tensor([row + [pad] * (width - len(row)) for row in rows])
    mask = torch.tensor([[1] * len(row) + [0] * (width - len(row)) for row in rows])
    return ids, mask
