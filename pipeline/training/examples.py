"""What a training learns from: rows of a stage's Parquet as token ids."""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field


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

    kept: Sequence[TrainingExample] = field(default_factory=list)
    too_long: int = 0
