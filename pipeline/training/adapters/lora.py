"""Low-rank adapters: what is injected, and what is saved."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from actors.inference.adapter import write_adapter
from actors.storage.checkpoint import fetch_checkpoint, weights_checksum
from pipeline.training.settings import TrainingSettings

if TYPE_CHECKING:
    from torch import Tensor
    from torch.nn import Module
    from transformers import PreTrainedModel

NAME = ".default"
"""Of peft's adapter, inside the names of its matrices."""
HEAD = "score"
"""Of a verifier: trained whole, since it is fresh."""


def inject_adapters(model: "PreTrainedModel", settings: TrainingSettings) -> None:
    """Give every linear layer but the output an adapter; nothing else is trained but a verifier's head."""
    from peft import LoraConfig, inject_adapter_in_model

    rank = settings.lora_rank
    assert rank is not None
    alpha: Any = lora_alpha(settings)  # declared as an integer, used as a number
    config = LoraConfig(r=rank, lora_alpha=alpha, target_modules=_linear_layers(model), lora_dropout=0.0)
    inject_adapter_in_model(config, model)
    head = getattr(model, HEAD, None)
    if head is not None:
        head.requires_grad_(True)
    model.enable_input_require_grads()  # else checkpointing finds no gradient at the first block's input


def lora_alpha(settings: TrainingSettings) -> float:
    """Twice the rank if the settings leave it open: the adapter's share does not change with the rank then."""
    return settings.lora_alpha if settings.lora_alpha is not None else 2.0 * (settings.lora_rank or 0)


def adapter_tensors(weights: "dict[str, Tensor]") -> "dict[str, Tensor]":
    """Trained tensors by the base's names."""
    return {name.replace(NAME, ""): tensor for name, tensor in weights.items()}


def save_adapter(directory: Path, weights: "dict[str, Tensor]", settings: TrainingSettings) -> None:
    """`weights`: those that were trained."""
    write_adapter(
        directory,
        adapter_tensors(weights),
        base=settings.base,
        base_policy_id=weights_checksum(fetch_checkpoint(settings.base)),
        rank=settings.lora_rank or 0,
        alpha=lora_alpha(settings),
    )


def _linear_layers(model: "PreTrainedModel") -> list[str]:
    from torch.nn import Linear

    output: Module | None = model.get_output_embeddings()
    return [
        name
        for name, module in model.named_modules()
        if isinstance(module, Linear) and module is not output and name != HEAD
    ]
