"""How much two models differ, by what they predict."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor
    from transformers import PreTrainedModel

TEXTS = (
    "def add(a, b):\n    return a + b\n",
    "Write a Python function that returns the largest of three numbers.",
    "0123456789 äöü €\n\n\tif x == [1, 2, 3]:",
)


@dataclass(frozen=True, slots=True)
class Difference:
    """Of log-probabilities, over all tokens of `TEXTS`: the largest, and the mean; and how often the likeliest token is
    the same, from 0 to 1."""

    largest: float
    mean: float
    same_choice: float


def predictions(model: "PreTrainedModel", tokenizer: Any) -> "list[Tensor]":
    """Log-probabilities of the next token at every place of each text: (tokens, vocabulary), fp32."""
    import torch

    found = []
    with torch.inference_mode():
        for text in TEXTS:
            ids = torch.tensor([tokenizer.encode(text, add_special_tokens=False)])
            found.append(torch.log_softmax(model(ids.to(model.device)).logits[0].float(), dim=-1).cpu())
    return found


def compare_predictions(ours: "list[Tensor]", theirs: "list[Tensor]") -> Difference:
    import torch

    apart = [(one - other).abs() for one, other in zip(ours, theirs, strict=True)]
    same = torch.cat([one.argmax(-1) == other.argmax(-1) for one, other in zip(ours, theirs, strict=True)])
    everything = torch.cat([part.flatten() for part in apart])
    return Difference(float(everything.max()), float(everything.mean()), float(same.float().mean()))
