"""The training loop that fine-tuning and the verifier share: one function, run by every worker.

    losses are summed over micro-batches and ranks, and divided by the normaliser of the *global* batch
    (its target tokens, or its pairs), so they do not depend on workers, ranks or micro-batching.

There are no checkpoints inside a training: it is deterministic, so one that fails starts again.
"""

import json
import time
import warnings
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from actors.storage.checkpoint import Checkpoint, fetch, save_atomically
from pipeline.training.batches import Item, Items, Order, TrainingError, count_steps, micro_batches, padding_fraction

if TYPE_CHECKING:
    from torch import Tensor
from pipeline.training.collate import collate, to_device
from pipeline.training.progress import CALMER, Progress
from pipeline.training.types import Objective, Settings
from pipeline.training.zero import gather, import_deepspeed, initialize

REPORT = "training.json"


def train(objective: Objective, settings: Settings) -> dict[str, Any]:
    """Train on this rank and save on rank 0; returns the report's fields. Needs a process group or world 1."""
    started = time.monotonic()
    deepspeed = import_deepspeed()
    warnings.filterwarnings("ignore", message=".*is deprecated", category=FutureWarning, module="torch.distributed")
    import torch
    import torch.distributed as dist
    from transformers import AutoTokenizer
    from transformers.utils import logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    if not dist.is_initialized():  # Ray Train's local mode
        dist.init_process_group("gloo", store=dist.HashStore(), rank=0, world_size=1)
    torch.set_num_threads(settings.threads)
    rank, world = dist.get_rank(), dist.get_world_size()
    torch.manual_seed(settings.seed)
    base = fetch(settings.base)
    tokenizer = AutoTokenizer.from_pretrained(base)
    items = require_items(objective.read(settings.data, tokenizer, settings.max_tokens), settings)
    model = objective.model(base, tokenizer, getattr(torch, settings.dtype), settings.seed)
    if settings.gradient_checkpointing:
        model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
    steps = count_steps(len(items.kept), settings.batch, settings.steps, settings.epochs)
    engine = initialize(deepspeed, objective, model, settings, steps)
    order = Order(len(items.kept), settings.batch, settings.seed)
    progress = Progress(objective.name, steps, settings.out)
    losses: list[Tensor] = []
    plans: list[list[list[Item]]] = []
    ready = time.monotonic()
    for step in range(steps):
        rows = [items.kept[number] for number in order.step(step)]
        rounds = micro_batches(rows, world, settings.micro_batch_tokens)
        normaliser = sum(objective.share(item) for item in rows)
        losses.append(_step(engine, [round_[rank] for round_ in rounds], rows[0], normaliser / world, world))
        plans += rounds
        if not engine.was_step_applied():  # DeepSpeed skips such a step, and says so only in its log
            raise TrainingError(f"{objective.name}: gradients are not finite at step {step + 1}; {CALMER}")
        progress.update(step + 1, losses[-1], speak=rank == 0)
    trained = time.monotonic()
    seen = [item for round_ in plans for micro in round_ for item in micro]
    report: dict[str, Any] = {
        "steps": steps,
        "examples": len(items.kept),
        "dropped_too_long": items.too_long,
        "tokens": sum(item.tokens for item in seen),
        "target_tokens": sum(item.target_tokens for item in seen),
        "padding_fraction": padding_fraction(plans),
        "losses": torch.stack(losses).tolist(),
        "setup_s": ready - started,
        "train_s": trained - ready,
        "workers": world,
    }
    if settings.eval_data:
        report |= _evaluate(engine, objective, settings, tokenizer, rank, world)
    weights = gather(engine)
    if rank == 0:
        report["checkpoint"] = asdict(_save(engine.module.model, weights, tokenizer, settings, report))
    report["save_s"] = time.monotonic() - trained
    return report


def require_items(items: Items, settings: Settings) -> Items:
    """`items`, unless there is nothing to train on; then an error that says why."""
    if items.kept:
        return items
    if items.too_long:
        raise TrainingError(
            f"all {items.too_long} rows of {settings.data} are longer than {settings.max_tokens} tokens; "
            "raise model.max_tokens, or verifier.max_tokens for a verifier that has its own"
        )
    raise TrainingError(f"{settings.data} holds no rows, so there is nothing to train on")


def _step(engine: Any, micros: Sequence[Sequence[Item]], stand_in: Item, normaliser: float, world: int) -> "Tensor":
    """One optimizer step; returns the loss of the global batch.

    DeepSpeed averages gradients over ranks, so each rank divides by normaliser / world.
    """
    import torch.distributed as dist

    total: Any = 0.0
    for number, items in enumerate(micros):
        engine.set_gradient_accumulation_boundary(number == len(micros) - 1)
        loss = engine(to_device(collate(items, stand_in), engine.device)) / normaliser
        engine.backward(loss)
        total = total + loss.detach()
    engine.step()
    if world > 1:
        dist.all_reduce(total)
    return total / world


def _evaluate(
    engine: Any, objective: Objective, settings: Settings, tokenizer: Any, rank: int, world: int
) -> dict[str, Any]:
    """Share of held-out pairs that are ranked right, every rank taking its part of each round."""
    import torch
    import torch.distributed as dist

    items = objective.read(str(settings.eval_data), tokenizer, settings.max_tokens).kept
    engine.eval()
    counts = torch.zeros(2, dtype=torch.float64, device=engine.device)
    with torch.no_grad():
        for round_ in micro_batches(items, world, settings.micro_batch_tokens) if items else []:
            batch = to_device(collate(round_[rank], items[0]), engine.device)
            counts += objective.evaluate(engine.module.model, batch)
    if world > 1:
        dist.all_reduce(counts)
    right, pairs = counts.tolist()
    return {"eval_accuracy": right / pairs if pairs else None, "eval_pairs": int(pairs)}


def _save(model: Any, weights: Any, tokenizer: Any, settings: Settings, report: dict[str, Any]) -> Checkpoint:
    def write(directory: Path) -> None:
        model.save_pretrained(directory, state_dict=weights)
        tokenizer.save_pretrained(directory)
        (directory / REPORT).write_text(json.dumps({"settings": asdict(settings), "report": report}, indent=1))

    return save_atomically(write, settings.out)
