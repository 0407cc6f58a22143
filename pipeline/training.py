"""The training loop that fine-tuning and the verifier share: one function, run by every worker.

    losses are summed over micro-batches and ranks, and divided by the normaliser of the *global* batch
    (its target tokens, or its pairs), so they do not depend on workers, ranks or micro-batching.

There are no checkpoints inside a training: it is deterministic, so one that fails starts again.
"""

import json
import math
import os
import posixpath
import time
import warnings
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from actors.checkpoint import fetch, save_atomically
from actors.engine import Checkpoint
from actors.parts import open_directory, write_bytes
from pipeline.batches import Item, Items, Order, TrainingError, count_steps, micro_batches, padding_fraction

if TYPE_CHECKING:
    from torch import Tensor

REPORT = "training.json"
PROGRESS = "progress.json"
PROGRESS_EVERY_S = 1.0
CHECK_EVERY_STEPS = 20
"""Steps between looks at the loss, each of which waits for the accelerator."""
_CALMER = "lower the learning rate, or look for broken weights in the base model"
ENVIRONMENT = {"TORCHDYNAMO_DISABLE": "1", "TOKENIZERS_PARALLELISM": "false", "DEEPSPEED_LOG_LEVEL": "warning"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """A micro-batch, padded right. R sequences of at most T tokens from R // n items of n sequences."""

    ids: "Tensor"  # (R, T)
    mask: "Tensor"  # (R, T) 1 on tokens, 0 on padding
    starts: "Tensor"  # (R,) where each target begins
    weights: "Tensor"  # (R // n,) of each item's loss; 0 for a stand-in that keeps the ranks in step


class Objective(Protocol):
    """What is trained: how rows become items, which model, which loss."""

    @property
    def name(self) -> str: ...

    def read(self, directory: str, tokenizer: Any, max_tokens: int) -> Items: ...

    def model(self, base: str, tokenizer: Any, dtype: Any, seed: int) -> Any: ...

    def share(self, item: Item) -> float:
        """What an item adds to the normaliser: its weighted target tokens, or its weight."""
        ...

    def loss_sum(self, model: Any, batch: Batch) -> "Tensor":
        """Weighted loss summed over the batch, before the division by the normaliser. () fp32"""
        ...

    def evaluate(self, model: Any, batch: Batch) -> "Tensor":
        """(right, all) of a held-out micro-batch; called without gradients."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One training. Lengths in tokens; `batch` in items; exactly one of steps and epochs is set."""

    data: str
    base: str
    out: str
    batch: int
    steps: int | None
    epochs: float | None
    learning_rate: float
    dtype: str
    max_tokens: int
    micro_batch_tokens: int
    seed: int
    schedule: str = "linear"
    warmup_fraction: float = 0.0
    weight_decay: float = 0.0
    adam_eps: float = 1e-8
    max_grad_norm: float = 1.0
    zero_stage: int = 1
    offload: bool = False
    gradient_checkpointing: bool = False
    threads: int = 1
    """Of torch, on CPU. More than the cores that are free makes it slower by far."""
    eval_data: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingReport:
    """What a training did. `losses` holds the global loss of every step; times in seconds."""

    steps: int
    examples: int
    dropped_too_long: int
    tokens: int
    """Tokens that were trained on, padding excluded, over all steps."""
    target_tokens: int
    first_loss: float
    last_loss: float
    padding_fraction: float
    setup_s: float
    """From the start of the worker's function to the first step: imports, data, model, DeepSpeed."""
    train_s: float
    save_s: float
    fit_s: float
    """All of it, Ray Train's start and end included."""
    workers: int
    checkpoint: Checkpoint
    losses: tuple[float, ...] = ()
    eval_accuracy: float | None = None
    eval_pairs: int = 0

    @property
    def facts(self) -> dict[str, Any]:
        """The report without its long and its nested fields: what a manifest keeps."""
        hidden = {"losses", "checkpoint"}
        return {key: value for key, value in asdict(self).items() if key not in hidden and value is not None}


@dataclass(slots=True)
class Progress:
    """Watches the loss, and says where a training stands in a file beside its checkpoint, for the driver."""

    name: str
    steps: int
    out: str
    said: float = 0.0

    def update(self, step: int, loss: "Tensor", speak: bool) -> None:
        """`step` is 1-based. Raises TrainingError where the loss is not finite, at the same step on all ranks."""
        if (step in (1, self.steps) or step % CHECK_EVERY_STEPS == 0) and not math.isfinite(loss.item()):
            raise TrainingError(f"{self.name}: the loss is {loss.item()} at step {step}; {_CALMER}")
        if speak and (step == self.steps or time.monotonic() - self.said > PROGRESS_EVERY_S):
            self.said = time.monotonic()
            filesystem, directory = open_directory(posixpath.dirname(self.out))
            filesystem.create_dir(directory, recursive=True)
            body = json.dumps({"step": step, "steps": self.steps, "loss": loss.item()}).encode()
            write_bytes(filesystem, posixpath.join(directory, PROGRESS), body)


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
    engine = _engine(deepspeed, objective, model, settings, steps)
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
            raise TrainingError(f"{objective.name}: gradients are not finite at step {step + 1}; {_CALMER}")
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
    weights = _gather(engine)
    if rank == 0:
        report["checkpoint"] = asdict(_save(engine.module.model, weights, tokenizer, settings, report))
    report["save_s"] = time.monotonic() - trained
    return report


def import_deepspeed() -> Any:
    """DeepSpeed, kept from compiling anything: on CPU its communication would build a C++ operator first.

    It would do so for shared-memory reductions where its table says that the machine can; the table is
    filled here instead (it is read only there, in deepspeed/comm/torch.py).
    """
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    import torch

    if not torch.cuda.is_available():
        os.environ.setdefault("DS_ACCELERATOR", "cpu")
    import deepspeed
    import deepspeed.ops

    if not torch.cuda.is_available():
        deepspeed.ops.__compatible_ops__ = {}
    return deepspeed


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


def ds_config(settings: Settings) -> dict[str, Any]:
    """DeepSpeed's settings. No "optimizer" section: that would compile a fused one."""
    zero: dict[str, Any] = {"stage": settings.zero_stage}
    if settings.offload:
        zero["offload_optimizer"] = {"device": "cpu"}
        if settings.zero_stage == 3:
            zero["offload_param"] = {"device": "cpu"}
    return {
        "train_micro_batch_size_per_gpu": 1,  # unused: the loop cuts its own micro-batches
        "gradient_accumulation_steps": 1,  # the loop marks the boundary, so nothing is divided
        "gradient_clipping": settings.max_grad_norm,
        "zero_optimization": zero,
        "zero_allow_untested_optimizer": True,
        "zero_force_ds_cpu_optimizer": False,  # with offload: torch's AdamW, since DeepSpeed's is compiled
        "bf16": {"enabled": settings.dtype == "bfloat16"},
        "steps_per_print": None,
    }


def learning_rate_factor(step: int, steps: int, warmup_fraction: float, schedule: str) -> float:
    """Factor of the learning rate at `step` (0-based): linear warm-up, then cosine or linear to 0, or 1."""
    warmup = round(warmup_fraction * steps)
    if step < warmup:
        return (step + 1) / warmup
    progress = (step - warmup) / max(1, steps - warmup)
    if schedule == "cosine":
        return 0.5 * (1 + math.cos(math.pi * progress))
    return 1 - progress if schedule == "linear" else 1.0


def collate(items: Sequence[Item], stand_in: Item, pad: int = 0) -> Batch:
    """Pad a micro-batch right. An empty one becomes `stand_in` with weight 0, which moves nothing."""
    import torch

    chosen = items or [stand_in]
    sequences = [sequence for item in chosen for sequence in item.sequences]
    width = max(item.width for item in chosen)
    ids = torch.full((len(sequences), width), pad)
    mask = torch.zeros((len(sequences), width), dtype=torch.long)
    for row, sequence in enumerate(sequences):
        ids[row, : len(sequence)] = torch.tensor(sequence)
        mask[row, : len(sequence)] = 1
    starts = torch.tensor([item.start for item in chosen for _ in item.sequences])
    weights = torch.tensor([item.weight if items else 0.0 for item in chosen])
    return Batch(ids=ids, mask=mask, starts=starts, weights=weights)


def to_device(batch: Batch, device: Any) -> Batch:
    move = {name: getattr(batch, name).to(device, non_blocking=True) for name in Batch.__slots__}
    return Batch(**move)


def _engine(deepspeed: Any, objective: Objective, model: Any, settings: Settings, steps: int) -> Any:
    import torch

    class Loss(torch.nn.Module):
        """DeepSpeed's hooks want to see one forward; it returns the loss."""

        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, batch: Batch) -> "Tensor":
            return objective.loss_sum(self.model, batch)

    model.train()
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=settings.learning_rate, eps=settings.adam_eps, weight_decay=settings.weight_decay
    )
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: learning_rate_factor(step, steps, settings.warmup_fraction, settings.schedule)
    )
    engine, *_ = deepspeed.initialize(
        model=Loss(), optimizer=optimizer, lr_scheduler=schedule, config=ds_config(settings)
    )
    return engine


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


def _gather(engine: Any) -> dict[str, "Tensor"] | None:
    """The model's whole state on rank 0; a collective of all ranks under ZeRO-3."""
    if engine.zero_optimization_stage() == 3:
        state = engine._zero3_consolidated_16bit_state_dict()  # its public caller writes a .bin file
    else:
        state = engine.module.state_dict()
    return {name.removeprefix("model."): value for name, value in state.items()} if state is not None else None


def _save(model: Any, weights: Any, tokenizer: Any, settings: Settings, report: dict[str, Any]) -> Checkpoint:
    def write(directory: Path) -> None:
        model.save_pretrained(directory, state_dict=weights)
        tokenizer.save_pretrained(directory)
        (directory / REPORT).write_text(json.dumps({"settings": asdict(settings), "report": report}, indent=1))

    return save_atomically(write, settings.out)
