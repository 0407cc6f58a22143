"""Micro-batches as padded tensors."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pipeline.training.examples import TrainingExample
from pipeline.training.types import PaddedBatch

if TYPE_CHECKING:
    import torch


def collate_examples(examples: Sequence[TrainingExample], stand_in: TrainingExample, pad: int = 0) -> PaddedBatch:
    """Pad a micro-batch right. An empty one becomes `stand_in` with weight 0, which moves nothing."""
    import torch

    rows = examples or [stand_in]
    sequences = [sequence for example in rows for sequence in example.sequences]
    width = max(example.width for example in rows)
    ids = torch.full((len(sequences), width), pad)
    mask = torch.zeros((len(sequences), width), dtype=torch.long)
    for row, sequence in enumerate(sequences):
        ids[row, : len(sequence)] = torch.tensor(sequence)
        mask[row, : len(sequence)] = 1
    starts = torch.tensor([example.start for example in rows for _ in example.sequences])
    weights = torch.tensor([example.weight if examples else 0.0 for example in rows])
    return PaddedBatch(ids=ids, mask=mask, starts=starts, weights=weights)


def move_batch(batch: PaddedBatch, device: "torch.device") -> PaddedBatch:
    """The same batch on `device`."""
    move = {name: getattr(batch, name).to(device, non_blocking=True) for name in PaddedBatch.__slots__}
    return PaddedBatch(**move)
