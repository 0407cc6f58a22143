"""Which rows a training step sees, and how they are cut into micro-batches. Plain Python.

The rows of step s depend on the seed alone: every rank knows the whole global batch, so that any number
of workers trains on the same rows and knows the same normaliser without talking.
"""

import math
import random
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice

from sandbox.errors import UserError


class TrainingError(UserError, ValueError):
    """Training cannot start or go on; the message says what was found and what to change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One unit of training: a sequence with a target, or a pair (chosen, rejected) without one.

    `start` is where the target of each sequence begins. `weight` multiplies the item's loss.
    """

    sequences: "tuple[array[int], ...]"
    start: int = 0
    weight: float = 1.0

    @property
    def width(self) -> int:
        return max(len(sequence) for sequence in self.sequences)

    @property
    def tokens(self) -> int:
        return sum(len(sequence) for sequence in self.sequences)

    @property
    def target_tokens(self) -> int:
        return sum(len(sequence) - self.start for sequence in self.sequences)


@dataclass(frozen=True, slots=True, kw_only=True)
class Items:
    """What a stage's Parquet became: items in order of their ids, and rows that were too long."""

    kept: list[Item] = field(default_factory=list)
    too_long: int = 0


def count_steps(items: int, batch: int, steps: int | None, epochs: float | None) -> int:
    """Optimizer steps of a training: `steps`, or as many as show every item `epochs` times."""
    if (steps is None) == (epochs is None):
        raise TrainingError(f"set exactly one of steps and epochs; steps = {steps}, epochs = {epochs}")
    if epochs is not None:
        return math.ceil(epochs * items / batch)
    return steps or 1


class Order:
    """An endless stream of item numbers: each epoch a permutation drawn from (seed, epoch)."""

    def __init__(self, items: int, batch: int, seed: int) -> None:
        self.items, self.batch, self.seed = items, batch, seed
        self._epoch = -1
        self._permutation: list[int] = []

    def step(self, step: int) -> list[int]:
        """Item numbers of the global batch at `step` (0-based)."""
        first = step * self.batch
        return [self._at(position) for position in range(first, first + self.batch)]

    def _at(self, position: int) -> int:
        epoch, offset = divmod(position, self.items)
        if epoch != self._epoch:
            self._permutation = list(range(self.items))
            random.Random(f"{self.seed}/{epoch}").shuffle(self._permutation)
            self._epoch = epoch
        return self._permutation[offset]


def micro_batches(items: Sequence[Item], workers: int, max_tokens: int) -> list[list[list[Item]]]:
    """Cut a global batch into rounds: rounds[r][w] is what worker w passes forward in round r.

    Items of like width go together, at most `max_tokens` padded tokens (a wider item goes alone). Every
    worker gets one micro-batch per round, since ZeRO-3 gathers weights together; where items are too few a
    micro-batch is empty.
    """
    chunks: list[list[Item]] = []
    for item in sorted(items, key=lambda item: item.width, reverse=True):
        if chunks and _padded([*chunks[-1], item]) <= max_tokens:
            chunks[-1].append(item)
        else:
            chunks.append([item])
    rounds = math.ceil(len(chunks) / workers)
    while len(chunks) < rounds * workers and (most := max(chunks, key=_padded_or_single)) and len(most) > 1:
        where = chunks.index(most)
        half = math.ceil(len(most) / 2)
        chunks[where : where + 1] = [most[:half], most[half:]]
    chunks += [[] for _ in range(rounds * workers - len(chunks))]
    stream = iter(chunks)
    return [list(islice(stream, workers)) for _ in range(rounds)]


def _padded(items: Sequence[Item]) -> int:
    return sum(len(item.sequences) for item in items) * max(item.width for item in items)


def _padded_or_single(items: Sequence[Item]) -> int:
    """Padded tokens, with what cannot be split last."""
    return _padded(items) if len(items) > 1 else 0


def padding_fraction(plans: Sequence[Sequence[Sequence[Item]]]) -> float:
    """Share of the padded tokens of some rounds that is padding."""
    full = [micro for round_ in plans for micro in round_ if micro]
    padded = sum(_padded(micro) for micro in full)
    return 1 - sum(item.tokens for micro in full for item in micro) / padded if padded else 0.0
