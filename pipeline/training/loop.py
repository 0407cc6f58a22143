"""The training loop that fine-tuning and the verifier share: one function, run by every worker.

    losses are summed over micro-batches and ranks, and divided by the normaliser of the *global* batch
    (its target tokens, or its pairs), so they do not depend on workers, ranks or micro-batching.

The state is saved now and then (`states`): a training that was killed goes on from there, to the same weights.
"""

import json
import posixpath
import time
import warnings
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from actors.batch_tokens import tokens_per_pass
from actors.storage.checkpoint import Checkpoint, fetch_checkpoint, save_atomically, weights_checksum
from pipeline.trackers.steps import StepRecord
from pipeline.training.adapters.lora import inject_adapters, save_adapter
from pipeline.training.batches import EpochOrder, MicroBatch, TokenCount, count_steps, cut_micro_batches
from pipeline.training.collate import collate_examples, move_batch
from pipeline.training.errors import TrainingError
from pipeline.training.examples import TrainingExample, TrainingExamples
from pipeline.training.generation_settings import make_saveable
from pipeline.training.progress import StepLog
from pipeline.training.settings import TrainingSettings
from pipeline.training.states.training_states import TrainingStates
from pipeline.training.types import Objective, TrainingReport
from pipeline.training.zero import gather_weights, import_deepspeed, start_engine

if TYPE_CHECKING:
    from deepspeed import DeepSpeedEngine
    from torch import Tensor
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

REPORT = "training.json"


def train_on_rank(objective: Objective, settings: TrainingSettings) -> TrainingReport | None:
    """Train on this rank and save on rank 0, which returns the report. Needs a process group, or is the only rank.

    Raises TrainingError if there is nothing to train on, TrainingFailed if the loss or gradients are not finite, with
    the step and the problems of its batch.
    """
    started = time.monotonic()
    deepspeed = import_deepspeed()
    rank, world = join_ranks(settings)
    adapts = settings.lora_rank is not None
    base_policy_id = weights_checksum(fetch_checkpoint(settings.base)) if adapts and rank == 0 else ""
    tokenizer, examples, model = load_inputs(objective, settings)
    steps = count_steps(len(examples.kept), settings.batch_size, settings.steps, settings.epochs)
    engine = start_engine(deepspeed, objective, model, settings, steps)
    states = TrainingStates(engine, objective, settings, examples.kept)
    reached = states.restore()
    log = StepLog(objective.name, steps, posixpath.dirname(settings.out), reached.records, writes=rank == 0)
    log.notes.extend(states.notes)
    ready, count = time.monotonic(), reached.count
    _take_steps(engine, objective, settings, examples.kept, steps, log, count, states)
    trained = time.monotonic()
    weights = gather_weights(engine, trained_only=adapts)
    if rank > 0:
        engine.destroy()
        return None
    report = save_with_report(
        engine.module.model,
        weights,
        tokenizer,
        settings,
        log.all_records(),
        base_policy_id,
        examples=len(examples.kept),
        dropped_too_long=examples.too_long,
        tokens=count.tokens,
        target_tokens=count.target_tokens,
        padding_fraction=count.padding_fraction,
        setup_s=ready - started,
        train_s=trained - ready,
        went_on_from_step=reached.step,
        workers=world,
    )
    engine.destroy()  # this process may go on, and hooks hold what they are on
    return report


def save_with_report(
    model: "PreTrainedModel",
    weights: "dict[str, Tensor] | None",
    tokenizer: "PreTrainedTokenizerBase",
    settings: TrainingSettings,
    records: tuple[StepRecord, ...],
    base_policy_id: str = "",
    **measured: Any,
) -> TrainingReport:
    """Save the checkpoint at `settings.out` with what made it. `weights` None: the model's own; `base_policy_id`:
    what adapters were trained on; `measured`: the other fields of the report."""
    started = time.monotonic()
    measured = {"steps": len(records), **measured}
    described = {"settings": asdict(settings), "report": {**measured, "losses": [record.loss for record in records]}}
    checkpoint = _save_model(model, weights, tokenizer, settings, described, base_policy_id)
    save_s = time.monotonic() - started
    return TrainingReport(**measured, step_records=records, checkpoint=checkpoint, save_s=save_s)


