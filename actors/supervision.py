"""Shards over workers: bounded work in flight, deadlines with names, and replacement of the dead.

consumes       shards, and one worker handle per slot
waits for      any shard's result, at most `tick_s` at a time
produces       one result per shard, each exactly once
unblocked by   a result, a dead worker (its shards go back to the queue, the slot gets a new worker),
               or the stall deadline (an error that names what is pending)
"""

import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from sandbox.errors import UserError

S = TypeVar("S")
TICK_S = 1.0
SHARDS_PER_WORKER = 2
"""The next shard is there before the current one has drained, so a worker never runs dry between shards."""


class StallError(UserError, RuntimeError):
    """Work is in flight and nothing has finished for longer than the deadline."""


class WorkersLostError(UserError, RuntimeError):
    """Workers died more often than the restart budget allows."""


@dataclass
class Supervisor(Generic[S]):
    """Runs shards to completion.

    `make(slot)` returns a ready worker; `call(worker, shard)` an object reference; `advanced()` a number that
    grows while work progresses inside shards (turns played, say), which puts the stall deadline off.
    """

    make: Callable[[int], Any]
    call: Callable[[Any, S], Any]
    stall_s: float
    restarts: int = 3
    advanced: Callable[[list[Any]], float] = lambda workers: 0.0
    on_tick: Callable[[int, list[Any]], None] = lambda done, workers: None
    workers: list[Any] = field(default_factory=list)

    def run(self, shards: Sequence[S], slots: int) -> list[Any]:
        """Results in the order of completion. Raises what a shard raised, StallError, or WorkersLostError."""
        import ray
        from ray.exceptions import RayActorError

        queue: deque[S] = deque(shards)
        pending: dict[Any, tuple[int, S]] = {}
        results: list[Any] = []
        self.workers = [self.make(slot) for slot in range(slots)]
        last, level = time.monotonic(), 0.0
        while queue or pending:
            self._fill(queue, pending)
            ready, _ = ray.wait(list(pending), num_returns=1, timeout=TICK_S)
            for reference in ready:
                slot, shard = pending.pop(reference)
                try:
                    results.append(ray.get(reference))
                except RayActorError as error:
                    lost = [shard, *self._withdraw(slot, pending)]
                    queue.extendleft(reversed(lost))
                    self._replace(slot, error)
                last = time.monotonic()
            now_at = self.advanced(self.workers)
            if now_at != level:
                last, level = time.monotonic(), now_at
            self.on_tick(len(results), self.workers)
            if time.monotonic() - last > self.stall_s:
                raise StallError(f"nothing moved for {self.stall_s:.0f} s; waiting for {_names(pending)}")
        return results

    def _fill(self, queue: deque[S], pending: dict[Any, tuple[int, S]]) -> None:
        load = [0] * len(self.workers)
        for slot, _ in pending.values():
            load[slot] += 1
        while queue and min(load) < SHARDS_PER_WORKER:
            slot = load.index(min(load))
            shard = queue.popleft()
            pending[self.call(self.workers[slot], shard)] = (slot, shard)
            load[slot] += 1

    def _withdraw(self, slot: int, pending: dict[Any, tuple[int, S]]) -> list[S]:
        """Take back the other shards of a dead worker."""
        mine = [reference for reference, (owner, _) in pending.items() if owner == slot]
        return [pending.pop(reference)[1] for reference in mine]

    def _replace(self, slot: int, error: Exception) -> None:
        if self.restarts <= 0:
            raise WorkersLostError(f"worker {slot} died and the restart budget is spent: {error}") from error
        self.restarts -= 1
        self.workers[slot] = self.make(slot)


def _names(pending: dict[Any, tuple[int, Any]]) -> str:
    return ", ".join(f"worker {slot}: {shard}" for slot, shard in pending.values()) or "nothing"
