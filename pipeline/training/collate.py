"""Micro-batches as padded tensors."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pipeline.training.batches import Item

if TYPE_CHECKING:
    pass
from pipeline.training.types import Batch


def collate(items: Sequence[Item], stand_in: Item, pad: int = 0) -> Batch:
    """Pad a micro-batch right. An empty one becomes `stand_in` with weight 0, which moves nothing."""
    import torch

    chosen = items or [stand_in]
    sequences = [sequence for item in chosen for sequence in item.sequences]
    width = max(item.width for item in chosen)
    ids = torch.full((len(sequences), width), pad)
    mask = torch.zeros((len(sequences), width), dtype=torch.long)
    for row, sequence in enumerate(sequences):
        ids[row, : len(sequence)] = torch.tensor(sequence)
        mask[row, : len(sequence)] = 1
    starts = torch.tensor([item.start for item in chosen for _ in item.sequences])
    weights = torch.tensor([item.weight if items else 0.0 for item in chosen])
    return Batch(ids=ids, mask=mask, starts=starts, weights=weights)


def to_device(batch: Batch, device: Any) -> Batch:
    move = {name: getattr(batch, name).to(device, non_blocking=True) for name in Batch.__slots__}
    return Batch(**move)
