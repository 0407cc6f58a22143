"""How many workers a pool has: by need, between a least and a most.

A worker is added if more programs wait than workers do, and one that got none for `idle_s` ends, with its boxes. The
first `least` stay.
"""

import queue
import threading
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

JobT = TypeVar("JobT")


class Worker(Protocol):
    """A thread that takes jobs by `Crew.next_job` until that gives None."""

    def start(self) -> None: ...
    def is_alive(self) -> bool: ...
    def join(self, timeout: float | None = None) -> None: ...


class Crew(Generic[JobT]):
    """Thread-safe. `make` makes a worker, by its number; `jobs` is what they take from."""

    def __init__(
        self, make: Callable[[int], Worker], jobs: "queue.Queue[JobT | None]", *, least: int, most: int, idle_s: float
    ) -> None:
        self._make, self._jobs, self._idle_s = make, jobs, idle_s
        self.least, self.most = min(least, most), most
        self._workers: list[Worker] = []
        self._lock = threading.Lock()
        self._made = self.alive = 0
        self._busy: set[int] = set()
        self._closed = False

    def open(self) -> None:
        """Start the least that there are."""
        with self._lock:
            for _ in range(self.least):
                self._add()

    def called(self) -> None:
        """A job was put: start a worker if more wait than workers do."""
        with self._lock:
            self._add_if_needed()

    def _add_if_needed(self) -> None:
        if not self._closed and self.alive < self.most and self._jobs.qsize() > self.alive - len(self._busy):
            self._add()

    def _add(self) -> None:
        worker = self._make(self._made)
        self._made, self.alive = self._made + 1, self.alive + 1
        self._workers = [*(one for one in self._workers if one.is_alive()), worker]
        worker.start()

    def next_job(self) -> JobT | None:
        """The next job for a worker; None: it shall end."""
        me = threading.get_ident()
        with self._lock:
            self._busy.discard(me)
        while True:
            try:
                job = self._jobs.get(timeout=self._idle_s)
            except queue.Empty:
                if self._may_go():
                    return None
                continue
            with self._lock:
                if job is None:
                    self.alive -= 1
                else:
                    self._busy.add(me)
                    self._add_if_needed()  # a job may have come when this worker still seemed to wait
            return job

    def _may_go(self) -> bool:
        with self._lock:
            if self._closed or self.alive <= self.least or not self._jobs.empty():
                return False
            self.alive -= 1
            return True

    def close(self) -> None:
        """End every worker after what it does; nobody is added any more."""
        with self._lock:
            self._closed = True
            count = self.alive
        for _ in range(count):
            self._jobs.put(None)

    def join(self, timeout_s: float) -> None:
        """Wait for each worker, at most so long."""
        for worker in self._workers:
            worker.join(timeout=timeout_s)
