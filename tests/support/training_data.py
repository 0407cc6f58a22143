"""Small data sets for training tests, committed as parts, and a plain PyTorch loop to compare with."""

import os
import random
import signal
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from actors.storage.parts import commit_part
from pipeline.training.states import save_times
from pipeline.training.target_loss import TargetLoss, target_loss_sum

if TYPE_CHECKING:
    from transformers import PreTrainedModel

STEPS, BATCH, LEARNING_RATE, MAX_TOKENS = 20, 16, 3e-3, 128


def write_examples(directory: Path, count: int = 50) -> str:
    """Two parts whose rows are out of order; every third example weighs 2."""
    rng = random.Random(1)
    rows = [
        {
            "example_id": f"example-{number:03d}",
            "problem_id": f"problem-{number // 3}",
            "messages": [{"role": "user", "content": "say " + "x" * rng.randint(1, 40)}],
            "target": "ab" * rng.randint(1, 10),
            "weight": 2.0 if number % 3 == 0 else 1.0,
        }
        for number in range(count)
    ]
    rng.shuffle(rows)
    commit_part(str(directory), 0, pa.Table.from_pylist(rows[: count // 2]))
    commit_part(str(directory), 1, pa.Table.from_pylist(rows[count // 2 :]))
    return str(directory)


def write_pairs(directory: Path, count: int = 40) -> str:
    """Right answers are made of a, wrong ones of b."""
    rng = random.Random(2)
    rows = [
        {
            "pair_id": f"pair-{number:03d}",
            "problem_id": f"problem-{number // 4}",
            "prompt": "x" * rng.randint(1, 30),
            "chosen": "a" * rng.randint(1, 9),
            "rejected": "b" * rng.randint(1, 9),
        }
        for number in range(count)
    ]
    commit_part(str(directory), 0, pa.Table.from_pylist(rows))
    return str(directory)


def plain_losses(objective: Any, data: str, base: str, seed: int = 0, eps: float = 1e-8) -> list[float]:
    """The losses of `plain_training`."""
    return plain_training(objective, data, base, seed, eps)[0]


def plain_training(
    objective: Any, data: str, base: str, seed: int = 0, eps: float = 1e-8
) -> "tuple[list[float], PreTrainedModel]":
    """The same training without DeepSpeed, Ray or micro-batches: one padded batch per step, one backward."""
    import torch
    from transformers import AutoTokenizer

    from pipeline.training.batches import EpochOrder
    from pipeline.training.collate import collate_examples

    tokenizer = AutoTokenizer.from_pretrained(base)
    examples = objective.read_examples(data, tokenizer, MAX_TOKENS).kept
    model = objective.load_model(base, tokenizer, torch.float32, seed).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=LEARNING_RATE, eps=eps, weight_decay=0.0)
    order, losses = EpochOrder(len(examples), BATCH, seed), []
    for step in range(STEPS):
        rows = [examples[number] for number in order.batch_at(step)]
        loss = objective.loss_sum(model, collate_examples(rows, rows[0])) / sum(map(objective.loss_weight, rows))
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.param_groups[0]["lr"] = LEARNING_RATE * (1 - step / STEPS)  # linear, without warm-up
        optimizer.step()
        optimizer.zero_grad()
        losses.append(loss.item())
    return losses, model


@dataclass(frozen=True, slots=True)
class CutOff(TargetLoss):
    """Kills its own process at some forward passes, or stops it there.

    The passes of every worker and attempt count. The state is saved after every step if it is saved at all.
    """

    marker: str = ""
    at: tuple[int, ...] = (12,)
    kills: bool = True

    def load_model(self, base: str, tokenizer: Any, dtype: Any, seed: int) -> "PreTrainedModel":
        save_times.PAUSE = 0.0
        return TargetLoss.load_model(self, base, tokenizer, dtype, seed)

    def loss_sum(self, model: Any, batch: Any) -> Any:
        with Path(f"{self.marker}.passes").open("ab") as passes:
            passes.write(b".")
            passes.flush()
            number = passes.tell()
        if number in self.at:
            Path(self.marker).touch()
            if self.kills:
                os.kill(os.getpid(), signal.SIGKILL)
            raise RuntimeError("the power is cut")
        return target_loss_sum(model, batch)


@dataclass(frozen=True)
class Greedy(TargetLoss):
    """Fine-tuning whose forward pass raises `error`, as one that asks for too much memory does."""

    error: Exception = field(default_factory=MemoryError)

    def loss_sum(self, model: Any, batch: Any) -> Any:
        raise self.error
