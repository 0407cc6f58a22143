"""Shards over workers: bounded work in flight, deadlines with names, and replacement of the dead.

consumes       shards, and one worker handle per slot
waits for      any shard's result, at most `tick_s` at a time
produces       one result per shard, each exactly once
unblocked by   a result, or a worker that died or hangs (its shards go back to the queue, the slot gets a new worker);
               after `restarts` of them an error that names what is pending
"""

import asyncio
import contextlib
import time
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from actors.deadline import IdleClock
from sandbox.errors import ENDED_IN_THE_MIDDLE, UserError

S = TypeVar("S")
TICK_S = 1.0
MOST_BETWEEN_LOOKS_S = 10.0
"""A longer gap says that the driver was busy, not that workers stood still; so does half of the limit: no single look
ends a worker."""
REMEDY_TIMES = 3
"""A worker that answers has watches of its own, which name what does not move. It is hung if they have not helped in
so many times `stall_s`."""
REVIVAL_S, SIGN_S, DYING_S = 180.0, 5.0, 1.0
"""How long a dead actor is waited for, how long for one sign of it, and how long one that is ended may still give one:
what it is asked then is lost with it."""
SHARDS_PER_WORKER, MOST_SHARDS_PER_WORKER = 2, 16
"""The next shard is there before the current one has drained. A worker that has room all the same gets one more at
every look, up to the second number: its shards are small, or a few long answers hold them open."""


class WorkerBrokenError(UserError, RuntimeError):
    """A shard's worker can do no more, and says why; another one may."""


class WorkersLostError(UserError, RuntimeError):
    """Workers died or hung more often than the restart budget allows."""

    exit_status = ENDED_IN_THE_MIDDLE


async def revive_actor(actor: Any, sign: Callable[[], Awaitable[Any]], hangs: bool) -> None:
    """Wait until an actor that Ray restarts gives a `sign` again, at most REVIVAL_S; one that hangs is ended first."""
    import ray

    if hangs:
        ray.kill(actor, no_restart=False)
        await asyncio.sleep(DYING_S)
    end = time.monotonic() + REVIVAL_S
    while time.monotonic() < end:
        with contextlib.suppress(Exception):  # dead, starting, or hanging
            await asyncio.wait_for(sign(), SIGN_S)
            return
        await asyncio.sleep(SIGN_S / 10)


@dataclass
class Supervisor(Generic[S]):
    """Runs shards to completion.

    `make(slot)` returns a ready worker; `call(worker, shard)` an object reference; `moved(worker)` a number that
    changes while the worker, or what it waits for, does anything; None if it gave no answer. A worker without an
    answer for `stall_s` is replaced; `setting` is the name of that limit, `advice` what to do when too many were.
    `has_room(worker)`, asked after an answer of `moved`: whether it could do more at once than it was given.
    """

    make: Callable[[int], Any]
    call: Callable[[Any, S], Any]
    stall_s: float
    setting: str = "stall_s"
    restarts: int = 3
    advice: str = ""
    moved: Callable[[Any], float | None] = lambda worker: None
    has_room: Callable[[Any], bool] = lambda worker: False
    on_tick: Callable[[int, list[Any]], None] = lambda done, workers: None
    workers: list[Any] = field(default_factory=list)

    def run(self, shards: Sequence[S], slots: int) -> list[Any]:
        """Results in the order of completion. Raises what a shard raised, or WorkersLostError."""
        import ray
        from ray.exceptions import RayActorError

        queue: deque[S] = deque(shards)
        pending: dict[Any, tuple[int, S]] = {}
        results: list[Any] = []
        self.workers = [self.make(slot) for slot in range(slots)]
        self._watch = [_WorkerWatch(self.stall_s) for _ in range(slots)]
        self.most = [SHARDS_PER_WORKER] * slots
        while queue or pending:
            self._fill(queue, pending)
            ready, _ = ray.wait(list(pending), num_returns=1, timeout=TICK_S)
            for reference in ready:
                slot, shard = pending.pop(reference)
                self._watch[slot] = _WorkerWatch(self.stall_s)
                try:
                    results.append(ray.get(reference))
                except (RayActorError, WorkerBrokenError) as error:
                    queue.extendleft(reversed([shard, *self._withdraw(slot, pending)]))
                    self._replace(slot, f"is lost: {error_text(error)}", error)
            for slot in sorted({slot for slot, _ in pending.values()}):
                level = self.moved(self.workers[slot])
                if reason := self._why_hung(slot, level):
                    shards_of_slot = self._withdraw(slot, pending)
                    queue.extendleft(reversed(shards_of_slot))
                    self._replace(slot, f"{reason}; waiting for {', '.join(map(str, shards_of_slot))}")
                elif level is not None and self.has_room(self.workers[slot]):
                    self.most[slot] = min(self.most[slot] + 1, MOST_SHARDS_PER_WORKER)
            self.on_tick(len(results), self.workers)
        return results

    def _why_hung(self, slot: int, level: float | None) -> str:
        """ "" if the worker of a slot may go on; `level` as `moved` says it."""
        silent_s, idle_s = self._watch[slot].look(level)
        if silent_s >= self.stall_s:
            return f"gave no answer for {self.setting} = {self.stall_s:g} s"
        if idle_s >= REMEDY_TIMES * self.stall_s:
            return f"answers, but nothing that it waits for has moved for {idle_s:.0f} s ({self.setting})"
        return ""

    def _fill(self, queue: deque[S], pending: dict[Any, tuple[int, S]]) -> None:
        load = Counter(slot for slot, _ in pending.values())
        while queue and (free := [slot for slot, most in enumerate(self.most) if load[slot] < most]):
            slot = min(free, key=load.__getitem__)
            shard = queue.popleft()
            pending[self.call(self.workers[slot], shard)] = (slot, shard)
            load[slot] += 1

    def _withdraw(self, slot: int, pending: dict[Any, tuple[int, S]]) -> list[S]:
        """Take back the other shards of a dead worker."""
        mine = [reference for reference, (owner, _) in pending.items() if owner == slot]
        return [pending.pop(reference)[1] for reference in mine]

    def _replace(self, slot: int, reason: str, error: Exception | None = None) -> None:
        import ray

        if self.restarts <= 0:
            raise WorkersLostError(f"worker {slot} {reason}. The restart budget is spent. {self.advice}") from error
        self.restarts -= 1
        ray.kill(self.workers[slot])
        self.workers[slot] = self.make(slot)
        self._watch[slot], self.most[slot] = _WorkerWatch(self.stall_s), SHARDS_PER_WORKER


def error_text(error: Exception) -> str:
    """What an error says; Ray puts the traceback of an actor around it."""
    return str(getattr(error, "cause", None) or error).strip()


class _WorkerWatch:
    """For how long a worker has been silent, and for how long nothing of it has moved."""

    def __init__(self, stall_s: float) -> None:
        most_s = min(MOST_BETWEEN_LOOKS_S, stall_s / 2)
        self._silent, self._idle = IdleClock(most_s), IdleClock(most_s)
        self._looks, self._level = 0, 0.0

    def look(self, level: float | None) -> tuple[float, float]:
        """Both in seconds; `level` None: no answer."""
        self._looks += level is not None
        self._level = self._level if level is None else level
        return self._silent.look(self._looks), self._idle.look(self._level)
