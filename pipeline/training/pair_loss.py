"""The objective of the verifier: a loss of LOSSES over pairs of a better and a worse answer."""

import math
from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING

from actors.scorers.verifier import padding_id, verifier_ids, verifier_rewards
from actors.storage.parquet import Row
from pipeline.config.losses import LOSSES
from pipeline.training.errors import TrainingError
from pipeline.training.examples import TrainingExample, TrainingExamples
from pipeline.training.stored.rows import store_examples
from pipeline.training.types import PaddedBatch

if TYPE_CHECKING:
    import torch
    from torch import Tensor
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

SIDES = ("chosen", "rejected")


@dataclass(frozen=True, slots=True)
class PairLoss:
    """Mean over pairs of the loss whose row in LOSSES is named `kind`."""

    kind: str
    reward_l2: float
    name: str = "verifier"

    def read_examples(self, directory: str, tokenizer: "PreTrainedTokenizerBase", max_tokens: int) -> TrainingExamples:
        """One example of two sequences per row of a `pairs` stage."""

        def example(row: Row) -> TrainingExample:
            sequences = tuple(array("i", verifier_ids(tokenizer, row["prompt"], row[side])) for side in SIDES)
            return TrainingExample(sequences=sequences, problem_id=row["problem_id"])

        return store_examples(directory, ["pair_id", "problem_id", "prompt", *SIDES], "pair_id", example, max_tokens)

    def load_model(
        self, base: str, tokenizer: "PreTrainedTokenizerBase", dtype: "torch.dtype", seed: int
    ) -> "PreTrainedModel":
        """The base with a scalar head; a fresh head is drawn from N(0, 1/sqrt(hidden + 1)), as TRL does."""
        import torch
        from transformers import AutoConfig, AutoModelForSequenceClassification

        config = AutoConfig.from_pretrained(base)
        trained = any("SequenceClassification" in name for name in config.architectures or [])
        if trained and config.num_labels != 1:
            raise TrainingError(f"{base} classifies into {config.num_labels} labels; a verifier has num_labels = 1")
        model = AutoModelForSequenceClassification.from_pretrained(base, num_labels=1, dtype=dtype)
        if not trained:
            generator = torch.Generator().manual_seed(seed)
            head = model.score.weight
            std = 1 / math.sqrt(head.shape[1] + 1)
            with torch.no_grad():
                head.copy_(torch.empty(head.shape).normal_(0.0, std, generator=generator))
        model.config.pad_token_id = padding_id(tokenizer)
        return model

    def loss_weight(self, example: TrainingExample) -> float:
        return example.weight

    def loss_sum(self, model: "PreTrainedModel", batch: PaddedBatch) -> "Tensor":
        return self.pair_loss_sum(verifier_rewards(model, batch.ids, batch.mask).view(-1, 2), batch.weights)

    def pair_loss_sum(self, rewards: "Tensor", weights: "Tensor") -> "Tensor":
        """() weighted sum of the losses of P pairs: rewards (P, 2) of better and worse answers, weights (P,)."""
        chosen, rejected = rewards.unbind(1)
        losses = LOSSES[self.kind].compute(chosen, rejected, self.reward_l2)
        return (losses * weights).sum()
