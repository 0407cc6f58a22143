"""Shards over workers: bounded work in flight, deadlines with names, and replacement of the lost.

consumes       shards, and a crew that knows the workers, one to a slot
waits for      any shard's result or any worker's start, at most until the next look
produces       one result per shard, each exactly once
unblocked by   a result; a worker that is up; or one that was lost or hangs: its shards go back to the queue, the slot
               gets a new worker while all others go on, until its restart budget is spent
"""

import time
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from actors.supervision.crew import Crew
from actors.supervision.node_loss import VERDICT_S, alive_nodes, node_was_lost
from actors.supervision.restart_budget import RestartBudget
from actors.supervision.revival import is_loss
from actors.supervision.worker_slot import WorkerSlot
from sandbox.errors import ENDED_IN_THE_MIDDLE, UserError

S = TypeVar("S")
TICK_S = 1.0
"""Between two looks at the workers."""
MOST_LOSSES_OF_A_SHARD = 4
"""A shard that was at so many workers when they were lost is taken for the cause."""


class WorkerBrokenError(UserError, RuntimeError):
    """A shard's worker can do no more, and says why; another one may."""


class WorkersLostError(UserError, RuntimeError):
    """A worker was lost more often than its restart budget allows, or a shard had part in it too often."""

    exit_status = ENDED_IN_THE_MIDDLE


@dataclass(slots=True)
class _Work(Generic[S]):
    """A shard, at how many losses of workers it was there, and whether its worker was asked to give it back."""

    shard: S
    losses: int = 0
    asked_back: bool = False


