"""Timelines as a trace in Chrome's Trace Event Format, which Perfetto and chrome://tracing open.

A process is a run, a thread of it one driver: its slice, in that one for each iteration, in these the stages. Times are
whole µs since the first driver's start, which `otherData.begin` says.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from pipeline.overview.timeline import DriverWork, Slice

Event = dict[str, Any]


def chrome_trace(runs: Mapping[str, Sequence[DriverWork]]) -> dict[str, Any]:
    """The trace of runs, by their names; at least one of them has a driver."""
    zero = min(work.driver.start for drivers in runs.values() for work in drivers)
    events: list[Event] = []
    for process, (name, drivers) in enumerate(runs.items(), 1):
        events.append(_named("process_name", name, process))
        for thread, work in enumerate(drivers, 1):
            events.append(_named("thread_name", work.driver.name, process, thread))
            events += [_complete(one, zero, process, thread) for one in _outermost_first(work)]
    begin = datetime.fromtimestamp(zero, UTC).isoformat(timespec="milliseconds")
    return {"traceEvents": events, "displayTimeUnit": "ms", "otherData": {"begin": begin}}


def _outermost_first(work: DriverWork) -> Iterator[Slice]:
    """By their start; of those that start together the one that holds the others first."""
    slices = [work.driver, *work.iterations, *work.stages]
    yield from sorted(slices, key=lambda one: (one.start, ("driver", "iteration", "stage").index(one.kind)))


def _complete(one: Slice, zero: float, process: int, thread: int) -> Event:
    start, end = _microseconds(one.start - zero), _microseconds(one.end - zero)
    notes: dict[str, object] = {"start": round(one.start - one.moved_s, 3)}
    if one.iteration is not None:
        notes["iteration"] = one.iteration
    if one.unfinished:
        notes["unfinished"] = True
    if one.moved_s:
        notes["clock_moved_s"] = one.moved_s
    return {
        "name": one.name,
        "cat": one.kind,
        "ph": "X",
        "ts": start,
        "dur": end - start,
        "pid": process,
        "tid": thread,
        "args": notes,
    }


def _named(what: str, name: str, process: int, thread: int = 0) -> Event:
    return {"name": what, "ph": "M", "ts": 0, "pid": process, "tid": thread, "args": {"name": name}}


def _microseconds(seconds: float) -> int:
    return round(seconds * 1e6)
