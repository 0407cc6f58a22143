"""Weights are what they claim: the checksum before they are loaded, a probe after.

The probe is a fixed sequence of ids, longer than two blocks of the prefix cache, whose log-probabilities the
engine and transformers must agree on. The engine reads its prefix cache for it as it would when sampling, and
each check leaves the probe in the cache, so a cache that was not reset after a reload shows as a disagreement.

Limit: the reference is one forward pass by transformers on the CPU in float32, which needs 4 bytes per
parameter and is affordable up to about 2 B parameters.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from actors.inference.engine import Engine, EngineError
from actors.storage.checkpoint import Checkpoint, CheckpointError, fetch_checkpoint, weights_checksum

PROBE_TOKENS = 320  # 2.5 blocks of vLLM's 128 on CPU; the check needs at least one full block in the cache
MAX_REFERENCE_PARAMETERS = 2_500_000_000
ROOM = 2.0
"""How much further from fp32 an engine in bfloat16 may be than transformers in bfloat16: each rounds in its own way."""


@dataclass(frozen=True, slots=True)
class Tolerance:
    """Of a log-probability's difference, in nats: for a single token, and on average."""

    largest: float
    mean: float


FLOAT32 = Tolerance(1e-3, 1e-4)
"""Thirty layers of fp32 came to 8.2e-5; a wrong checkpoint is off by whole nats."""
LEAST = Tolerance(0.25, 0.02)
"""In bfloat16, for a model that happens to round to little: it keeps 8 bits of a mantissa."""


class WeightsError(EngineError):
    """The weights in an engine are not those of the checkpoint that they are called after."""


def local_copy(checkpoint: Checkpoint) -> str:
    """Path of the checkpoint on this node, fetched if it is remote.

    Raises WeightsError unless the files have the checksum that names the checkpoint.
    """
    try:
        path = fetch_checkpoint(checkpoint.path)
        found = weights_checksum(path)
    except (CheckpointError, OSError) as error:
        raise WeightsError(f"policy {checkpoint.policy_id} cannot be read: {error}") from error
    if found != checkpoint.policy_id:
        raise WeightsError(
            f"{checkpoint.path} holds policy {found}, not {checkpoint.policy_id}; nothing was loaded. "
            "Pass the directory that training committed under that name"
        )
    return path


def probe_ids(vocabulary: int, length: int) -> list[int]:
    """`length` ids below `vocabulary`, the same everywhere, without structure that a model could have learnt."""
    state, ids = 12345, []
    for _ in range(length):
        state = (1103515245 * state + 12345) & 0x7FFF_FFFF
        ids.append((state >> 8) % vocabulary)
    return ids


class WeightProbe:
    """The ids and transformers' log-probabilities of each after the first, on one checkpoint.

    In bfloat16 the model itself says how far rounding takes it: a second pass in that type is compared with fp32.
    """

    def __init__(self, path: str, max_context: int, dtype: str = "float32") -> None:
        """Runs one forward pass on the CPU. `max_context` of 322 or more lets the probe have its full length."""
        import torch
        from transformers import AutoModelForCausalLM
        from transformers.utils import logging

        logging.disable_progress_bar()  # a bar per load would drown an actor's log
        model: Any = AutoModelForCausalLM.from_pretrained(path, dtype=torch.float32).eval()
        parameters = sum(parameter.numel() for parameter in model.parameters())
        if parameters > MAX_REFERENCE_PARAMETERS:
            raise WeightsError(
                f"{path} has {parameters / 1e9:.1f} B parameters; the probe compares with transformers on the CPU, "
                f"which is limited to {MAX_REFERENCE_PARAMETERS / 1e9:.1f} B"
            )
        self.path, self.dtype = path, dtype
        self.ids = probe_ids(model.config.vocab_size, min(PROBE_TOKENS, max_context - 2))
        self.expected = self._pass(model)
        self.tolerance = (
            FLOAT32 if dtype == "float32" else derived_tolerance(self.expected, self._rounded(model, dtype))
        )

    def _pass(self, model: Any) -> list[float]:
        import torch

        with torch.no_grad():
            logits = model(torch.tensor([self.ids])).logits[0, :-1].float()
        chosen = torch.tensor(self.ids[1:])
        found: list[float] = torch.log_softmax(logits, dim=-1)[torch.arange(len(chosen)), chosen].tolist()
        return found

    def _rounded(self, model: Any, dtype: str) -> list[float]:
        """Of the same weights in `dtype`, which the model then has; angles of positions stay in fp32."""
        import torch

        for parameter in model.parameters():
            parameter.data = parameter.data.to(getattr(torch, dtype))
        return self._pass(model)

    async def check(self, engine: Engine) -> None:
        """Raise WeightsError unless the engine, as it would sample now, agrees with transformers."""
        compare_weights(await engine.logprobs(self.ids), self.expected, self.tolerance, self.path)


def derived_tolerance(exact: Sequence[float], rounded: Sequence[float]) -> Tolerance:
    """What `rounded` differs from `exact`, ROOM times, and no less than LEAST."""
    differences = [abs(a - b) for a, b in zip(exact, rounded, strict=True)]
    mean = sum(differences) / len(differences)
    return Tolerance(max(LEAST.largest, ROOM * max(differences)), max(LEAST.mean, ROOM * mean))


def compare_weights(found: Sequence[float], expected: Sequence[float], allowed: Tolerance, path: str) -> None:
    """Largest and mean difference against what is allowed; raises WeightsError with both."""
    if len(found) != len(expected):
        raise WeightsError(f"the engine returned {len(found)} log-probabilities of the probe, expected {len(expected)}")
    differences = [abs(a - b) for a, b in zip(found, expected, strict=True)]
    largest, mean = max(differences), sum(differences) / len(differences)
    # A nan compares false with everything, so the accepting condition is the one that is spelt out.
    if largest <= allowed.largest and mean <= allowed.mean:
        return
    beyond = sum(difference > allowed.largest for difference in differences)
    raise WeightsError(
        f"the engine's weights are not those of {path}: log-probabilities of the probe ({len(expected) + 1} tokens) "
        f"differ by up to {largest:.3g}, {mean:.3g} on average; its rounding allows {allowed.largest:.3g} and "
        f"{allowed.mean:.3g}; {beyond} tokens are beyond that"
    )
