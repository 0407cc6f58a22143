"""vLLM behind the engine protocol: what its two forms share.

    ThreadEngine (vllm_in_process)   one process, LLMEngine on a thread of its own; starts in seconds; CPU
    AsyncEngine  (vllm_async)        AsyncLLM, a process per tensor-parallel rank; accelerators

Seen in vLLM 0.32 and relied on here: a request with a seed gives the same answer in any batch; `reload_weights`
is not transactional and leaves the prefix cache as it was; requests for prompt log-probabilities avoid the
prefix cache unless told otherwise, and what they return for cached positions is uninitialised memory.
"""

import asyncio
import itertools
import os
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from actors.allocator import give_back_memory, keep_memory
from actors.inference.adapter import base_directory, find_adapter
from actors.inference.engine import Completion, EngineConfig, EngineError, LoadReport, Sampling
from actors.inference.weights import WeightProbe, WeightsError, compare_tensors, local_copy
from actors.memory import is_out_of_memory
from actors.prompting.chat_template import end_token_ids
from actors.storage.checkpoint import Checkpoint
from actors.threads import compute_aside, use_threads

WORKER_EXTENSION = "actors.inference.worker_extension.WeightsExtension"
CPU_BATCH_TOKENS = 8192  # prompts that one step may prefill together


class VllmEngine(ABC):
    """Checks, sampling parameters and loading; the forms add how a request is made and weights are replaced."""

    def __init__(self, config: EngineConfig) -> None:
        from transformers import AutoTokenizer

        self.config = config
        self.policy_id = ""
        self._first_path = base_directory(local_copy(config.checkpoint))
        self._fresh = True
        self._requests = itertools.count()
        self._in_flight = self._pending = self._sampled = 0
        self._engine: Any = None
        tokenizer = AutoTokenizer.from_pretrained(self._first_path)
        self._stop_ids = sorted(end_token_ids(tokenizer))

    # ---- what a form must do ------------------------------------------------------------------------------

    @property
    @abstractmethod
    def busy_s(self) -> float: ...

    @abstractmethod
    async def _request(self, request_id: str, ids: list[int], params: Any) -> Any:
        """The final RequestOutput of one request. Cancelling the coroutine aborts the request."""

    @abstractmethod
    async def _on_workers(self, what: str, method: str, **arguments: str) -> list[Any]:
        """Call a method of every worker (worker_extension, or vLLM's own); `what` names the wait."""

    @abstractmethod
    async def _reset_prefix_cache(self) -> bool: ...

    @abstractmethod
    async def _restart(self, path: str) -> None:
        """Throw the inner engine away and build another from `path`."""

    @abstractmethod
    async def close(self) -> None: ...

    # ---- the protocol -------------------------------------------------------------------------------------

    @property
    def moved(self) -> int:
        """Tokens of all answers. vLLM's front end holds those of unfinished ones, in both forms in this process."""
        if self._engine is None:
            return self._sampled
        requests = list(self._engine.output_processor.request_states.values())
        return self._sampled + sum(one.detokenizer.num_output_tokens() for one in requests if one.detokenizer)

    @property
    def sampled(self) -> int:
        return self._sampled

    @property
    def pending(self) -> int:
        return self._pending

    async def generate(self, prompt_ids: Sequence[int], sampling: Sampling) -> list[Completion]:
        if not self.policy_id:
            raise EngineError("the engine holds no known checkpoint (closed, or a load failed); load one first")
        if len(prompt_ids) >= self.config.max_context:
            raise EngineError(
                f"a prompt of {len(prompt_ids)} tokens leaves no room in the engine's context of "
                f"{self.config.max_context} tokens; end the episode, or raise model.max_tokens"
            )
        self._pending += sampling.n
        try:
            output = await self._counted(list(prompt_ids), sampling_params(sampling, self._stop_ids))
        finally:
            self._pending -= sampling.n
        self._sampled += sum(len(found.token_ids) for found in output.outputs)
        return [_completion(found) for found in output.outputs]

    async def logprobs(self, token_ids: Sequence[int], *, read_cache: bool = True) -> list[float]:
        ids = list(token_ids)
        output = await self._counted(ids, logprob_params(read_cache=read_cache))
        cached = output.num_cached_tokens or 0
        found = _logprobs(output, ids)
        if cached:
            # Position i predicts token i + 1, so `cached` positions were not computed. Fill them in afresh;
            # those after them stand as the cache made them.
            fresh = await self._counted(ids, logprob_params(read_cache=False))
            found = _logprobs(fresh, ids)[:cached] + found[cached:]
        return found

    async def load(self, checkpoint: Checkpoint) -> LoadReport:
        if self._in_flight:
            raise EngineError(
                f"cannot load policy {checkpoint.policy_id} while {self._in_flight} requests are in flight; "
                "wait for them"
            )
        started = time.monotonic()
        path = await asyncio.to_thread(local_copy, checkpoint)
        probe = await compute_aside(WeightProbe, path, self.config.max_context, self.config.dtype)
        give_back_memory()  # transformers' copies, 6 bytes a parameter: the engine would keep them and never need them
        self.policy_id = rebuilt = ""
        try:
            if not (self._fresh and path == self._first_path):
                await self._reload(path)
                if not await self._reset_prefix_cache():
                    raise WeightsError("vLLM did not reset its prefix cache; requests are still running")
            report = await self._check(path, probe)
        except Exception as error:
            # reload_weights is not transactional, so whatever went wrong, only a new engine is trustworthy.
            rebuilt = f"{type(error).__name__}: {error}"
            self._fresh = False
            await self._restart(base_directory(path))
            try:
                if find_adapter(path):
                    await self._reload(path)
                report = await self._check(path, probe)
            except WeightsError as again:
                raise again from error
        self.policy_id = checkpoint.policy_id
        self._fresh = False
        return replace(report, policy_id=checkpoint.policy_id, seconds=time.monotonic() - started, rebuilt=rebuilt)

    async def _reload(self, path: str) -> None:
        """Replace the weights in place; what is left after an error is undefined."""
        if find_adapter(path):
            await self._on_workers("reloading weights", "reload_adapted", path=path)
        else:
            await self._on_workers("reloading weights", "reload_weights", weights_path=path)
        await self._on_workers("packing weights", "refresh_packed_weights")

    async def _check(self, path: str, probe: WeightProbe) -> LoadReport:
        """Raise WeightsError unless the engine holds the weights in `path` and computes with them."""
        ranks = await self._on_workers("comparing weights", "compare_with_files", path=path)
        compare_tensors(ranks, path)
        await probe.check(self)
        tensors = min(rank["tensors"] for rank in ranks)
        share = min(rank["elements"] / max(1, rank["all_elements"]) for rank in ranks)
        return LoadReport(policy_id="", seconds=0.0, tensors=tensors, share=share, reference=probe.expected is not None)

    async def _counted(self, ids: list[int], params: Any) -> Any:
        self._in_flight += 1
        try:
            return await self._request(f"r{next(self._requests)}", ids, params)
        finally:
            self._in_flight -= 1


