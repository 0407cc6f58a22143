"""What a backbone that is not trained makes of answers: its last hidden state at the end of each, computed once.

    consumes       the distinct sequences of a training, cut into parts of PART_SEQUENCES
    produces       committed parts of rows (feature), in the order of the sequences, in `features/` of the stage
    unblocked by   nothing: each rank computes every world-th part; parts of an earlier attempt are left as they are

A part's batches depend on its own sequences alone, so that an attempt that goes on gives the same features.
"""

import math
from array import array
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from actors.batch_tokens import length_batches
from actors.scorers.verifier import last_hidden_states, padded_rows
from actors.storage.parquet import read_rows
from actors.storage.parts import commit_part, committed_parts
from pipeline.trackers.console import ProgressLine

if TYPE_CHECKING:
    from torch import Tensor

    from pipeline.training.examples import TrainingExample

PART_SEQUENCES = 64
"""About a minute of a model with 0.5 B parameters on two cores: what a kill can lose."""
FEATURE_SCHEMA = pa.schema([("feature", pa.list_(pa.float32()))], metadata={"mucode.schema": "features/1"})


def distinct_sequences(examples: "Sequence[TrainingExample]") -> "tuple[list[array[int]], list[tuple[int, ...]]]":
    """Every sequence once, in the order of the examples, and for each example the places of its own among them."""
    found: dict[bytes, int] = {}
    sequences: list[array[int]] = []
    places = []
    for example in examples:
        for sequence in example.sequences:
            if found.setdefault(sequence.tobytes(), len(sequences)) == len(sequences):
                sequences.append(sequence)
        places.append(tuple(found[sequence.tobytes()] for sequence in example.sequences))
    return sequences, places


def compute_features(
    model: Any, sequences: "Sequence[array[int]]", directory: str, max_tokens: int, rank: int, world: int
) -> None:
    """Commit this rank's parts of `directory` that are not there. `max_tokens`: padded, of one forward pass."""
    done = committed_parts(directory)
    mine = [part for part in range(math.ceil(len(sequences) / PART_SEQUENCES)) if part % world == rank]
    progress = ProgressLine(
        "through the model", len(mine), len(done.keys() & mine), f"parts of {PART_SEQUENCES} answers"
    )
    for part in mine:
        if part not in done:
            first = part * PART_SEQUENCES
            features = _features(model, sequences[first : first + PART_SEQUENCES], max_tokens)
            rows = [{"feature": feature} for feature in features.tolist()]
            commit_part(directory, part, pa.Table.from_pylist(rows, schema=FEATURE_SCHEMA))
            progress.update(progress.done + 1)
    progress.close()


def read_features(directory: str) -> "Tensor":
    """(S, H) fp32, in the order of the sequences."""
    import torch

    parts = sorted(committed_parts(directory).items())
    rows = read_rows([f"{directory}/{record.file}" for _, record in parts])
    return torch.tensor([row["feature"] for row in rows])


def padding_fraction(sequences: "Sequence[array[int]]", max_tokens: int) -> float:
    """Share of the padded tokens of all passes that is padding."""
    padded = 0
    for first in range(0, len(sequences), PART_SEQUENCES):
        part = sequences[first : first + PART_SEQUENCES]
        padded += sum(len(batch) * len(part[batch[-1]]) for batch in _batches(part, max_tokens))
    return 1 - sum(map(len, sequences)) / padded if padded else 0.0


def _features(model: Any, sequences: "Sequence[array[int]]", max_tokens: int) -> "Tensor":
    """(S, H) fp32 on the CPU."""
    import torch

    device = next(model.parameters()).device
    features: dict[int, Tensor] = {}
    with torch.inference_mode():
        for batch in _batches(sequences, max_tokens):
            ids, mask = padded_rows([sequences[place] for place in batch], device)
            features.update(zip(batch, last_hidden_states(model, ids, mask).float().cpu(), strict=True))
    return torch.stack([features[place] for place in range(len(sequences))])


def _batches(sequences: "Sequence[array[int]]", max_tokens: int) -> list[list[int]]:
    lengths = list(map(len, sequences))
    return length_batches(sorted(range(len(lengths)), key=lengths.__getitem__), lengths, max_tokens)
