"""What DeepSpeed and AdamW hold of a model, as whole fp32 tensors by the names of the model's own parameters.

    weight                  the master weight, of which a bfloat16 model is a rounded copy
    exp_avg, exp_avg_sq     AdamW's running means of the gradient and of its square

Under ZeRO every rank holds pieces, so all ranks call these functions together; each holds one whole tensor at a time.
"""

import warnings
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from deepspeed import DeepSpeedEngine
    from torch import Tensor
    from torch.nn import Parameter

WEIGHT = "weight"
KINDS = (WEIGHT, "exp_avg", "exp_avg_sq")
Shape = tuple[int, ...]


def tensor_shapes(engine: "DeepSpeedEngine") -> dict[str, Shape]:
    """Of every trainable parameter, in the model's order."""
    return {name: _shape(parameter) for name, parameter in _trainable(engine)}


def gather_tensors(engine: "DeepSpeedEngine") -> "Iterator[Tensor]":
    """All of the first kind in the order of `tensor_shapes`, then of the next one; after the first step."""
    for kind in KINDS:
        for _, parameter in _trainable(engine):
            yield _gather(engine, parameter, kind)


def restore_tensors(engine: "DeepSpeedEngine", step: int, read: "Callable[[str, str, Shape], Tensor]") -> None:
    """Put a fresh engine where it was after `step` steps. `read` gives the whole tensor of a kind, name and shape."""
    _make_moments(engine, step)
    for kind in KINDS:
        for name, parameter in _trainable(engine):
            _put(engine, parameter, kind, read(kind, name, _shape(parameter)))
    _renew_model(engine)
    with warnings.catch_warnings():  # that AdamW took no step before its schedule
        warnings.simplefilter("ignore", UserWarning)
        for _ in range(step):
            engine.lr_scheduler.step()


def _trainable(engine: "DeepSpeedEngine") -> "list[tuple[str, Parameter]]":
    return [(name, one) for name, one in engine.module.model.named_parameters() if one.requires_grad]


def _shape(parameter: "Parameter") -> Shape:
    return tuple(getattr(parameter, "ds_shape", parameter.shape))  # ZeRO-3 leaves an empty tensor in the model


def _gather(engine: "DeepSpeedEngine", parameter: "Parameter", kind: str) -> "Tensor":
    from deepspeed.utils import safe_get_full_fp32_param, safe_get_full_optimizer_state

    if engine.zero_optimization_stage() == 0:
        return parameter.data if kind == WEIGHT else engine.optimizer.state[parameter][kind]
    if kind == WEIGHT:
        return safe_get_full_fp32_param(parameter)
    return safe_get_full_optimizer_state(parameter, kind)


def _put(engine: "DeepSpeedEngine", parameter: "Parameter", kind: str, whole: "Tensor") -> None:
    """Copy what this rank holds of a whole tensor."""
    from deepspeed import utils

    stage = engine.zero_optimization_stage()
    if stage == 0:
        (parameter.data if kind == WEIGHT else engine.optimizer.state[parameter][kind]).copy_(whole)
    elif stage < 3 and kind == WEIGHT:
        utils.safe_set_full_fp32_param(parameter, whole)
    elif stage < 3:
        utils.safe_set_full_optimizer_state(parameter, whole, kind)
    elif kind == WEIGHT:
        utils.safe_set_local_fp32_param(parameter, _own_piece(parameter, whole))
    else:
        utils.safe_set_local_optimizer_state(parameter, _own_piece(parameter, whole), kind)


def _own_piece(parameter: "Parameter", whole: "Tensor") -> "Tensor":
    """This rank's piece under ZeRO-3, the last one filled up with zeros. DeepSpeed's setter of whole tensors does not
    fill it up, and fails if the ranks do not divide the numbers."""
    import torch.distributed as dist
    from torch.nn import functional

    size = parameter.ds_tensor.numel()  # type: ignore[attr-defined]
    piece = whole.flatten()[size * dist.get_rank() :][:size]
    return functional.pad(piece, (0, size - piece.numel()))


def _make_moments(engine: "DeepSpeedEngine", step: int) -> None:
    """AdamW's state as it is after a step, which makes it otherwise."""
    import torch

    state = engine.basic_optimizer.state
    for flat in _flat_tensors(engine):
        moments = {kind: torch.zeros_like(flat.data) for kind in KINDS if kind != WEIGHT}
        state[flat] = {"step": torch.tensor(float(step)), **moments}
    if engine.zero_optimization_stage() in (1, 2):
        engine.optimizer._lazy_init_hp_params_optimizer_state()  # by name: where each parameter's piece lies


def _flat_tensors(engine: "DeepSpeedEngine") -> "list[Tensor]":
    """What AdamW moves on this rank: the parameters, or under ZeRO pieces of them as one tensor of each group."""
    stage = engine.zero_optimization_stage()
    if stage == 3:
        return engine.optimizer.fp32_partitioned_groups_flat
    if stage > 0:
        return engine.optimizer.single_partition_of_fp32_groups
    return [parameter for _, parameter in _trainable(engine)]


def _renew_model(engine: "DeepSpeedEngine") -> None:
    """Make the model's weights of the master weights, as the end of a step does."""
    optimizer, stage = engine.optimizer, engine.zero_optimization_stage()
    if stage in (1, 2):
        optimizer.update_lp_params()
    elif stage == 3:
        optimizer.checkpoint_event_prologue()  # lets go of what is gathered
        for group in range(len(optimizer.fp16_groups)):
            optimizer._reassign_or_swap_out_partitioned_parameters(group)
        optimizer.checkpoint_event_epilogue()  # gathers again what stays gathered