def quiet_environment(*, multiprocessing: bool, threads: int) -> None:
    """Environment that must be set before vllm is imported; what the user has set stays.

    On a CPU so many OpenMP threads as were chosen, since several spin against each other on small models (0.2 M
    parameters: 10509 tokens/s with one, 868 with two), and no dynamo: log-probabilities would compile for seconds at
    their first use, even in eager mode. Processes of vLLM's own, as the async form has, would take one thread for each
    core of a NUMA node instead, and be bound to them, two generators to the same.
    """
    import torch

    os.environ["VLLM_ENABLE_V1_MULTIPROCESSING"] = "1" if multiprocessing else "0"
    os.environ.setdefault("VLLM_LOGGING_LEVEL", "ERROR")
    os.environ.setdefault("VLLM_NO_USAGE_STATS", "1")
    if not torch.cuda.is_available():
        use_threads(threads)
        keep_memory()
        os.environ.setdefault("TORCHDYNAMO_DISABLE", "1")
        os.environ.setdefault("VLLM_CPU_OMP_THREADS_BIND", "nobind")


def engine_arguments(config: EngineConfig, path: str) -> dict[str, Any]:
    """Keyword arguments of vLLM's EngineArgs and AsyncEngineArgs."""
    import torch

    arguments: dict[str, Any] = {
        "model": path,
        "dtype": config.dtype,
        "max_model_len": config.max_context,
        "max_num_seqs": config.max_sequences,
        "tensor_parallel_size": config.tensor_parallel,
        "enable_prefix_caching": True,
        "config_format": "hf",  # of a directory with Mistral's own files besides, vLLM would take those
        "load_format": "safetensors",
        "generation_config": "vllm",  # the request says everything; a checkpoint's defaults would change sampling
        "disable_log_stats": True,
        "use_tqdm_on_load": False,
        "seed": 0,
    }
    if config.tensor_parallel > 1:
        # In a placement group, as a generator is, vLLM would ask Ray for its ranks; they are processes of this one.
        arguments["distributed_executor_backend"] = "mp"
    if torch.cuda.is_available():
        return {**arguments, "gpu_memory_utilization": config.gpu_memory_fraction}
    return {
        **arguments,
        "enforce_eager": True,
        "kv_cache_memory_bytes": config.kv_cache_mib << 20,
        # A prompt that is prefilled in two steps rewinds its seeded generator, which CPU generators cannot do:
        # the engine dies with "CPU Generator does not use offset".
        "enable_chunked_prefill": False,
        "max_num_batched_tokens": max(CPU_BATCH_TOKENS, config.max_context),
    }


