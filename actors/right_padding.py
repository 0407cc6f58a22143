"""Whether a model has to be told which tokens are padding."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor


def padding_mask(model: Any, mask: "Tensor") -> "Tensor | None":
    """`mask` (R, T) of right-padded rows as the argument of `model`; None if it may do without.

    A causal attention never sees what is to the right, so padding there changes nothing that is read. Without a mask
    its kernels compute half of the matrix only: a sixth of a training on CPU went into the other half, and on GPUs a
    mask rules out the fastest kernel.
    """
    causal = [module.is_causal for module in model.modules() if hasattr(module, "is_causal")]
    return None if causal and all(causal) else mask
