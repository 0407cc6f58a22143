"""Training the verifier: a scalar head on the base model, ranked by Bradley-Terry or judged by BCE."""

import math
from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from actors.scorers.verifier import padding_id, rewards, verifier_ids
from pipeline.config.losses import LOSSES
from pipeline.config.schema import TrainingSection, VerifierSection
from pipeline.training.batches import Item, Items, TrainingError
from pipeline.training.ray_train import fit, parallelism, read_rows
from pipeline.training.types import Batch, Settings, TrainingReport

if TYPE_CHECKING:
    from torch import Tensor


def train_verifier(
    pairs_dir: str,
    base: str,
    out_dir: str,
    *,
    config: VerifierSection,
    training: TrainingSection,
    dtype: str,
    max_tokens: int,
    seed: int,
    run_name: str,
    storage: str,
    eval_pairs_dir: str | None = None,
) -> TrainingReport:
    """Train `base` on the committed pairs of `pairs_dir` and save a Hugging Face directory at `out_dir`.

    `base` may be a causal model, which gets a fresh head, or a verifier, which is trained on. Linear
    schedule without warm-up, as in the released code of arXiv 2502.20380; no weight decay, where that code has
    AdamW's default of 0.01.
    """
    settings = Settings(
        data=pairs_dir,
        base=base,
        out=out_dir,
        batch=config.batch_pairs,
        steps=config.steps,
        epochs=config.epochs,
        learning_rate=config.learning_rate,
        adam_eps=config.adam_eps,
        dtype=dtype,
        max_tokens=max_tokens,
        seed=seed,
        eval_data=eval_pairs_dir,
        **parallelism(training),
    )
    objective = PairLoss(kind=config.loss, reward_l2=config.reward_l2)
    return fit(objective, settings, training, run_name=run_name, storage=storage)


@dataclass(frozen=True, slots=True)
class PairLoss:
    """Mean over pairs of the loss whose row in LOSSES is named `kind`."""

    kind: str
    reward_l2: float
    name: str = "verifier"

    def read(self, directory: str, tokenizer: Any, max_tokens: int) -> Items:
        items, too_long = [], 0
        for row in read_rows(directory, ["pair_id", "prompt", "chosen", "rejected"], key="pair_id"):
            sides = [verifier_ids(tokenizer, row["prompt"], row[side]) for side in ("chosen", "rejected")]
            if max(map(len, sides)) > max_tokens:
                too_long += 1
            else:
                items.append(Item(sequences=tuple(array("i", ids) for ids in sides)))
        return Items(kept=items, too_long=too_long)

    def model(self, base: str, tokenizer: Any, dtype: Any, seed: int) -> Any:
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

    def share(self, item: Item) -> float:
        return item.weight

    def loss_sum(self, model: Any, batch: Batch) -> "Tensor":
        chosen, rejected = rewards(model, batch.ids, batch.mask).view(-1, 2).unbind(1)
        losses = LOSSES[self.kind].compute(chosen, rejected, self.reward_l2)
        return (losses * batch.weights).sum()

    def evaluate(self, model: Any, batch: Batch) -> "Tensor":
        import torch

        chosen, rejected = rewards(model, batch.ids, batch.mask).view(-1, 2).unbind(1)
        right = (chosen > rejected).double() * batch.weights
        return torch.stack([right.sum(), batch.weights.double().sum()])