def memory_advice(config: EngineConfig, error: BaseException) -> str:
    """What to change if an error of vLLM is about memory; "" if it is not. That of another process is in its log."""
    elsewhere = "See root cause above" in str(error)
    if not (elsewhere or is_out_of_memory(error)):
        return ""
    why = ". The actor's log says why; if it was memory" if elsewhere else ". Out of memory"
    import torch

    if torch.cuda.is_available():
        return (
            f"{why}: lower generator.gpu_memory_fraction = {config.gpu_memory_fraction:g} if something else "
            "is on the device, raise it if the model hardly fits, raise generator.tensor_parallel = "
            f"{config.tensor_parallel}, or lower model.max_tokens = {config.max_context}"
        )
    return (
        f"{why}: raise generator.kv_cache_mib = {config.kv_cache_mib} if one answer does not fit into the "
        f"cache, lower it if the machine has no room, or lower model.max_tokens = {config.max_context} or "
        "generator.episodes_in_flight"
    )


def start_error(config: EngineConfig, error: Exception) -> EngineError:
    """vLLM's own error, as one that names settings of this project."""
    return EngineError(f"vLLM did not start: {type(error).__name__}: {error}{memory_advice(config, error)}")


def sampling_params(sampling: Sampling, stop_ids: list[int]) -> Any:
    from vllm import SamplingParams
    from vllm.sampling_params import RequestOutputKind

    return SamplingParams(
        n=sampling.n,
        temperature=sampling.temperature,
        top_p=sampling.top_p,
        max_tokens=sampling.max_tokens,
        seed=sampling.seed,
        stop_token_ids=stop_ids,
        stop=list(sampling.stops),
        skip_special_tokens=True,
        skip_reading_prefix_cache=not sampling.read_cache,
        output_kind=RequestOutputKind.FINAL_ONLY,
    )


def logprob_params(*, read_cache: bool) -> Any:
    from vllm import SamplingParams
    from vllm.sampling_params import RequestOutputKind

    return SamplingParams(
        max_tokens=1,
        temperature=0.0,
        prompt_logprobs=0,
        detokenize=False,
        skip_reading_prefix_cache=not read_cache,
        output_kind=RequestOutputKind.FINAL_ONLY,
    )


def _completion(found: Any) -> Completion:
    if found.finish_reason not in ("stop", "length"):
        raise EngineError(f"vLLM ended a request with {found.finish_reason!r}, neither stop nor length")
    return Completion(text=found.text, token_ids=tuple(found.token_ids), finish_reason=found.finish_reason)


def _logprobs(output: Any, ids: list[int]) -> list[float]:
    """One per token after the first; nan if vLLM did not compute the position."""
    positions = output.prompt_logprobs
    if positions is None or len(positions) != len(ids):
        raise EngineError(f"vLLM returned {len(positions or ())} prompt log-probabilities for {len(ids)} tokens")
    found = (position.get(token) for position, token in zip(positions[1:], ids[1:], strict=True))
    return [entry.logprob if entry is not None else float("nan") for entry in found]
