"""The lease that a driver holds: renewed, looked at, let go, and perhaps lost."""

import threading

from pipeline.errors import StoreError
from pipeline.state.lease.files import LEASE, FoundLease, LeaseFiles
from pipeline.state.lease.record import LeaseRecord
from pipeline.trackers.console import say
from sandbox.errors import ENDED_IN_THE_MIDDLE, UserError

LET_GO_DEADLINE_S = 10.0
"""How long the end waits for a renewal that a storage does not answer."""
WHAT_NOW = (
    "What was committed is kept, and nothing else of this driver is. Let the other one finish, or stop it and give the "
    "same command again"
)


class LeaseLostError(StoreError):
    """Another driver has taken the run directory over. What this one had not committed is not committed."""

    exit_status = ENDED_IN_THE_MIDDLE


class HeldLease:
    """The lease of this driver, by the number and the record that it took. Several threads may call its methods."""

    def __init__(self, leases: LeaseFiles, number: int, record: LeaseRecord) -> None:
        self._leases, self._number, self._record = leases, number, record
        self._one_at_a_time = threading.Lock()
        self._lost = ""
        self._let_go = False

    def renew(self) -> None:
        """Say that this driver lives, then look whether it still holds the directory: in this order, so that whoever
        takes over at this moment sees the one, or is seen by the other.

        Raises LeaseLostError, from then on always; and what the storage raises.
        """
        with self._one_at_a_time:
            if not (self._lost or self._let_go):
                self._record = self._record.again()
                self._leases.write(self._number, self._record)
                self._lost = self._loss(self._leases.newest())
        self.require_not_lost()

    def require_not_lost(self) -> None:
        """Raise LeaseLostError if a renewal has found another driver; asks nobody."""
        if self._lost:
            raise LeaseLostError(self._lost)

    def let_go(self) -> None:
        """Leave the directory to whoever comes; says so if the storage does not take that."""
        if not self._one_at_a_time.acquire(timeout=LET_GO_DEADLINE_S):
            self._say_unreleased("the storage does not answer")
            return
        try:
            if not (self._lost or self._let_go):
                self._let_go = True
                self._leases.write(self._number, self._record.again(released=True))
        except (UserError, OSError) as error:
            self._say_unreleased(str(error))
        finally:
            self._one_at_a_time.release()

    def _loss(self, found: FoundLease | None) -> str:
        """What became of the lease, for a person; "" if it is held."""
        root = self._leases.root
        if found is None or found.record is None:
            return (
                f"{root}/{LEASE} no longer says that this driver holds the run directory: a file in it was written by "
                f"hand, or by another version. {WHAT_NOW}"
            )
        if (found.number, found.record.holder) == (self._number, self._record.holder):
            return ""
        return (
            f"{root} was taken over by {found.record.process}, since this driver gave no sign for "
            f"{self._record.lease_s:g} s: it was suspended, or its storage out of reach. {WHAT_NOW}"
        )

    def _say_unreleased(self, why: str) -> None:
        say(f"{self._leases.root}: not let go ({why}); a driver on another host waits {self._record.lease_s:g} s")