class Supervisor(Generic[S]):
    """Runs shards to completion.

    A worker without an answer for `stall_s` is replaced, and so is one that has its place and does not come up within
    `start_s`; `setting` and `start_setting` are the names of these limits, `advice` is what to do when too many were.
    `budgets`: of the slots, if they shall outlive this supervisor.
    """

    def __init__(
        self,
        crew: Crew[S],
        *,
        stall_s: float,
        start_s: float = 600.0,
        setting: str = "stall_s",
        start_setting: str = "start_deadline_s",
        advice: str = "",
        budgets: Mapping[int, RestartBudget] | None = None,
    ) -> None:
        self.crew, self.start_s, self.advice = crew, start_s, advice
        self.replaced = 0
        """Workers, those included that went with their nodes."""
        self._limits, self._start_setting, self._budgets = (stall_s, setting), start_setting, budgets

    def run(self, shards: Sequence[S], slots: int) -> list[Any]:
        """Results in the order of completion. Raises what a shard raised, or WorkersLostError."""
        self._queue = deque(_Work(shard) for shard in shards)
        self._pending: dict[Any, tuple[WorkerSlot, _Work[S]]] = {}
        self._results: list[Any] = []
        self.slots = [
            WorkerSlot(number, *self._limits, self._budgets[number] if self._budgets else RestartBudget())
            for number in range(slots)
        ]
        for slot in self.slots:
            slot.take(self.crew.start(slot.number, again=False))
        next_look = 0.0
        while self._queue or self._pending:
            self._fill()
            self._collect(next_look - time.monotonic())
            if time.monotonic() >= next_look:
                self._look()
                next_look = time.monotonic() + TICK_S
        return self._results

    @property
    def workers(self) -> list[Any]:
        """Those that take shards."""
        return [slot.worker for slot in self.slots if slot.is_up]

    # ---- shards -----------------------------------------------------------------------------------------------

    def _fill(self) -> None:
        load = self._load()
        starting = sum(not slot.is_up and slot.waits_s(slot.placed) < self.start_s for slot in self.slots)
        while self._queue and (free := [slot for slot in self.slots if slot.is_up and load[slot.number] < slot.most]):
            slot = min(free, key=lambda one: load[one.number])
            if load[slot.number] and len(self._queue) <= starting:
                break  # one each is left for those who will have none
            work = self._queue.popleft()
            self._pending[self.crew.play(slot.worker, work.shard)] = (slot, work)
            load[slot.number] += 1

    def _load(self) -> Counter[int]:
        """How many shards are at each slot's worker."""
        return Counter(slot.number for slot, _ in self._pending.values())

    def _collect(self, wait_s: float) -> None:
        """Wait for a result or a start, at most so long, and take all that are there."""
        import ray

        starts = {slot.ready: slot for slot in self.slots if not slot.is_up}
        references = [*self._pending, *starts]
        ray.wait(references, num_returns=1, timeout=max(wait_s, 0.0))
        ready, _ = ray.wait(references, num_returns=len(references), timeout=0)
        lost: dict[int, tuple[WorkerSlot, Exception]] = {}
        for reference in ready:
            slot = starts[reference] if reference in starts else self._pending[reference][0]
            try:
                result = ray.get(reference)
            except Exception as error:
                if not (is_loss(error) or isinstance(error, WorkerBrokenError)):
                    raise
                lost[slot.number] = slot, error
                continue
            slot.calm()
            if reference in starts:
                slot.come_up()
                self.crew.started(slot.number, result)
            else:
                _, work = self._pending.pop(reference)
                self._take(slot, work, result)
        for slot, cause in lost.values():
            what = "is lost" if slot.is_up else "did not start"
            self._lose(slot, f"{what}: {self.crew.text_of(cause)}", cause)

    def _take(self, slot: WorkerSlot, work: _Work[S], result: Any) -> None:
        """A shard has come back, with its result or without."""
        if result is None:
            work.asked_back = False
            self._queue.append(work)
            return
        slot.finished = True
        self._results.append(result)

    def _share(self) -> None:
        """While the queue is empty, shards that have not begun go from those who have most to those who have room."""
        load = self._load()
        up = [slot for slot in self.slots if slot.is_up]
        takers = sorted(
            (slot for slot in up if slot.has_room or not load[slot.number]), key=lambda one: load[one.number]
        )
        givers = sorted((slot for slot in up if slot.unbegun), key=lambda one: -load[one.number])
        for taker, giver in zip(takers, givers, strict=False):
            works = [work for owner, work in self._pending.values() if owner is giver and not work.asked_back]
            if works and load[taker.number] + 2 <= load[giver.number]:
                works[-1].asked_back = True
                self.crew.take_back(giver.worker, works[-1].shard)

    # ---- workers ----------------------------------------------------------------------------------------------

    def _look(self) -> None:
        load = self._load()
        reports = self.crew.ask(self.workers)
        for slot in self.slots:
            if not slot.is_up:
                self._look_at_start(slot)
            elif not load[slot.number]:
                slot.calm()
            elif reason := slot.look(reports.get(slot.worker)):
                at_it = ", ".join(str(work.shard) for owner, work in self._pending.values() if owner is slot)
                self._lose(slot, f"{reason}; waiting for {at_it}")
        if not self._queue:
            self._share()
        self.crew.tick()

    def _look_at_start(self, slot: WorkerSlot) -> None:
        """End one that takes too long. Who waits for a place may wait, once it was up and while others work."""
        has_place = self.crew.has_place(slot.number)
        if slot.waits_s(has_place) < self.start_s:
            return
        if has_place:
            self._lose(slot, f"did not come up in {self._start_setting} = {self.start_s:g} s")
        elif not (slot.was_up and self.workers):
            raise self.crew.start_error(slot.number, "")

    def _lose(self, slot: WorkerSlot, reason: str, error: Exception | None = None) -> None:
        """Give a slot another worker, and its shards to whoever is free. Raises WorkersLostError."""
        mine = [reference for reference, (owner, _) in self._pending.items() if owner is slot]
        works = [self._pending.pop(reference)[1] for reference in mine]
        for work in works:
            work.asked_back = False
        if node_was_lost(error, slot.node_id):
            reason = "went with its node"
        else:
            if not slot.was_up:
                raise self.crew.start_error(slot.number, reason) from error
            self._charge(slot, works, reason, error)
        self._queue.extendleft(reversed(works))
        self.crew.tell(slot.number, f"{reason}; another one is started")
        self.replaced += 1
        slot.take(self.crew.start(slot.number, again=True))

    def _charge(self, slot: WorkerSlot, works: list[_Work[S]], reason: str, error: Exception | None) -> None:
        """Count a loss that its node does not explain yet."""
        from ray.exceptions import ActorUnavailableError

        for work in works:
            work.losses += 1
        why = slot.budget.spend(slot.finished, slot.node_id, alive_nodes())
        if why and isinstance(error, ActorUnavailableError):
            why = _after_verdict(slot)
        if not why and (often := [str(work.shard) for work in works if work.losses >= MOST_LOSSES_OF_A_SHARD]):
            why = f"{MOST_LOSSES_OF_A_SHARD} times with {', '.join(often)} at work"
        if why:
            raise WorkersLostError(
                f"worker {slot.number} {reason}. The restart budget is spent: lost {why}. {self.advice}"
            ) from error


def _after_verdict(slot: WorkerSlot) -> str:
    """Why the budget of a slot is spent, when Ray has had its time to notice that a silent worker's node is dead."""
    end = time.monotonic() + VERDICT_S
    while (why := slot.budget.overdrawn(alive_nodes())) and time.monotonic() < end:
        time.sleep(TICK_S)
    return why
