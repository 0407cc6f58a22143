"""Fine-tuning: next-token loss on the target answer only, end of turn included."""

from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from actors.prompting.chat_template import example_ids
from pipeline.config.schema import FineTuneSection, TrainingSection
from pipeline.training.batches import Item, Items
from pipeline.training.ray_train import fit, parallelism, read_rows
from pipeline.training.types import Batch, Settings, TrainingReport

if TYPE_CHECKING:
    from torch import Tensor


def fine_tune(
    examples_dir: str,
    base: str,
    out_dir: str,
    *,
    config: FineTuneSection,
    training: TrainingSection,
    dtype: str,
    max_tokens: int,
    seed: int,
    run_name: str,
    storage: str,
) -> TrainingReport:
    """Train `base` on the committed parts of `examples_dir` and save a Hugging Face directory at `out_dir`.

    Raises TrainingError or CheckpointError before any work where the input is unusable.
    """
    settings = Settings(
        data=examples_dir,
        base=base,
        out=out_dir,
        batch=config.batch_examples,
        steps=config.steps,
        epochs=config.epochs,
        learning_rate=config.learning_rate,
        schedule=config.schedule,
        warmup_fraction=config.warmup_fraction,
        weight_decay=config.weight_decay,
        max_grad_norm=config.max_grad_norm,
        dtype=dtype,
        max_tokens=max_tokens,
        seed=seed,
        **parallelism(training),
    )
    return fit(TargetLoss(), settings, training, run_name=run_name, storage=storage)


@dataclass(frozen=True, slots=True)
class TargetLoss:
    """Cross-entropy of ids[start:], summed with the example's weight; normalised by weighted target tokens."""

    name: str = "fine-tune"

    def read(self, directory: str, tokenizer: Any, max_tokens: int) -> Items:
        items, too_long = [], 0
        for row in read_rows(directory, ["example_id", "messages", "target", "weight"], key="example_id"):
            ids, start = example_ids(tokenizer, row["messages"], row["target"])
            if len(ids) > max_tokens:
                too_long += 1
            else:
                items.append(Item(sequences=(array("i", ids),), start=start, weight=row["weight"]))
        return Items(kept=items, too_long=too_long)

    def model(self, base: str, tokenizer: Any, dtype: Any, seed: int) -> Any:
        from transformers import AutoModelForCausalLM

        return AutoModelForCausalLM.from_pretrained(base, dtype=dtype)

    def share(self, item: Item) -> float:
        return item.weight * item.target_tokens

    def loss_sum(self, model: Any, batch: Batch) -> "Tensor":
        return target_loss(model, batch)

    def evaluate(self, model: Any, batch: Batch) -> "Tensor":
        raise NotImplementedError("fine-tuning is evaluated by searching, not by its loss")


def target_loss(model: Any, batch: Batch) -> "Tensor":
    """Sum over targets of -weight · log p(token | tokens before). ()

    Token t is predicted at t - 1. Logits are computed only for columns where some row has a target.
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
