"""What flows through a training: batches, settings, the objective, the report."""

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Protocol

from actors.storage.checkpoint import Checkpoint
from pipeline.training.batches import Item, Items

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """A micro-batch, padded right. R sequences of at most T tokens from R // n items of n sequences."""

    ids: "Tensor"  # (R, T)
    mask: "Tensor"  # (R, T) 1 on tokens, 0 on padding
    starts: "Tensor"  # (R,) where each target begins
    weights: "Tensor"  # (R // n,) of each item's loss; 0 for a stand-in that keeps the ranks in step


class Objective(Protocol):
    """What is trained: how rows become items, which model, which loss."""

    @property
    def name(self) -> str: ...

    def read(self, directory: str, tokenizer: Any, max_tokens: int) -> Items: ...

    def model(self, base: str, tokenizer: Any, dtype: Any, seed: int) -> Any: ...

    def share(self, item: Item) -> float:
        """What an item adds to the normaliser: its weighted target tokens, or its weight."""
        ...

    def loss_sum(self, model: Any, batch: Batch) -> "Tensor":
        """Weighted loss summed over the batch, before the division by the normaliser. () fp32"""
        ...

    def evaluate(self, model: Any, batch: Batch) -> "Tensor":
        """(right, all) of a held-out micro-batch; called without gradients."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One training. Lengths in tokens; `batch` in items; exactly one of steps and epochs is set."""

    data: str
    base: str
    out: str
    batch: int
    steps: int | None
    epochs: float | None
    learning_rate: float
    dtype: str
    max_tokens: int
    micro_batch_tokens: int
    seed: int
    schedule: str = "linear"
    warmup_fraction: float = 0.0
    weight_decay: float = 0.0
    adam_eps: float = 1e-8
    max_grad_norm: float = 1.0
    zero_stage: int = 1
    offload: bool = False
    gradient_checkpointing: bool = False
    threads: int = 1
    """Of torch, on CPU. More than the cores that are free makes it slower by far."""
    eval_data: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingReport:
    """What a training did. `losses` holds the global loss of every step; times in seconds."""

    steps: int
    examples: int
    dropped_too_long: int
    tokens: int
    """Tokens that were trained on, padding excluded, over all steps."""
    target_tokens: int
    first_loss: float
    last_loss: float
    padding_fraction: float
    setup_s: float
    """From the start of the worker's function to the first step: imports, data, model, DeepSpeed."""
    train_s: float
    save_s: float
    fit_s: float
    """All of it, Ray Train's start and end included."""
    workers: int
    checkpoint: Checkpoint
    losses: tuple[float, ...] = ()
    eval_accuracy: float | None = None
    eval_pairs: int = 0

    @property
    def facts(self) -> dict[str, Any]:
        """The report without its long and its nested fields: what a manifest keeps."""
        hidden = {"losses", "checkpoint"}
        return {key: value for key, value in asdict(self).items() if key not in hidden and value is not None}
