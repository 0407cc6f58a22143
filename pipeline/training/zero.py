"""DeepSpeed: its settings, its start, and the model's state that it hands back."""

import math
import os
from types import ModuleType
from typing import TYPE_CHECKING, Any

from pipeline.training.settings import TrainingSettings
from pipeline.training.types import Objective, PaddedBatch

if TYPE_CHECKING:
    from deepspeed import DeepSpeedEngine
    from torch import Tensor
    from transformers import PreTrainedModel

ENVIRONMENT = {"TORCHDYNAMO_DISABLE": "1", "TOKENIZERS_PARALLELISM": "false", "DEEPSPEED_LOG_LEVEL": "warning"}


def import_deepspeed() -> ModuleType:
    """DeepSpeed, kept from compiling anything: on CPU its communication would build a C++ operator first.

    It would do so for shared-memory reductions if its table says that the machine can; the table is filled here instead
    (it is read only there, in deepspeed/comm/torch.py).
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


def deepspeed_config(settings: TrainingSettings) -> dict[str, Any]:
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


def start_engine(
    deepspeed: ModuleType, objective: Objective, model: "PreTrainedModel", settings: TrainingSettings, steps: int
) -> "DeepSpeedEngine":
    """The model with AdamW and its schedule under DeepSpeed; called with a PaddedBatch it returns the loss's sum."""
    import torch

    class Loss(torch.nn.Module):
        """DeepSpeed's hooks want to see one forward; it returns the loss."""

        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, batch: PaddedBatch) -> "Tensor":
            return objective.loss_sum(self.model, batch)

    model.train()
    trained = [one for one in model.parameters() if one.requires_grad]
    optimizer = torch.optim.AdamW(
        trained, lr=settings.learning_rate, eps=settings.adam_eps, weight_decay=settings.weight_decay
    )
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: learning_rate_factor(step, steps, settings.warmup_fraction, settings.schedule)
    )
    engine, *_ = deepspeed.initialize(
        model=Loss(), optimizer=optimizer, lr_scheduler=schedule, config=deepspeed_config(settings)
    )
    return engine


def gather_weights(engine: "DeepSpeedEngine", *, trained_only: bool = False) -> "dict[str, Tensor] | None":
    """The model's whole state on rank 0, or what was trained of it; a collective of all ranks under ZeRO-3."""
    if engine.zero_optimization_stage() == 3:
        # its public caller writes a .bin file
        state = engine._zero3_consolidated_16bit_state_dict(exclude_frozen_parameters=trained_only)
    else:
        state = engine.module.state_dict()
    if trained_only and state is not None:  # without buffers, and under ZeRO below 3 without what is frozen
        trained = {name for name, one in engine.module.named_parameters() if one.requires_grad}
        state = {name: value for name, value in state.items() if name in trained}
    return {name.removeprefix("model."): value for name, value in state.items()} if state is not None else None
