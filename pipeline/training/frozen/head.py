"""Training the verifier's head on a backbone that stays as it is (`verifier.freeze`).

Every distinct answer passes the backbone once, without gradients; then AdamW moves the head alone, by the batches,
schedule and clipping of the training loop, on rank 0: it has as many weights as the model is wide. The result is what
the training loop would give if only the head required a gradient, and dropout were off.
"""

import copy
import os
import posixpath
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from actors.batch_tokens import tokens_per_pass
from actors.storage.run_storage import open_storage
from pipeline.training.batches import EpochOrder, count_steps
from pipeline.training.examples import TrainingExample
from pipeline.training.frozen.features import compute_features, distinct_sequences, padding_fraction, read_features
from pipeline.training.loop import join_ranks, load_inputs, save_with_report
from pipeline.training.pair_loss import PairLoss
from pipeline.training.progress import StepLog
from pipeline.training.settings import TrainingSettings
from pipeline.training.types import TrainingReport
from pipeline.training.zero import learning_rate_factor

if TYPE_CHECKING:
    import torch
    from torch import Tensor
    from torch.nn import Module

FEATURES = "features"
"""Folder of the stage, beside its checkpoint; removed when that is saved."""


def train_head_on_rank(objective: PairLoss, settings: TrainingSettings) -> TrainingReport | None:
    """As `train_on_rank`. An attempt that follows another one goes on with the features that it finds."""
    import torch.distributed as dist

    started = time.monotonic()
    rank, world = join_ranks(settings)
    tokenizer, examples, loaded = load_inputs(objective, settings)
    model: Any = loaded  # its head is a module, which the type does not say
    model.to(_device()).eval()
    sequences, places = distinct_sequences(examples.kept)
    stage, pass_tokens = posixpath.dirname(settings.out), tokens_per_pass(settings.micro_batch_tokens)
    directory = posixpath.join(stage, FEATURES)
    compute_features(model, sequences, directory, pass_tokens, rank, world)
    if world > 1:
        dist.barrier()
    if rank > 0:
        return None
    steps = count_steps(len(examples.kept), settings.batch_size, settings.steps, settings.epochs)
    log = StepLog(objective.name, steps, stage, writes=True)
    ready = time.monotonic()
    head = copy.deepcopy(model.score).cpu().float()
    pairs = read_features(directory)[list(places)]
    _fit_head(head, objective, settings, examples.kept, pairs, steps, log)
    model.score.load_state_dict(head.state_dict())
    tokens = sum(map(len, sequences))
    report = save_with_report(
        model,
        None,
        tokenizer,
        settings,
        log.all_records(),
        examples=len(examples.kept),
        dropped_too_long=examples.too_long,
        tokens=tokens,
        target_tokens=tokens,
        padding_fraction=padding_fraction(sequences, pass_tokens),
        setup_s=ready - started,
        train_s=time.monotonic() - ready,
        workers=world,
    )
    open_storage(directory).delete_directory()
    return report


def _fit_head(
    head: "Module",
    objective: PairLoss,
    settings: TrainingSettings,
    examples: Sequence[TrainingExample],
    pairs: "Tensor",
    steps: int,
    log: StepLog,
) -> None:
    """Move `head` in place. `pairs`: (P, 2, H) features of the better and the worse answer of each example."""
    import torch

    optimizer = torch.optim.AdamW(
        head.parameters(), lr=settings.learning_rate, eps=settings.adam_eps, weight_decay=settings.weight_decay
    )
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: learning_rate_factor(step, steps, settings.warmup_fraction, settings.schedule)
    )
    order = EpochOrder(len(examples), settings.batch_size, settings.seed)
    for step in range(steps):
        numbers = order.batch_at(step)
        batch = [examples[number] for number in numbers]
        weights = torch.tensor([example.weight for example in batch])
        rewards = head(pairs[numbers])[..., 0]  # (B, 2)
        loss = objective.pair_loss_sum(rewards, weights) / sum(map(objective.loss_weight, batch))
        learning_rate = float(schedule.get_last_lr()[0])
        optimizer.zero_grad()
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(head.parameters(), settings.max_grad_norm)
        optimizer.step()
        schedule.step()
        problems, tokens = [example.problem_id for example in batch], sum(example.tokens for example in batch)
        log.add(loss.detach(), learning_rate, norm, tokens, problems, applied=bool(torch.isfinite(norm)))


def _device() -> "torch.device":
    """This rank's accelerator, as Ray Train numbers them, or the CPU."""
    import torch

    return torch.device(f"cuda:{os.environ.get('LOCAL_RANK', 0)}" if torch.cuda.is_available() else "cpu")
