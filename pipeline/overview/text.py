"""The status of runs as lines for a person."""

import time
from collections.abc import Iterator, Sequence

from pipeline.overview.run_status import RunStatus
from pipeline.trackers.console import counted, plain_words, short_duration

MOST_RUNS = 12
"""Of a study that are shown one by one."""
UNITS = ("B", "KiB", "MiB", "GiB", "TiB")


def status_text(status: RunStatus, now: float | None = None) -> str:
    """Of one directory: its state, then a line per thing that is known."""
    now = time.time() if now is None else now
    rows = [(name, text) for name, text in _rows(status, now) if text]
    head = f"{status.root} · {status.kind} · {status.state}: {status.told_by}"
    runs = [f"  {_run_line(run)}" for run in _at_work_first(status.runs)[:MOST_RUNS]]
    left = len(status.runs) - len(runs)
    more = [f"  and {counted(left, 'more run')}"] if left else []
    return "\n".join([head, *(f"  {name:<10}{text}" for name, text in rows), *runs, *more])


def listing_text(found: Sequence[RunStatus], now: float | None = None) -> str:
    """A line per directory, in columns; of one that cannot be read what is wrong with it."""
    now = time.time() if now is None else now
    head = ("name", "kind", "state", "it", "stage", "changed", "checkpoints")
    rows = [head, *(_cells(one, now) for one in found if one.state != "unreadable")]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = iter(
        "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )
    first = next(lines)
    body = [f"{one.name}  {one.told_by}" if one.state == "unreadable" else next(lines) for one in found]
    return "\n".join([first, *body] if len(rows) > 1 else body)


def _rows(status: RunStatus, now: float) -> Iterator[tuple[str, str]]:
    yield "runs", _runs(status)
    yield "stage", _stage(status, now)
    yield "progress", _progress(status)
    yield "ends", _ends(status, now)
    yield "masked", _masked(status)
    if status.workers_lost:
        yield "workers", f"{status.workers_lost} lost since the last start"
    if status.noticed is not None:
        yield "notice", f"{_ago(status.noticed, now)}: {status.notice}"
    yield "error", status.error
    yield "size", _size(status)
    if status.last_change is not None:
        yield "changed", _ago(status.last_change, now)


def _runs(status: RunStatus) -> str:
    if status.kind != "study":
        return ""
    of = "" if status.runs_total is None else f" of {status.runs_total}"
    return f"{status.runs_finished}{of} finished, {len(status.runs)} begun"


def _stage(status: RunStatus, now: float) -> str:
    if status.stage is None:
        of = "" if status.stages is None else f" of {status.stages}"
        return "" if status.stages_done is None else f"none at work, {status.stages_done}{of} finished"
    number = "" if status.stage_number is None else f"{status.stage_number} of {status.stages}: "
    began = "" if status.stage_began is None else f", begun {_ago(status.stage_began, now)}"
    return f"{number}{plain_words(status.stage)} of iteration {status.iteration}{began}"


def _progress(status: RunStatus) -> str:
    found = []
    if status.total:
        found.append(f"{status.done} of {status.total} {status.unit} ({(status.done or 0) / status.total:.0%})")
    if status.parts_done is not None and status.unit != "parts":
        of = "" if status.parts is None else f" of {status.parts}"
        found.append(f"{status.parts_done}{of} parts committed")
    if status.rate_per_s:
        found.append(_rate(status.rate_per_s))
    return ", ".join(found)


def _rate(rate_per_s: float) -> str:
    return f"{rate_per_s:.1f} per s" if rate_per_s >= 1 else f"{60 * rate_per_s:.1f} per min"


def _ends(status: RunStatus, now: float) -> str:
    ends = (("stage", status.stage_ends), ("run", status.run_ends))
    return ", ".join(f"{what} in about {_left(at, now)}" for what, at in ends if at is not None)


def _left(at: float, now: float) -> str:
    clock = time.strftime("%H:%M" if at - now < 86400 else "%d %b %H:%M", time.localtime(at))
    return f"{short_duration(max(at - now, 0.0))} ({clock})"


def _masked(status: RunStatus) -> str:
    if status.infrastructure_share is None or status.unjudged_share is None:
        return ""
    shares = f"infrastructure {status.infrastructure_share:.1%}, unjudged {status.unjudged_share:.1%}"
    return f"{shares} of {status.episodes} episodes"


def _size(status: RunStatus) -> str:
    if status.size_bytes is None:
        return ""
    whose = "" if status.size_of == "all files" else " in finished stages"
    weights = status.checkpoint_bytes
    return f"{bytes_text(status.size_bytes)}{whose}" + (f", checkpoints {bytes_text(weights)}" if weights else "")


def _ago(then: float, now: float) -> str:
    return f"{short_duration(max(now - then, 0.0))} ago"


def _at_work_first(runs: Sequence[RunStatus]) -> list[RunStatus]:
    order = ("running", "stalled", "failed", "unreadable", "stopped", "finished")
    return sorted(runs, key=lambda run: order.index(run.state))


def _run_line(run: RunStatus) -> str:
    if run.state == "unreadable":
        return f"{run.name}  {run.told_by}"
    stage = "" if run.stage is None else f", {plain_words(run.stage)} of iteration {run.iteration}"
    return f"{run.name}  {run.state}{stage}"


def _cells(status: RunStatus, now: float) -> tuple[str, ...]:
    if status.kind == "study":
        of = "?" if status.runs_total is None else status.runs_total
        stage = f"{status.runs_finished} of {of} runs"
    else:
        stage = "-" if status.stage is None else plain_words(status.stage)
    return (
        status.name,
        status.kind,
        status.state,
        "-" if status.iteration is None else str(status.iteration),
        stage,
        "-" if status.last_change is None else _ago(status.last_change, now),
        "-" if status.checkpoint_bytes is None else bytes_text(status.checkpoint_bytes),
    )


def bytes_text(size: int) -> str:
    """ "12 B", "3.4 MiB"."""
    number, place = float(size), 0
    while number >= 1024 and place < len(UNITS) - 1:
        number, place = number / 1024, place + 1
    return f"{number:.0f} B" if place == 0 else f"{number:.1f} {UNITS[place]}"
