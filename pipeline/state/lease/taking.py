"""Who drives a run directory: what is free is taken, what lives is refused, what is silent is waited for.

A holder that cannot be asked, since it is on another host, is watched: if its file does not change for the time that
it promised to renew it in, by this machine's clock, it is taken for dead. So no two clocks are ever compared.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

from pipeline.errors import StoreError
from pipeline.state.lease.driver_file import older_driver
from pipeline.state.lease.files import FoundLease, LeaseFiles
from pipeline.state.lease.record import LeaseRecord
from pipeline.state.run_files import RunFiles
from pipeline.trackers.console import say

LOOK_EVERY_S = 2.0
"""At a holder that is watched, or ten times in its time if that is more often."""


@dataclass(frozen=True)
class WaitingClock:
    """Seconds, and how they are waited for. This clock stands still while the machine sleeps, so that a holder is not
    taken for silent in a time in which nobody looked."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


def require_no_driver(files: RunFiles) -> None:
    """Raise StoreError if a driver that this machine knows is alive on the directory; waits for nobody."""
    _refuse_the_living(files, LeaseFiles(files).newest())


def take_lease(files: RunFiles, me: LeaseRecord, clock: WaitingClock | None = None) -> int:
    """The number under which `me` drives from now on. Raises StoreError if another driver lives."""
    leases, clock = LeaseFiles(files), clock or WaitingClock()
    while True:
        there = leases.newest()
        _refuse_the_living(files, there)
        silent = there is not None and not _is_left(leases, there)
        if there is not None and silent and not _stays_silent(leases, there, me, clock):
            continue
        number = there.number + 1 if there else 1
        if not leases.create(number, me):
            continue  # another was faster
        if there is not None and silent and leases.read(there.number) != there.data:
            leases.remove(number)  # it woke up at the last moment, and has not seen that it was to be replaced
            raise _held(leases, there)
        leases.remove_before(number)
        return number


def _refuse_the_living(files: RunFiles, there: FoundLease | None) -> None:
    record = there.record if there else None
    pid = older_driver(files, record.process if record else None)
    if record and not record.released and record.process.has_ended() is False:
        pid = record.process.pid
    if pid is not None:
        raise StoreError(f"{files.root} is being written by process {pid} on this machine; wait or stop it")


def _is_left(leases: LeaseFiles, there: FoundLease) -> bool:
    """Whether its holder let go, or is known to have ended; the latter is told."""
    if there.record is None:
        return False
    if there.record.released:
        return True
    if there.record.process.has_ended():
        say(f"the last driver of {leases.root}, {there.record.process}, ended without a word; this one takes over")
        return True
    return False


def _stays_silent(leases: LeaseFiles, there: FoundLease, me: LeaseRecord, clock: WaitingClock) -> bool:
    """Watch a lease for its whole time; False if something else is there before. Raises StoreError if it is renewed."""
    lease_s = there.record.lease_s if there.record else me.lease_s
    say(f"{_whose(leases, there)}; waiting {lease_s:g} s to see whether it is alive")
    end = clock.now() + lease_s
    while True:
        clock.sleep(min(LOOK_EVERY_S, lease_s / 10))
        asked = clock.now()
        found = leases.newest()
        if found != there:
            if found is None or found.number != there.number or (found.record and found.record.released):
                return False
            raise _held(leases, found)
        if asked >= end:
            say(f"{leases.root}: its driver gave no sign for {lease_s:g} s; this one takes over")
            return True


def _whose(leases: LeaseFiles, there: FoundLease) -> str:
    if there.record is None:
        return f"{leases.path_of(there.number)} does not say which driver holds the run directory"
    renewed = there.record.renewed
    return f"{leases.root} is held by {there.record.process}, last renewed {renewed} by its clock"


def _held(leases: LeaseFiles, there: FoundLease) -> StoreError:
    if there.record is None:
        return StoreError(
            f"{leases.path_of(there.number)} does not say which driver holds the run directory, and changes: find who "
            "writes it, end that, and delete the file"
        )
    return StoreError(
        f"{leases.root} is being written by {there.record.process}, which is alive: it renewed its lease meanwhile. "
        f"Wait for its end, or stop it there; if it is killed, this command takes over {there.record.lease_s:g} s later"
    )
