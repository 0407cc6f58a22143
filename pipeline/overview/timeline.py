"""When each driver of a run worked, and at what: slices of time that lie within one another, or beside.

A run has one driver at a time, and a driver one stage at a time. So what seems to begin before the end of what came
before was told by another clock, of another host or one that was set back: it and all that follows are moved there.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Literal

from pipeline.state.shown_files import Span
from pipeline.trackers.status_file import RecordedStage, StatusRecord

MOVED_S = 0.01
"""What is less is rounding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """`start`, `end`: Unix seconds by the clock of the first driver."""

    name: str
    kind: Literal["driver", "iteration", "stage"]
    start: float
    end: float
    iteration: int | None = None
    unfinished: bool = False
    """It goes on, or was killed or failed: when it ended is not known, or it was not finished."""
    moved_s: float = 0.0
    """How far it was moved, since it was told by another clock."""


@dataclass(frozen=True, slots=True)
class DriverWork:
    """One driver's: its own slice, and those of its iterations and stages, in order."""

    driver: Slice
    stages: list[Slice] = field(default_factory=list)

    @property
    def iterations(self) -> list[Slice]:
        """Stages of one iteration together."""
        found = []
        for iteration, group in groupby(self.stages, key=lambda stage: stage.iteration):
            stages = list(group)
            name, start, end = f"iteration {iteration}", stages[0].start, stages[-1].end
            found.append(Slice(name=name, kind="iteration", start=start, end=end, iteration=iteration))
        return found


def run_timeline(spans: Sequence[Span], status: StatusRecord | None) -> list[DriverWork]:
    """Of a run, from the lines of its spans.jsonl; `status`: what its last driver said, as of a stage at work."""
    found: list[DriverWork] = []
    clock = float("-inf")
    for lines in _drivers(spans):
        found.append(_placed(lines, len(found) + 1, clock))
        clock = found[-1].driver.end
    if found and status is not None and status.stage is not None:
        found[-1] = _with_open_stage(found[-1], status.stage, status.written)
    return found


def _drivers(spans: Sequence[Span]) -> Iterator[list[Span]]:
    """The lines of each driver: from one `start` to the next, or to a `run`; older files have no `start`."""
    lines: list[Span] = []
    for span in spans:
        if span.name == "start" and lines:
            yield lines
            lines = []
        lines.append(span)
        if span.name == "run":
            yield lines
            lines = []
    if lines:
        yield lines


def _placed(lines: Sequence[Span], number: int, clock: float) -> DriverWork:
    """`clock`: the end of what came before."""
    first, last = lines[0], lines[-1]
    ended = last.name == "run"
    begin = min(first.start, last.start) if ended and first.name != "start" else first.start
    own = moved = max(0.0, clock - begin)
    now, stages = begin + own, []
    for span in lines:
        if span.name not in ("start", "run"):
            moved += max(0.0, now - span.start - moved)
            start, now = span.start + moved, span.start + moved + span.seconds
            stage = Slice(name=span.name, kind="stage", start=start, end=now, iteration=span.iteration)
            stages.append(replace(stage, moved_s=_shown(moved)))
    end = max(now, begin + own + last.seconds) if ended else now
    driver = Slice(name=f"driver {number}", kind="driver", start=begin + own, end=end, unfinished=not ended)
    return DriverWork(replace(driver, moved_s=_shown(own)), stages)


def _shown(moved: float) -> float:
    return round(moved, 3) if moved >= MOVED_S else 0.0


def _with_open_stage(work: DriverWork, stage: RecordedStage, written: float) -> DriverWork:
    """With the stage that a driver was at when it wrote its status last, unless that was an earlier driver."""
    driver = work.driver
    moved, after = (work.stages[-1].moved_s, work.stages[-1].end) if work.stages else (driver.moved_s, driver.start)
    start, end = stage.began + moved, written + moved
    if start < after - MOVED_S or (start > driver.end + MOVED_S and not driver.unfinished):
        return work
    start = max(start, after)
    end = max(start, end if driver.unfinished else min(end, driver.end))
    last = Slice(
        name=stage.name,
        kind="stage",
        start=start,
        end=end,
        iteration=stage.iteration,
        unfinished=True,
        moved_s=moved,
    )
    return DriverWork(replace(driver, end=max(driver.end, end)), [*work.stages, last])
