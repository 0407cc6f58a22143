"""Drivers of other hosts and a clock that nobody waits for; and a driver that is a process of its own.

`python -m tests.support.lease_drivers ROOT LEASE_S` holds a directory, says "held", and commits a stage when it
reads a line.
"""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import pyarrow as pa

from actors.storage.parts import commit_part
from pipeline.cluster.interruption import interrupt_at_sigterm
from pipeline.state.identity import StageIdentity
from pipeline.state.lease.files import LeaseFiles
from pipeline.state.lease.holding import held_lease
from pipeline.state.lease.record import DriverProcess, LeaseRecord, new_record
from pipeline.state.lease.taking import WaitingClock, take_lease
from pipeline.state.run_files import RunFiles
from pipeline.state.stage import StageOutput
from pipeline.state.store import Store
from sandbox.errors import UserError

STAGE = StageIdentity(iteration=0, stage="things", settings={}, inputs={})


def elsewhere(host: str = "b", lease_s: float = 30.0) -> LeaseRecord:
    """What a driver on another host writes."""
    process = DriverProcess(host=host, boot=f"boot of {host}", pid_namespace="pid:[1]", pid=12, started="345")
    return new_record(lease_s, process)


@dataclass
class FakeClock:
    """Time passes by sleeping alone. `events`: what happens elsewhere, by the second from which on it does."""

    seconds: float = 0.0
    events: dict[float, Callable[[], object]] = field(default_factory=dict)

    @property
    def waiting(self) -> WaitingClock:
        return WaitingClock(now=lambda: self.seconds, sleep=self._sleep)

    def _sleep(self, seconds: float) -> None:
        self.seconds += seconds
        for due in [due for due in self.events if due <= self.seconds]:
            self.events.pop(due)()


def take_elsewhere(root: str, host: str = "b", lease_s: float = 30.0) -> tuple[LeaseFiles, int, LeaseRecord]:
    """A driver on another host takes a directory, which is free or silent."""
    record = elsewhere(host, lease_s)
    return LeaseFiles(RunFiles(root)), take_lease(RunFiles(root), record, FakeClock().waiting), record


def begin_stage(store: Store) -> None:
    commit_part(store.prepare(STAGE), 0, pa.table({"a": [1, 2, 3]}))


def main(root: str, lease_s: str) -> int:
    interrupt_at_sigterm()
    store = Store(root)
    try:
        with held_lease(store, float(lease_s)):
            begin_stage(store)
            print("held", flush=True)
            sys.stdin.readline()
            store.commit(STAGE, StageOutput(), time.monotonic())
            print("committed", flush=True)
    except UserError as error:
        print(f"{type(error).__name__} {error.exit_status}: {error}", flush=True)
        return error.exit_status
    return 0


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:]))
