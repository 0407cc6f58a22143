"""Weights are what they claim: the checksum before they are loaded, tensors and a probe after.

    files     sha256 of the directory against the policy's name: another, cut or altered checkpoint
    tensors   what every rank holds against the files, exactly (worker_extension): a tensor that was not replaced,
              a wrong shard, a checkpoint that is one small step older
    probe     log-probabilities of a fixed sequence against transformers': right weights that are computed with
              wrongly, a prefix cache that was not reset

Tensors have no tolerance and no limit of size; reading them is mapped, in chunks. The probe's reference takes 4 bytes
per parameter, and time, so it is made if both are there (`reference_fits`). For a larger model the engine is compared
with itself, prefix cache against none: that finds a stale cache, and leaves the computation to vLLM.

The probe is longer than two blocks of the prefix cache. The engine reads its prefix cache for it as it would when
sampling, and each check leaves the probe in the cache, so a cache that was not reset after a reload shows as a
disagreement. Its tolerance is the model's own rounding: how far transformers in bfloat16 is from float32.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from actors.inference.adapter import base_directory
from actors.inference.engine import Engine, EngineError
from actors.inference.merged_tensors import merge_adapter, open_tensors
from actors.machine.capacity import free_memory
from actors.storage.checkpoint import Checkpoint, CheckpointError, fetch_checkpoint, weights_checksum

PROBE_TOKENS = 320  # 2.5 blocks of vLLM's 128 on CPU; the check needs at least one full block in the cache
ROOM = 2.0
"""How much further from fp32 an engine in bfloat16 may be than transformers in bfloat16: each rounds in its own way."""
FLOAT32_SHARE = 2.0**-8
"""Of bfloat16's rounding that is allowed in float32: 16 bits more, of which long sums take some back."""
FLOAT32_TOKENS = 64
"""Of the probe that tell that rounding: the pass in bfloat16 is the slower one."""

REFERENCE_BYTES = 5  # per parameter: float32, and room for activations
REFERENCE_MEMORY = 0.25  # of what is available: other generators of this node load too
REFERENCE_S = 120.0
REFERENCE_FLOPS = 1e10  # per second and thread; two for each parameter and token


@dataclass(frozen=True, slots=True)
class Tolerance:
    """Of a log-probability's difference, in nats: for a single token, and on average."""

    largest: float
    mean: float


FLOAT32 = Tolerance(1e-3, 1e-4)
"""In float32, the least that is allowed."""
LEAST = Tolerance(0.25, 0.02)
"""In bfloat16, for a model that happens to round to little: it keeps 8 bits of a mantissa."""
WITHOUT_REFERENCE = {"float32": Tolerance(0.01, 1e-3), "bfloat16": Tolerance(2.0, 0.2)}
"""Of an engine against itself, computed in other pieces, where nothing tells the model's rounding."""


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

    `expected` is None if the model is too large for transformers here.
    In bfloat16 the model itself says how far rounding takes it: a second pass in that type is compared with fp32.
    """

    def __init__(self, path: str, max_context: int, dtype: str = "float32") -> None:
        """Two forward passes on the CPU, if they fit. `max_context` of 322 or more gives the probe its full length."""
        from transformers import AutoConfig

        self.path, self.dtype = path, dtype
        vocabulary: int = AutoConfig.from_pretrained(base_directory(path)).get_text_config().vocab_size
        self.ids = probe_ids(vocabulary, min(PROBE_TOKENS, max_context - 2))
        self.expected: list[float] | None = None
        self.tolerance = WITHOUT_REFERENCE[dtype]
        if reference_fits(open_tensors(path).elements):
            self._refer()

    def _refer(self) -> None:
        import torch
        from transformers import AutoModelForCausalLM
        from transformers.utils import logging

        logging.disable_progress_bar()  # a bar per load would drown an actor's log
        model: Any = AutoModelForCausalLM.from_pretrained(base_directory(self.path), dtype=torch.float32).eval()
        merge_adapter(model, self.path)
        self.expected = self._pass(model)
        for parameter in model.parameters():  # angles of positions stay in fp32
            parameter.data = parameter.data.to(torch.bfloat16)
        if self.dtype == "bfloat16":
            self.tolerance = derived_tolerance(self.expected, self._pass(model), ROOM, LEAST)
        else:
            rounded = self._pass(model, FLOAT32_TOKENS)
            self.tolerance = derived_tolerance(self.expected[: len(rounded)], rounded, ROOM * FLOAT32_SHARE, FLOAT32)

    def _pass(self, model: Any, tokens: int | None = None) -> list[float]:
        import torch

        with torch.no_grad():
            logits = model(torch.tensor([self.ids[:tokens]])).logits[0, :-1].float()
        chosen = torch.tensor(self.ids[1:tokens])
        found: list[float] = torch.log_softmax(logits, dim=-1)[torch.arange(len(chosen)), chosen].tolist()
        return found

    async def check(self, engine: Engine) -> None:
        """Raise WeightsError unless the engine, as it would sample now, agrees with transformers (or with itself)."""
        found = await engine.logprobs(self.ids)
        expected = self.expected or await engine.logprobs(self.ids, read_cache=False)
        compare_weights(found, expected, self.tolerance, self.path)


def reference_fits(parameters: int) -> bool:
    """Whether transformers can run a model on this machine's CPU, by its memory and time."""
    import torch

    seconds = 2 * parameters * PROBE_TOKENS / (REFERENCE_FLOPS * torch.get_num_threads())
    return REFERENCE_BYTES * parameters <= REFERENCE_MEMORY * free_memory() and seconds <= REFERENCE_S


def compare_tensors(ranks: Sequence[dict[str, Any]], path: str) -> None:
    """Raise WeightsError if a rank's answer (worker_extension) names tensors that are not the checkpoint's."""
    for rank, found in enumerate(ranks):
        if found["count"]:
            raise WeightsError(
                f"the engine's weights are not those of {path}: {found['count']} parameters differ on rank {rank} of "
                f"{len(ranks)}, among them " + "; ".join(found["different"])
            )


def derived_tolerance(exact: Sequence[float], rounded: Sequence[float], room: float, least: Tolerance) -> Tolerance:
    """What `rounded` differs from `exact`, `room` times, and no less than `least`."""
    differences = [abs(a - b) for a, b in zip(exact, rounded, strict=True)]
    mean = sum(differences) / len(differences)
    return Tolerance(max(least.largest, room * max(differences)), max(least.mean, room * mean))


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
