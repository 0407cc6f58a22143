"""Holding a run directory until the body ends: the lease is renewed by a thread, and before whatever must not be
written by two.

    consumes       nothing
    waits for      a third of the lease's time
    produces       the lease file, renewed; SIGTERM to the main thread if another driver has taken over
    unblocked by   the end of the body, which lets go
"""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from pipeline.state.lease.driver_file import write_driver
from pipeline.state.lease.files import LeaseFiles
from pipeline.state.lease.held import LET_GO_DEADLINE_S, HeldLease, LeaseLostError
from pipeline.state.lease.record import new_record
from pipeline.state.lease.taking import take_lease
from pipeline.state.store import Store
from pipeline.trackers.console import notice


@contextmanager
def held_lease(store: Store, lease_s: float) -> Iterator[None]:
    """Hold the directory of `store` while the body lasts; the store asks before it begins, removes or finishes a stage.

    Waits at most the lease's time of a driver that cannot be asked. Raises StoreError if another driver lives,
    LeaseLostError if one took over; the main thread is told of that by SIGTERM, if it listens.
    """
    leases, record = LeaseFiles(store.files), new_record(lease_s)
    lease = HeldLease(leases, take_lease(store.files, record), record)
    keeper = _Keeper(lease, lease_s, interrupts=threading.current_thread() is threading.main_thread())
    try:
        try:
            write_driver(store.files, record.process)
            store.guard = lease.renew
            keeper.start()
            yield
        finally:
            keeper.end()
            lease.let_go()
    except (Exception, KeyboardInterrupt) as error:
        if not isinstance(error, LeaseLostError):
            lease.require_not_lost()  # whatever else happened, this is why
        raise


class _Keeper(threading.Thread):
    """Renews a lease until it is ended, or the lease is lost. What fails is tried again, and told once."""

    def __init__(self, lease: HeldLease, lease_s: float, *, interrupts: bool) -> None:
        super().__init__(name="lease", daemon=True)
        self._lease, self._every_s, self._interrupts = lease, lease_s / 3, interrupts
        self._ended = threading.Event()

    def run(self) -> None:
        failed = False
        while not self._ended.wait(self._every_s):
            try:
                self._lease.renew()
                failed = False
            except LeaseLostError as error:
                notice(str(error))
                self._interrupt()
                return
            except Exception as error:
                if not failed:
                    notice(f"the lease could not be renewed, and is tried again: {error}")
                failed = True

    def end(self) -> None:
        self._ended.set()
        if self.is_alive():
            self.join(LET_GO_DEADLINE_S)

    def _interrupt(self) -> None:
        """As `interrupt_at_sigterm` has it. A program that does not listen finds out before it next commits."""
        ident = threading.main_thread().ident
        if self._interrupts and ident is not None and callable(signal.getsignal(signal.SIGTERM)):
            signal.pthread_kill(ident, signal.SIGTERM)
