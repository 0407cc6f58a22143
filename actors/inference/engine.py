"""What a generator needs from an inference engine, and nothing more."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from actors.storage.checkpoint import Checkpoint
from sandbox.errors import UserError


class EngineError(UserError, RuntimeError):
    """The engine cannot serve: it died, is closed, or was asked for what it must refuse."""


class AnswerLost(EngineError):
    """One answer never comes, of an engine that answers others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """One sampled continuation: text without special tokens, ids with them (end of turn included)."""

    text: str
    token_ids: tuple[int, ...]
    finish_reason: str  # "stop" or "length"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """How one request samples. `temperature` 0 is greedy; `n` continuations come from `seed`; each ends before the
    first of the texts `stops`, or with an end token.

    Continuation k depends on `seed` + k alone, so a wider request begins with the narrower one's answers.
    """

    n: int = 1
    temperature: float = 1.0
    top_p: float = 1.0
    max_tokens: int = 256
    seed: int = 0
    stops: tuple[str, ...] = ()
    read_cache: bool = True
    """Whether the prompt's beginning may come from the prefix cache; without it a prompt is computed in one piece."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineConfig:
    """Everything an engine is built from; picklable, so that a restarted actor builds the same one."""

    checkpoint: Checkpoint
    kind: Literal["auto", "in_process", "async"] = "auto"  # auto: async if there is CUDA, else in_process
    dtype: Literal["float32", "bfloat16"] = "float32"
    max_context: int = 512  # longest prompt + answer, tokens
    max_sequences: int = 256  # decoded together; more wait inside the engine
    tensor_parallel: int = 1
    threads: int = 1  # on CPU
    kv_cache_mib: int = 128  # on CPU
    gpu_memory_fraction: float = 0.85  # on accelerators
    start_deadline_s: float = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadReport:
    """How a checkpoint came into an engine, and what its check saw."""

    policy_id: str
    seconds: float
    rebuilt: str = ""
    """Why the engine was built anew: the weights did not go in place. "" if they did, or were there already."""
    tensors: int = 0
    """Of the checkpoint, that were compared with what the engine holds."""
    share: float = 0.0
    """Of the checkpoint's parameters that lie in these tensors."""
    reference: bool = False
    """Whether transformers' log-probabilities were compared too; they are not for models too large for this machine."""


class Engine(Protocol):
    """Continuous batching behind coroutines: many `generate` calls may be in flight at once.

    An engine samples only with the weights named by `policy_id`; `load` replaces them in place, drops the
    prefix cache, and raises `WeightsError` (actors.inference.weights) when the result is not the checkpoint.
    `policy_id` is "" while the weights are not known to be any checkpoint's, and such an engine refuses to sample.
    `busy_s` counts the seconds in which the engine had work. `moved` changes with every token, of unfinished answers
    too; `sampled` are the tokens of those that are finished, `pending` the answers that are not.
    """

    policy_id: str

    @property
    def busy_s(self) -> float: ...

    @property
    def moved(self) -> int: ...

    @property
    def sampled(self) -> int: ...

    @property
    def pending(self) -> int: ...

    async def generate(self, prompt_ids: Sequence[int], sampling: Sampling) -> list[Completion]: ...

    async def logprobs(self, token_ids: Sequence[int], *, read_cache: bool = True) -> list[float]:
        """Log-probability of each token after the first, given those before it; length len(token_ids) - 1.

        They come from the prefix cache wherever sampling would read it, so stale cache entries show.
        """
        ...

    async def load(self, checkpoint: Checkpoint) -> LoadReport: ...

    async def close(self) -> None: ...
