"""Training workers that stay: one `fit()` of Ray Train serves all trainings of a run, one after the other.

    consumes       jobs: a callable of no arguments each, which every rank calls
    waits for      the desk, an actor where the driver leaves a job and rank 0 its result
    produces       rank 0's result of each job
    unblocked by   the result; or the end of `fit()`, whose error is raised: a rank died, or Ray Train gave up

A rank without a job asks the desk again and again, and ends if the desk gives no sign for DESK_DEADLINE_S. The desk is
the driver's: Ray ends it, and Ray Train's controller with the ranks, when the driver ends, however it ends.
"""

import asyncio
import gc
import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from contextlib import suppress
from typing import Any

from actors.allocator import give_back_memory
from actors.deadline import DeadlineError

ASK_S = 30.0
"""How long the desk lets a rank wait before it says that there is still nothing."""
DESK_DEADLINE_S = 180.0
"""How long the desk may take for any answer, ASK_S included. It does nothing else; a busy machine may stop it."""
LOOK_S = 0.5
"""Between the driver's looks whether `fit()` has ended without a result."""
END_DEADLINE_S = 10.0


class JobDesk:
    """The actor between the driver and the ranks. Jobs and results are bytes, unpickled by those who use them."""

    def __init__(self) -> None:
        self._jobs: list[bytes] = []
        self._results: dict[int, bytes] = {}
        self._controller: Any = None
        self._changed = asyncio.Condition()

    async def leave_job(self, job: bytes) -> int:
        """Its number, from 1. The one before must be done."""
        async with self._changed:
            self._jobs.append(job)
            self._changed.notify_all()
        return len(self._jobs)

    async def next_job(self, last: int) -> tuple[int, bytes] | None:
        """Number and job for a rank that did number `last`; None if nothing has come in ASK_S.

        A rank that Ray Train started anew did none, and gets the job that is not done.
        """
        number = await self._await(lambda: (now := len(self._jobs)) > last and now not in self._results and now, ASK_S)
        return (number, self._jobs[number - 1]) if number else None

    async def finish_job(self, number: int, result: bytes) -> None:
        async with self._changed:
            self._results[number] = result
            self._changed.notify_all()

    async def result(self, number: int) -> bytes:
        """Of a job, as soon as it is there."""
        await self._await(lambda: number in self._results)
        return self._results[number]

    async def name_controller(self, controller: Any) -> None:
        async with self._changed:
            self._controller = controller
            self._changed.notify_all()

    async def controller(self) -> Any:
        """Ray's handle of the actor that runs `fit()`, with whom the ranks end; None if it has not come up in time."""
        await self._await(lambda: self._controller is not None, END_DEADLINE_S)
        return self._controller

    async def _await(self, found: Callable[[], Any], seconds: float | None = None) -> Any:
        """What `found()` says once it is true; None after `seconds`."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds), self._changed:
                return await self._changed.wait_for(found)
        return None


def serve_jobs(desk: Any, rank: int) -> None:
    """What a rank does: job after job, its memory given back in between. It ends when its process is ended.

    Raises what a job raises, and DeadlineError if the desk does not answer.
    """
    from ray import cloudpickle

    last = 0
    while True:
        found = _ask(desk.next_job.remote(last))
        if found is None:
            continue
        last, job = found
        result = cloudpickle.dumps(cloudpickle.loads(job)())
        if rank == 0:
            _ask(desk.finish_job.remote(last, result))
        del job, result
        gc.collect()  # models and their hooks hang together in circles
        give_back_memory()


def _ask(reference: Any) -> Any:
    import ray
    from ray.exceptions import GetTimeoutError

    try:
        return ray.get(reference, timeout=DESK_DEADLINE_S)
    except GetTimeoutError:
        raise DeadlineError(
            f"the desk between the driver and its training workers gave no sign in {DESK_DEADLINE_S:.0f} s"
        ) from None


class TrainingWorkers:
    """The driver's side: workers that start early, do one job after the other, and end with the run."""

    def __init__(self) -> None:
        self._kind: object = None
        self._fit: Future[Any] | None = None
        self._desk: Any = None
        self._imported = threading.Event()
        self._imported.set()

    def start(self, kind: object, fit: Callable[[Any, Callable[[], None]], Any]) -> None:
        """Have workers of that `kind` starting, unless they are there; such of another kind end first.

        `fit(desk, imported)` runs until it fails, on a thread of its own; its ranks call `serve_jobs`. It calls
        `imported` when all that it imports into this process is there.
        """
        import ray

        if self._fit is not None and not self._fit.done() and kind == self._kind:
            return
        self.close()
        actor: Any = ray.remote(JobDesk)
        self._kind, self._desk = kind, actor.options(num_cpus=0).remote()
        self._imported.clear()
        self._fit = _in_thread(fit, self._desk, self._imported.set)
        self._fit.add_done_callback(lambda _: self._imported.set())

    def await_imports(self) -> None:
        """Before this thread imports more of Ray: two threads at its circular imports would get halves of modules."""
        if not self._imported.wait(DESK_DEADLINE_S):
            raise DeadlineError(f"the start of training workers imported nothing in {DESK_DEADLINE_S:.0f} s")

    def run(self, job: Callable[[], Any]) -> Any:
        """What rank 0 returns of `job`. Raises what `fit` raised, or Ray's error of the desk; then no worker stays.

        After an interruption `close` is left to who ends everything.
        """
        import ray
        from ray import cloudpickle

        assert self._fit is not None, "started before"
        try:
            number = _ask(self._desk.leave_job.remote(cloudpickle.dumps(job)))
            reference = self._desk.result.remote(number)
            while not ray.wait([reference], timeout=LOOK_S)[0]:
                if self._fit.done():
                    raise self._fit.exception() or RuntimeError("the training workers ended")
            return cloudpickle.loads(ray.get(reference))
        except Exception:
            self.close()
            raise

    def close(self) -> None:
        """End the workers, whatever they do."""
        import ray
        from ray.exceptions import RayError

        fit, desk, self._fit, self._desk = self._fit, self._desk, None, None
        if fit is None:
            return
        if not fit.done():
            with suppress(RayError):
                controller = ray.get(desk.controller.remote(), timeout=2 * END_DEADLINE_S)
                if controller is not None:
                    ray.kill(controller)
            wait([fit], timeout=END_DEADLINE_S)
        ray.kill(desk)


def _in_thread(function: Callable[..., Any], *arguments: Any) -> "Future[Any]":
    """The function's result, or its error, from a thread that does not outlive the process."""
    future: Future[Any] = Future()

    def run() -> None:
        try:
            future.set_result(function(*arguments))
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=run, daemon=True, name="training workers").start()
    return future
