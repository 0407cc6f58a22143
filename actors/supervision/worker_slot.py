"""One slot of a supervisor: its worker, and what is known of that one."""

import time
from typing import Any

from actors.deadline import IdleClock
from actors.supervision.crew import WorkerReport, WorkerStart
from actors.supervision.restart_budget import RestartBudget

MOST_BETWEEN_LOOKS_S = 10.0
"""A longer gap says that the driver was busy, not that workers stood still; so does half of the limit: no single look
ends a worker."""
REMEDY_TIMES = 3
"""A worker that answers has watches of its own, which name what does not move. It is hung if they have not helped in
so many times `stall_s`."""
SHARDS_PER_WORKER, MOST_SHARDS_PER_WORKER = 2, 16
"""The next shard is there before the current one has drained. A worker that has room all the same gets one more at
every look, up to the second number: its shards are small, or a few long answers hold them open."""


class WorkerSlot:
    """A place for one worker at a time."""

    def __init__(self, number: int, stall_s: float, setting: str, budget: RestartBudget) -> None:
        """`stall_s`, whose name is `setting`: as in `Supervisor`."""
        self.number, self.budget = number, budget
        self._stall_s, self._setting = stall_s, setting
        self.worker: Any = None
        self.ready: Any = None
        """Reference of a start that is under way."""
        self.was_up = False

    def take(self, start: WorkerStart) -> None:
        """Another worker has the slot."""
        self.worker, self.ready = start.worker, start.ready
        self.was_up |= not start.first
        self.placed, self.since = False, time.monotonic()
        self.most, self.finished, self.node_id = SHARDS_PER_WORKER, False, ""
        self.has_room, self.unbegun = True, 0
        self.calm()

    @property
    def is_up(self) -> bool:
        return self.ready is None

    def come_up(self) -> None:
        """The start has succeeded."""
        self.ready, self.was_up = None, True
        self.calm()

    def waits_s(self, has_place: bool) -> float:
        """Seconds since a start began; since it has had its place, if it has."""
        if has_place and not self.placed:
            self.placed, self.since = True, time.monotonic()
        return time.monotonic() - self.since

    def calm(self) -> None:
        """Whatever the worker did, it has just done something, or has nothing to do."""
        most_s = min(MOST_BETWEEN_LOOKS_S, self._stall_s / 2)
        self._silent, self._idle = IdleClock(most_s), IdleClock(most_s)
        self._looks, self._level = 0, 0.0

    def look(self, report: WorkerReport | None) -> str:
        """Why its worker, which has work, is hung; "" if it may go on. `report` None: it has not answered."""
        if report is not None:
            self._looks, self._level = self._looks + 1, report.moved
            self.finished |= report.finished > 0
            self.node_id = report.node_id or self.node_id
            self.has_room, self.unbegun = report.has_room, report.unbegun
            if report.has_room:
                self.most = min(self.most + 1, MOST_SHARDS_PER_WORKER)
        silent_s, idle_s = self._silent.look(self._looks), self._idle.look(self._level)
        if silent_s >= self._stall_s:
            return f"gave no answer for {self._setting} = {self._stall_s:g} s"
        if idle_s >= REMEDY_TIMES * self._stall_s:
            return f"answers, but nothing that it waits for has moved for {idle_s:.0f} s ({self._setting})"
        return ""
