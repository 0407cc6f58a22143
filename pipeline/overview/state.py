"""Whether a run works: by its driver's process if that can be asked from here, else by the age of what it wrote."""

from typing import NamedTuple

from pipeline.overview.driver import Driver
from pipeline.overview.run_status import State
from pipeline.trackers.console import short_duration
from pipeline.trackers.status_file import StatusRecord

STALLED_S = 600.0
"""A driver under which nothing moved for so long is stalled; the run's own deadlines end such waits sooner or later."""
MISSED_HEARTBEATS = 4


class ToldState(NamedTuple):
    """A state and how it is known."""

    state: State
    told_by: str


def run_state(record: StatusRecord | None, driver: Driver | None, now: float) -> ToldState:
    """Of a run that is not known to be finished by its files. `record`: its status.json, if it has one."""
    if record is not None and record.ended and not _is_later(driver, record):
        return _ended(record, now)
    if driver is None and record is None:
        return ToldState("stopped", "it names no driver, and nothing says that it is finished")
    if driver is None or driver.alive is None:
        return _by_age(record, driver, now)
    place = f"process {driver.pid} on this host"
    if not driver.alive:
        return ToldState("stopped", f"its {place} is gone, and did not say that it ended")
    if record is not None and record.pid == driver.pid and now - record.moved > STALLED_S:
        return ToldState("stalled", f"its {place} is alive, and nothing moved for {short_duration(now - record.moved)}")
    return ToldState("running", f"its {place} is alive")


def _is_later(driver: Driver | None, record: StatusRecord) -> bool:
    """Whether a driver works that began after the one that wrote the record."""
    return driver is not None and driver.alive is True and (driver.host, driver.pid) != (record.host, record.pid)


def _ended(record: StatusRecord, now: float) -> ToldState:
    ago = f"its driver said so {short_duration(now - record.written)} ago"
    if record.ended == "interrupted":
        return ToldState("stopped", f"it was interrupted; {ago}")
    return ToldState("failed" if record.ended == "failed" else "finished", ago)


def _by_age(record: StatusRecord | None, driver: Driver | None, now: float) -> ToldState:
    host = driver.host if driver else record.host if record else "an unknown host"
    if record is None:
        return ToldState("stopped", f"its driver on {host} cannot be asked from here, and wrote no status.json")
    silent, still = now - record.written, now - record.moved
    if silent > MISSED_HEARTBEATS * record.heartbeat_s:
        told = f"nothing was written for {short_duration(silent)}; its driver on {host} cannot be asked from here"
        return ToldState("stalled", told)
    told = f"its driver on {host} wrote {short_duration(max(silent, 0.0))} ago"
    if still > STALLED_S:
        return ToldState("stalled", f"{told}, and nothing moved for {short_duration(still)}")
    return ToldState("running", told)