def join_ranks(settings: TrainingSettings) -> tuple[int, int]:
    """Make this process ready; its rank, and how many there are."""
    warnings.filterwarnings("ignore", message=".*is deprecated", category=FutureWarning, module="torch.distributed")
    import torch
    import torch.distributed as dist
    from transformers.utils import logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    if not dist.is_initialized():  # Ray Train's local mode
        dist.init_process_group("gloo", store=dist.HashStore(), rank=0, world_size=1)
    torch.set_num_threads(settings.threads)
    torch.manual_seed(settings.seed)
    return dist.get_rank(), dist.get_world_size()


def load_inputs(
    objective: Objective, settings: TrainingSettings
) -> "tuple[PreTrainedTokenizerBase, TrainingExamples, PreTrainedModel]":
    import torch
    from transformers import AutoTokenizer

    base = fetch_checkpoint(settings.base)
    tokenizer = AutoTokenizer.from_pretrained(base)
    examples = require_examples(objective.read_examples(settings.data, tokenizer, settings.max_tokens), settings)
    model = objective.load_model(base, tokenizer, getattr(torch, settings.dtype), settings.seed)
    make_saveable(model)
    if settings.lora_rank is not None:
        inject_adapters(model, settings)
    if settings.gradient_checkpointing:
        model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
    return tokenizer, examples, model


def require_examples(examples: TrainingExamples, settings: TrainingSettings) -> TrainingExamples:
    """`examples`, unless there is nothing to train on; then a TrainingError that says why."""
    if examples.kept:
        return examples
    if examples.too_long:
        raise TrainingError(
            f"all {examples.too_long} rows of {settings.data} are longer than {settings.max_tokens} tokens; "
            "raise model.max_tokens, or verifier.max_tokens for a verifier that has its own"
        )
    raise TrainingError(f"{settings.data} holds no rows, so there is nothing to train on")


def _take_steps(
    engine: "DeepSpeedEngine",
    objective: Objective,
    settings: TrainingSettings,
    examples: Sequence[TrainingExample],
    steps: int,
    log: StepLog,
    count: TokenCount,
    states: TrainingStates,
) -> None:
    """Every optimizer step of this rank that `log` does not hold; each goes to `log` and into `count`."""
    import torch.distributed as dist

    rank, world = dist.get_rank(), dist.get_world_size()
    max_tokens = tokens_per_pass(settings.micro_batch_tokens)
    order = EpochOrder(len(examples), settings.batch_size, settings.seed)
    for step in range(log.step, steps):
        batch = [examples[number] for number in order.batch_at(step)]
        rounds = cut_micro_batches(batch, world, max_tokens)
        normaliser = sum(objective.loss_weight(example) for example in batch)
        learning_rate = engine.get_lr()[0]
        loss = _take_step(engine, [round_[rank] for round_ in rounds], batch[0], normaliser / world)
        log.add(
            loss,
            learning_rate,
            engine.get_global_grad_norm(),
            count.add(rounds),
            [example.problem_id for example in batch],
            applied=engine.was_step_applied(),  # DeepSpeed skips a step that is not finite; its log alone says so
        )
        if log.step < steps:
            states.save_if_due(log, count)


def _take_step(
    engine: "DeepSpeedEngine", micro_batches: Sequence[MicroBatch], stand_in: TrainingExample, normaliser: float
) -> "Tensor":
    """One optimizer step; returns the loss of the global batch.

    DeepSpeed averages gradients over ranks, so `normaliser` is the global one divided by their number.
    """
    import torch
    import torch.distributed as dist

    world, total = dist.get_world_size(), torch.zeros((), device=engine.device)
    for number, examples in enumerate(micro_batches):
        engine.set_gradient_accumulation_boundary(number == len(micro_batches) - 1)
        loss = engine(move_batch(collate_examples(examples, stand_in), engine.device)) / normaliser
        engine.backward(loss)
        total = total + loss.detach()
    engine.step()
    if world > 1:
        dist.all_reduce(total)
    return total / world


def _save_model(
    model: "PreTrainedModel",
    weights: "dict[str, Tensor] | None",
    tokenizer: "PreTrainedTokenizerBase",
    settings: TrainingSettings,
    described: dict[str, Any],
    base_policy_id: str,
) -> Checkpoint:
    def write(directory: Path) -> None:
        if settings.lora_rank is not None:
            save_adapter(directory, weights or {}, settings, base_policy_id)
        else:
            model.save_pretrained(directory, state_dict=weights)
            tokenizer.save_pretrained(directory)
        (directory / REPORT).write_text(json.dumps(described, indent=1))

    return save_atomically(write, settings.out)
