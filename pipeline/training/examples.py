"""What a training learns from: rows of a stage's Parquet as token ids."""

import posixpath
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field

from actors.storage.parquet import Row, read_batches
from actors.storage.parts import committed_parts


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingExample:
    """One unit of training: a sequence with a target, or a pair (chosen, rejected) without one.

    `start` is the position at which the target of each sequence begins. `weight` multiplies the example's loss.
    `problem_id` is for messages.
    """

    sequences: "tuple[array[int], ...]"
    start: int = 0
    weight: float = 1.0
    problem_id: str = ""

    @property
    def width(self) -> int:
        """Tokens of the longest sequence."""
        return max(len(sequence) for sequence in self.sequences)

    @property
    def tokens(self) -> int:
        return sum(len(sequence) for sequence in self.sequences)

    @property
    def target_tokens(self) -> int:
        return sum(len(sequence) - self.start for sequence in self.sequences)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingExamples:
    """What a stage's Parquet became: examples in order of their ids, and how many rows were too long."""

    kept: list[TrainingExample] = field(default_factory=list)
    too_long: int = 0


def fitting_examples(candidates: Sequence[TrainingExample], max_tokens: int) -> TrainingExamples:
    """Those of at most `max_tokens` tokens in their longest sequence."""
    kept = [example for example in candidates if example.width <= max_tokens]
    return TrainingExamples(kept=kept, too_long=len(candidates) - len(kept))


def read_sorted_rows(directory: str, columns: list[str], *, key: str) -> list[Row]:
    """Those columns of a stage's committed rows, sorted by `key`: the order of shards and rows means nothing."""
    files = [posixpath.join(directory, record.file) for record in committed_parts(directory).values()]
    rows = (row for batch in read_batches(files, columns) for row in batch.to_pylist())
    return sorted(rows, key=lambda row: row[key])
