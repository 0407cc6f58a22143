"""The objective of fine-tuning: next-token loss on the target answer only, end of turn included."""

from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING

from actors.prompting.chat_template import example_ids
from pipeline.training.examples import TrainingExample, TrainingExamples, fitting_examples, read_sorted_rows
from pipeline.training.types import PaddedBatch

if TYPE_CHECKING:
    import torch
    from torch import Tensor
    from transformers import PreTrainedModel, PreTrainedTokenizerBase


@dataclass(frozen=True, slots=True)
class TargetLoss:
    """Cross-entropy of ids[start:], summed with the example's weight; normalised by weighted target tokens."""

    name: str = "fine-tune"

    def read_examples(self, directory: str, tokenizer: "PreTrainedTokenizerBase", max_tokens: int) -> TrainingExamples:
        """One example per row of an `examples` stage."""
        candidates = []
        for row in read_sorted_rows(directory, ["example_id", "messages", "target", "weight"], key="example_id"):
            ids, start = example_ids(tokenizer, row["messages"], row["target"])
            candidates.append(TrainingExample(sequences=(array("i", ids),), start=start, weight=row["weight"]))
        return fitting_examples(candidates, max_tokens)

    def load_model(
        self, base: str, tokenizer: "PreTrainedTokenizerBase", dtype: "torch.dtype", seed: int
    ) -> "PreTrainedModel":
        """The base as it is."""
        from transformers import AutoModelForCausalLM

        return AutoModelForCausalLM.from_pretrained(base, dtype=dtype)

    def loss_weight(self, example: TrainingExample) -> float:
        return example.weight * example.target_tokens

    def loss_sum(self, model: "PreTrainedModel", batch: PaddedBatch) -> "Tensor":
        return target_loss_sum(model, batch)


def target_loss_sum(model: "PreTrainedModel", batch: PaddedBatch) -> "Tensor":
    """Sum over targets of -weight · log p(token | tokens before). ()

    Token t is predicted at t - 1. Logits are computed only for columns in which some row has a target.
    """
    import torch
    from torch.nn import functional

    positions = torch.arange(batch.ids.shape[1], device=batch.ids.device)
    targets = (positions >= batch.starts[:, None]) & batch.mask.bool()  # (R, T)
    columns = targets.any(0).nonzero().squeeze(1)  # (C,)
    output = model(input_ids=batch.ids, attention_mask=batch.mask, logits_to_keep=columns - 1, use_cache=False)
    chosen = targets[:, columns]  # (R, C)
    losses = functional.cross_entropy(output.logits[chosen].float(), batch.ids[:, columns][chosen], reduction="none")
    weights = batch.weights[:, None].expand_as(chosen)[chosen]
    return (losses * weights).sum()
