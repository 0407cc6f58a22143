"""vLLM's AsyncLLM: the engine in processes of its own, one per tensor-parallel rank, for accelerators.

    consumes       requests of one event loop
    waits for      the engine's processes, over vLLM's own sockets
    produces       final outputs
    unblocked by   the output; EngineDeadError when a process of the engine is gone

On a machine without accelerators it works too, but takes three processes and 40-70 s to start.
"""

import asyncio
import time
from typing import Any

from actors.deadline import within_deadline
from actors.inference.engine import EngineConfig
from actors.inference.vllm_base import (
    WORKER_EXTENSION,
    VllmEngine,
    engine_arguments,
    quiet_environment,
    start_error,
)


class AsyncEngine(VllmEngine):
    """One AsyncLLM. Use it from one event loop only."""

    def __init__(self, config: EngineConfig) -> None:
        """Start the engine's processes. The weights have no name before the first `load`."""
        quiet_environment(multiprocessing=True, threads=config.threads)
        super().__init__(config)
        self._open = 0
        self._busy_s = 0.0
        self._busy_since = 0.0
        self._build(self._first_path)

    @property
    def busy_s(self) -> float:
        return self._busy_s + (time.monotonic() - self._busy_since if self._open else 0.0)

    async def close(self) -> None:
        self.policy_id = ""
        await asyncio.to_thread(self._discard)

    async def _request(self, request_id: str, ids: list[int], params: Any) -> Any:
        if self._open == 0:
            self._busy_since = time.monotonic()
        self._open += 1
        try:
            # Cancelling this coroutine closes the generator, which aborts the request.
            outputs = [found async for found in self._engine.generate({"prompt_token_ids": ids}, params, request_id)]
            return outputs[-1]
        finally:
            self._open -= 1
            if self._open == 0:
                self._busy_s += time.monotonic() - self._busy_since

    async def _on_workers(self, what: str, method: str, **arguments: str) -> list[Any]:
        call = self._engine.collective_rpc(method, kwargs=arguments)
        found: list[Any] = await within_deadline(self.config.start_deadline_s, what, call)
        return found

    async def _reset_prefix_cache(self) -> bool:
        call = self._engine.reset_prefix_cache()
        return await within_deadline(self.config.start_deadline_s, "resetting the prefix cache", call)

    async def _restart(self, path: str) -> None:
        call = asyncio.to_thread(self._build, path)
        await within_deadline(self.config.start_deadline_s, "starting vLLM again", call)

    def _build(self, path: str) -> None:
        from vllm import AsyncEngineArgs
        from vllm.v1.engine.async_llm import AsyncLLM

        self._discard()
        arguments = {**engine_arguments(self.config, path), "worker_extension_cls": WORKER_EXTENSION}
        try:
            self._engine = AsyncLLM.from_engine_args(AsyncEngineArgs(**arguments))
        except Exception as error:
            raise start_error(self.config, error) from error

    def _discard(self) -> None:
        if self._engine is not None:
            self._engine.shutdown()
            self._engine = None
