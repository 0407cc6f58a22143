"""The objective of fine-tuning: next-token loss on the target answer only, end of turn included."""

from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from actors.prompting.chat_template import example_ids
from actors.right_padding import padding_mask
from actors.storage.parquet import Row
from pipeline.training.examples import TrainingExample, TrainingExamples
from pipeline.training.stored.rows import store_examples
from pipeline.training.types import PaddedBatch

if TYPE_CHECKING:
    import torch
    from torch import Tensor
    from torch.nn import Module
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

SMALL_VOCABULARY = 8192
"""Up to here logits cost little and are computed for whole columns, as they always were: the sums of gradients keep
their order, and what the shipped models were trained to comes out again bit for bit."""
_COLUMNS = ["example_id", "problem_id", "messages", "target", "weight"]


@dataclass(frozen=True, slots=True)
class TargetLoss:
    """Cross-entropy of ids[start:], summed with the example's weight; normalised by weighted target tokens."""

    name: str = "fine-tune"

    def read_examples(self, directory: str, tokenizer: "PreTrainedTokenizerBase", max_tokens: int) -> TrainingExamples:
        """One example per row of an `examples` stage."""

        def example(row: Row) -> TrainingExample:
            ids, start = example_ids(tokenizer, row["messages"], row["target"])
            sequences, problem = (array("i", ids),), row["problem_id"]
            return TrainingExample(sequences=sequences, start=start, weight=row["weight"], problem_id=problem)

        return store_examples(directory, _COLUMNS, "example_id", example, max_tokens)

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

    Token t is predicted at t - 1, and logits are computed only there: of 50,000 tokens they cost as much as several
    layers, and most of the memory.
    """
    import torch
    from torch.nn import functional

    positions = torch.arange(batch.ids.shape[1], device=batch.ids.device)
    targets = ((positions >= batch.starts[:, None]) & batch.mask.bool())[:, 1:]  # (R, T - 1)
    small = model.config.get_text_config().vocab_size <= SMALL_VOCABULARY
    places = targets.any(0).expand_as(targets) if small else targets  # (R, T - 1), of which N are true
    with _only_at(model.get_output_embeddings(), places):
        output = model(input_ids=batch.ids, attention_mask=padding_mask(model, batch.mask), use_cache=False)
    logits = output.logits[0][targets[places]].float() if small else output.logits[0].float()
    losses = functional.cross_entropy(logits, batch.ids[:, 1:][targets], reduction="none")
    weights = batch.weights[:, None].expand_as(targets)[targets]
    return (losses * weights).sum()


@contextmanager
def _only_at(head: "Module", places: "Tensor") -> Iterator[None]:
    """Let `head` see the hidden states (R, T, H) only at `places` (R, T - 1), as (1, N, H).

    What a model does with its logits afterwards, scaling or capping, it does with these.
    """

    def select(_: "Module", arguments: "tuple[Tensor]") -> "tuple[Tensor]":
        (hidden,) = arguments
        return (hidden[:, :-1][places][None],)

    hook = head.register_forward_pre_hook(select)
    try:
        yield
    finally:
        hook.remove()
