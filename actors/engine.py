"""What a generator needs from an inference engine, and nothing more."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """One sampled continuation: text without special tokens, ids with them (end of turn included)."""

    text: str
    token_ids: tuple[int, ...]
    finish_reason: str  # "stop" or "length"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """How one request samples. `temperature` 0 is greedy; `n` continuations come from `seed`."""

    n: int = 1
    temperature: float = 1.0
    top_p: float = 1.0
    max_tokens: int = 256
    seed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """A Hugging Face directory and the checksum of its weights, which names the policy everywhere."""

    path: str
    policy_id: str


class Engine(Protocol):
    """Continuous batching behind coroutines: many `generate` calls may be in flight at once.

    An engine samples only with the weights named by `policy_id`; `load` replaces them in place, drops the
    prefix cache, and raises `WeightsError` (actors.weights) when the result is not the checkpoint.
    """

    policy_id: str

    async def generate(self, prompt_ids: Sequence[int], sampling: Sampling) -> list[Completion]: ...

    async def logprobs(self, token_ids: Sequence[int]) -> list[float]:
        """Log-probability of each token after the first, given those before it; length len(token_ids) - 1."""
        ...

    async def load(self, checkpoint: Checkpoint) -> None: ...

    async def close(self) -> None: ...
