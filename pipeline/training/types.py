"""What flows through a training: padded batches, the objective, the report."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from actors.storage.checkpoint import Checkpoint
from pipeline.trackers.steps import StepRecord
from pipeline.training.examples import TrainingExample, TrainingExamples

if TYPE_CHECKING:
    import torch
    from torch import Tensor
    from transformers import PreTrainedModel, PreTrainedTokenizerBase


@dataclass(frozen=True, slots=True, kw_only=True)
class PaddedBatch:
    """A micro-batch, padded right. R sequences of at most T tokens from R // n examples of n sequences."""

    ids: "Tensor"  # (R, T)
    mask: "Tensor"  # (R, T) 1 on tokens, 0 on padding
    starts: "Tensor"  # (R,) position at which each target begins
    weights: "Tensor"  # (R // n,) of each example's loss; 0 for a stand-in that keeps the ranks in step


class Objective(Protocol):
    """What is trained: how rows become examples, which model, which loss."""

    @property
    def name(self) -> str:
        """For messages."""
        ...

    def read_examples(
        self, directory: str, tokenizer: "PreTrainedTokenizerBase", max_tokens: int
    ) -> TrainingExamples: ...

    def load_model(
        self, base: str, tokenizer: "PreTrainedTokenizerBase", dtype: "torch.dtype", seed: int
    ) -> "PreTrainedModel":
        """Raises TrainingError if `base` is a model of another kind."""
        ...

    def loss_weight(self, example: TrainingExample) -> float:
        """What an example adds to the normaliser: its weighted target tokens, or its weight."""
        ...

    def loss_sum(self, model: "PreTrainedModel", batch: PaddedBatch) -> "Tensor":
        """Weighted loss summed over the batch, before the division by the normaliser. () fp32"""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingReport:
    """What a training did. Times in seconds."""

    steps: int
    examples: int
    dropped_too_long: int
    tokens: int
    """Tokens that were trained on, padding excluded, over all steps."""
    target_tokens: int
    padding_fraction: float
    setup_s: float
    """From the start of the worker's function to the first step: imports, data, model, DeepSpeed."""
    train_s: float
    save_s: float
    fit_s: float = 0.0
    """All of it, Ray Train's start and end included."""
    workers: int
    went_on_from_step: int = 0
    """Steps that an attempt that was killed had taken, and this one did not take again."""
    checkpoint: Checkpoint
    step_records: tuple[StepRecord, ...]

    @property
    def losses(self) -> tuple[float, ...]:
        """The loss of the global batch at every step."""
        return tuple(record.loss for record in self.step_records)

    @property
    def first_loss(self) -> float:
        return self.step_records[0].loss

    @property
    def last_loss(self) -> float:
        return self.step_records[-1].loss

    @property
    def facts(self) -> dict[str, int | float]:
        """The numbers that a manifest keeps."""
        names = (
            *("steps", "examples", "dropped_too_long", "tokens", "target_tokens", "first_loss", "last_loss"),
            *("padding_fraction", "setup_s", "train_s", "save_s", "fit_s", "workers"),
        )
        went_on = {"went_on_from_step": self.went_on_from_step} if self.went_on_from_step else {}
        return {name: getattr(self, name) for name in names} | went_on
