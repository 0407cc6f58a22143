"""Which examples a training step sees, and how they are cut into micro-batches. Plain Python.

The examples of step s depend on the seed alone: every rank knows the whole global batch, so that any number of workers
trains on the same examples and knows the same normaliser without talking.
"""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from pipeline.training.errors import TrainingError
from pipeline.training.examples import TrainingExample

MicroBatch = list[TrainingExample]
Round = list[MicroBatch]
"""One micro-batch per worker, passed forward together."""


def count_steps(examples: int, batch_size: int, steps: int | None, epochs: float | None) -> int:
    """Optimizer steps of a training: `steps`, or as many as show every example `epochs` times."""
    if (steps is None) == (epochs is None):
        raise TrainingError(f"set exactly one of steps and epochs; steps = {steps}, epochs = {epochs}")
    if epochs is not None:
        return math.ceil(epochs * examples / batch_size)
    return steps or 1


class EpochOrder:
    """An endless stream of example numbers: each epoch a permutation drawn from (seed, epoch)."""

    def __init__(self, examples: int, batch_size: int, seed: int) -> None:
        self.examples, self.batch_size, self.seed = examples, batch_size, seed
        self._epoch = -1
        self._permutation: list[int] = []

    def batch_at(self, step: int) -> list[int]:
        """Example numbers of the global batch at `step` (0-based)."""
        first = step * self.batch_size
        return [self._at(position) for position in range(first, first + self.batch_size)]

    def _at(self, position: int) -> int:
        epoch, offset = divmod(position, self.examples)
        if epoch != self._epoch:
            self._permutation = list(range(self.examples))
            random.Random(f"{self.seed}/{epoch}").shuffle(self._permutation)
            self._epoch = epoch
        return self._permutation[offset]


def cut_micro_batches(examples: Sequence[TrainingExample], workers: int, max_tokens: int) -> list[Round]:
    """Cut a global batch into rounds: rounds[r][w] is what worker w passes forward in round r.

    Examples of like width go together, at most `max_tokens` padded tokens (a wider one goes alone). Every worker gets
    one micro-batch per round, since ZeRO-3 gathers weights together; if examples are too few a micro-batch is empty.
    """
    chunks: list[MicroBatch] = []
    for example in sorted(examples, key=lambda example: example.width, reverse=True):
        if chunks and _padded_tokens([*chunks[-1], example]) <= max_tokens:
            chunks[-1].append(example)
        else:
            chunks.append([example])
    rounds = math.ceil(len(chunks) / workers)
    while len(chunks) < rounds * workers and (most := max(chunks, key=_tokens_to_split)) and len(most) > 1:
        place = chunks.index(most)
        half = math.ceil(len(most) / 2)
        chunks[place : place + 1] = [most[:half], most[half:]]
    chunks += [[] for _ in range(rounds * workers - len(chunks))]
    stream = iter(chunks)
    return [list(islice(stream, workers)) for _ in range(rounds)]


def _padded_tokens(examples: Sequence[TrainingExample]) -> int:
    return sum(len(example.sequences) for example in examples) * max(example.width for example in examples)


def _tokens_to_split(examples: Sequence[TrainingExample]) -> int:
    """Padded tokens, with what cannot be split last."""
    return _padded_tokens(examples) if len(examples) > 1 else 0


@dataclass(slots=True)
class TokenCount:
    """Tokens of all ranks over the steps of a training."""

    tokens: int = 0
    target_tokens: int = 0
    padded: int = 0

    def add(self, rounds: Sequence[Round]) -> int:
        """Count a step's rounds; returns their tokens without padding."""
        full = [micro_batch for round_ in rounds for micro_batch in round_ if micro_batch]
        seen = [example for micro_batch in full for example in micro_batch]
        found = sum(example.tokens for example in seen)
        self.tokens += found
        self.target_tokens += sum(example.target_tokens for example in seen)
        self.padded += sum(_padded_tokens(micro_batch) for micro_batch in full)
        return found

    @property
    def padding_fraction(self) -> float:
        """Share of the padded tokens that is padding."""
        return 1 - self.tokens / self.padded if self.padded else 0.0
