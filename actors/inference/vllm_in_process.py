"""vLLM in this process, on a thread of its own.

    consumes       commands from any thread: add a request, abort one, call something on the engine
    waits for      a command, and only while no request is unfinished; otherwise it steps without a pause
    produces       final outputs, handed to the waiting event loops once per step
    unblocked by   the next command; an exception of the engine fails every request in flight, by name

LLMEngine is not thread-safe, so this thread alone touches it. There is no child process: when this one is
killed nothing is left.
"""

import asyncio
import gc
import queue
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeVar, cast

from actors.deadline import within_deadline
from actors.inference.engine import EngineConfig, EngineError
from actors.inference.vllm_base import (
    WORKER_EXTENSION,
    VllmEngine,
    engine_arguments,
    memory_advice,
    quiet_environment,
    start_error,
)

T = TypeVar("T")
Waiter = tuple[asyncio.AbstractEventLoop, "asyncio.Future[Any]"]
CLOSE_DEADLINE_S = 60.0
SWITCH_INTERVAL_S = 5e-4
"""Of Python's threads, instead of 5 ms: the engine's thread lets go of the interpreter at every operator, and may wait
this long to have it back from the thread that plays episodes."""


class ThreadEngine(VllmEngine):
    """`LLMEngine.add_request/step` behind coroutines. Any number of event loops may use it."""

    def __init__(self, config: EngineConfig) -> None:
        """Build the engine. Its weights have no name before the first `load`. Raises EngineError past the deadline."""
        quiet_environment(multiprocessing=False, threads=config.threads)
        sys.setswitchinterval(SWITCH_INTERVAL_S)
        super().__init__(config)
        self._commands: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._waiting: dict[str, Waiter] = {}
        self._busy_s = 0.0
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="vllm", daemon=True)
        self._thread.start()
        try:
            self._call(partial(self._build, self._first_path)).result(config.start_deadline_s)
        except TimeoutError:
            raise EngineError(
                f"vLLM did not start within generator.start_deadline_s = {config.start_deadline_s:g}; raise it if the "
                "model is large or its disk slow"
            ) from None
        finally:
            if self._engine is None:
                self._commands.put(self._stop)

    @property
    def busy_s(self) -> float:
        return self._busy_s

    async def close(self) -> None:
        """End the thread and the engine; requests in flight fail. Closing twice is fine."""
        self.policy_id = ""
        if not self._closing:
            self._commands.put(self._stop)
        await asyncio.to_thread(self._thread.join, CLOSE_DEADLINE_S)
        if self._thread.is_alive():
            raise EngineError(f"the vLLM thread did not end within {CLOSE_DEADLINE_S:g} s")

    # ---- from the callers' threads ------------------------------------------------------------------------

    async def _request(self, request_id: str, ids: list[int], params: Any) -> Any:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Any] = loop.create_future()
        self._send(partial(self._add, request_id, ids, params, (loop, future)))
        try:
            return await future
        except asyncio.CancelledError:
            self._send(partial(self._abort, request_id))
            raise

    async def _on_workers(self, what: str, method: str, **arguments: str) -> list[Any]:
        return await self._within_deadline(what, lambda: self._engine.collective_rpc(method, kwargs=arguments))

    async def _reset_prefix_cache(self) -> bool:
        return await self._within_deadline("resetting the prefix cache", lambda: self._engine.reset_prefix_cache())

    async def _restart(self, path: str) -> None:
        await self._within_deadline("starting vLLM again", partial(self._build, path))

    async def _within_deadline(self, what: str, function: Callable[[], T]) -> T:
        return await within_deadline(self.config.start_deadline_s, what, asyncio.wrap_future(self._call(function)))

    def _call(self, function: Callable[[], T]) -> "Future[T]":
        """Run `function` on the engine's thread."""
        future: Future[T] = Future()

        def command() -> None:
            try:
                future.set_result(function())
            except Exception as error:
                future.set_exception(error)

        self._send(command)
        return future

    def _send(self, command: Callable[[], None]) -> None:
        if not self._thread.is_alive():
            raise EngineError("the engine is closed")
        self._commands.put(command)

    # ---- on the engine's thread ---------------------------------------------------------------------------

    def _run(self) -> None:
        while not self._closing:
            self._drain()
            if self._engine is not None and self._engine.has_unfinished_requests():
                self._step()
        self._discard(EngineError("the engine was closed"))
        while not self._commands.empty():
            self._commands.get()()  # late callers learn that the engine is gone

    def _drain(self) -> None:
        """Run every command that is there; wait for one only if there is nothing to decode."""
        idle = self._engine is None or not self._engine.has_unfinished_requests()
        try:
            self._commands.get(block=idle)()
            while True:
                self._commands.get_nowait()()
        except queue.Empty:
            return

    def _step(self) -> None:
        started = time.monotonic()
        try:
            outputs = self._engine.step()
        except Exception as error:
            self.policy_id = ""
            said = f"vLLM failed while decoding: {type(error).__name__}: {error}"
            self._discard(EngineError(said + memory_advice(self.config, error)))
            return
        self._busy_s += time.monotonic() - started
        self._deliver([(output.request_id, output) for output in outputs if output.finished])

    def _add(self, request_id: str, ids: list[int], params: Any, waiter: Waiter) -> None:
        self._waiting[request_id] = waiter
        try:
            if self._engine is None:
                raise EngineError("vLLM is not running; load a checkpoint to start it")
            self._engine.add_request(request_id, {"prompt_token_ids": ids}, params)
        except Exception as error:
            self._deliver([(request_id, error)])

    def _abort(self, request_id: str) -> None:
        if self._waiting.pop(request_id, None) is not None and self._engine is not None:
            self._engine.abort_request([request_id])

    def _deliver(self, results: list[tuple[str, Any]]) -> None:
        """One wake-up per event loop and step, however many requests ended."""
        by_loop: dict[asyncio.AbstractEventLoop, list[tuple[asyncio.Future[Any], Any]]] = defaultdict(list)
        for request_id, result in results:
            if (waiter := self._waiting.pop(request_id, None)) is not None:
                loop, future = waiter
                by_loop[loop].append((future, result))
        for loop, resolved in by_loop.items():
            if not loop.is_closed():  # its coroutines are gone then, and nobody waits
                loop.call_soon_threadsafe(_resolve, resolved)

    def _build(self, path: str) -> None:
        from vllm import EngineArgs
        from vllm.v1.engine.llm_engine import LLMEngine

        self._discard(EngineError("the engine was started again"))
        arguments = {**engine_arguments(self.config, path), "worker_extension_cls": WORKER_EXTENSION}
        try:
            with _files_beside_logs():
                self._engine = LLMEngine.from_engine_args(EngineArgs(**arguments))
        except Exception as error:
            raise start_error(self.config, error) from error

    def _discard(self, error: EngineError) -> None:
        """Shut the inner engine down; whoever waits for it gets `error`."""
        self._deliver([(request_id, error) for request_id in list(self._waiting)])
        if self._engine is None:
            return
        from vllm.distributed import cleanup_dist_env_and_memory

        self._engine.engine_core.shutdown()
        self._engine = None
        gc.collect()
        cleanup_dist_env_and_memory()

    def _stop(self) -> None:
        self._closing = True


@contextmanager
def _files_beside_logs() -> Iterator[None]:
    """Temporary files that vLLM makes meanwhile go to Ray's session directory.

    One of them is where torch's process group meets itself. It lives as long as the engine and is removed at a good end
    alone, so after a kill it shall not lie where nobody looks for it.
    """
    import ray

    before, worker = tempfile.gettempdir(), cast("Any", ray._private.worker)
    if ray.is_initialized():
        tempfile.tempdir = worker._global_node.get_session_dir_path()
    try:
        yield
    finally:
        tempfile.tempdir = before


def _resolve(resolved: list[tuple["asyncio.Future[Any]", Any]]) -> None:
    for future, result in resolved:
        if future.done():
            continue  # cancelled meanwhile
        if isinstance(result, BaseException):
            future.set_exception(result)
        else:
            future.set_result(result)
