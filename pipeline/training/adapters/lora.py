"""Low-rank adapters: what is injected, and what is saved."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from actors.inference.adapter import DOWN, HEAD, write_adapter
from actors.inference.checkpoint_tensors import CheckpointTensors
from actors.storage.checkpoint import fetch_checkpoint
from pipeline.training.errors import TrainingError
from pipeline.training.settings import TrainingSettings

if TYPE_CHECKING:
    from torch import Tensor
    from torch.nn import Module
    from transformers import PreTrainedModel

NAME = ".default"
"""Of peft's adapter, inside the names of its matrices."""


def inject_adapters(model: "PreTrainedModel", settings: TrainingSettings) -> None:
    """Give every linear layer but the output an adapter; nothing else is trained but a verifier's head.

    Raises TrainingError if a model has no such layers, or others get adapters, or its files call them otherwise: what
    would be trained could not be added to the base.
    """
    from peft import LoraConfig, inject_adapter_in_model

    rank, kind = settings.lora_rank, type(model).__name__
    assert rank is not None
    alpha: Any = lora_alpha(settings)  # declared as an integer, used as a number
    wanted = _linear_layers(model)
    if not wanted:
        raise _no_adapters(kind, "it has no linear layers but its output (torch.nn.Linear)")
    _require_in_files(wanted, settings.base, kind)
    config = LoraConfig(r=rank, lora_alpha=alpha, target_modules=list(wanted), lora_dropout=0.0)
    try:
        inject_adapter_in_model(config, model)
    except ValueError as error:
        raise _no_adapters(kind, f"peft says: {' '.join(str(error).split()):.200}") from error
    if differing := sorted(_adapted(model) ^ wanted.keys()):  # experts of a mixture, which peft takes as a whole
        raise _no_adapters(kind, f"peft adapts other layers than were asked for, among them {differing[0]}")
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


def save_adapter(
    directory: Path, weights: "dict[str, Tensor]", settings: TrainingSettings, base_policy_id: str
) -> None:
    """`weights`: those that were trained. `base_policy_id`: of the base when it was read."""
    write_adapter(
        directory,
        adapter_tensors(weights),
        base=settings.base,
        base_policy_id=base_policy_id,
        rank=settings.lora_rank or 0,
        alpha=lora_alpha(settings),
    )


def _linear_layers(model: "PreTrainedModel") -> dict[str, tuple[int, ...]]:
    """Shapes of the weights by the names of the layers."""
    from torch.nn import Linear

    output: Module | None = model.get_output_embeddings()
    return {
        name: tuple(module.weight.shape)
        for name, module in model.named_modules()
        if isinstance(module, Linear) and module is not output and name != HEAD
    }


def _require_in_files(layers: dict[str, tuple[int, ...]], base: str, kind: str) -> None:
    found = CheckpointTensors(fetch_checkpoint(base)).shapes
    for name, shape in layers.items():
        if found.get(f"{name}.weight") != shape:
            raise _no_adapters(kind, f"the files of {base} call {name}.weight otherwise, or hold it in another shape")


def _adapted(model: "PreTrainedModel") -> set[str]:
    names = (name.replace(NAME, "") for name, one in model.named_parameters() if one.requires_grad)
    return {name.removesuffix(DOWN) for name in names if name.endswith(DOWN)}


def _no_adapters(kind: str, why: str) -> TrainingError:
    return TrainingError(
        f"{kind} cannot be trained with adapters: {why}; unset fine_tune.lora_rank and verifier.lora_rank, or take "
        "another model"
    )
