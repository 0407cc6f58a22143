"""Whether a trace is one: the keys of Chrome's Trace Event Format, and slices of a row that lie within one another."""

import json
from pathlib import Path
from typing import Any

KEYS = {"name": str, "ph": str, "ts": int, "pid": int, "tid": int, "args": dict}
"""Of each event; a complete one (`X`) has `cat` and `dur`, too."""
RANKS = ("driver", "iteration", "stage")
"""From the outermost to the innermost."""


def read_trace(file: Path) -> dict[str, list[dict[str, Any]]]:
    """Complete events of a trace that is well formed, by their category."""
    trace = json.loads(file.read_text())
    assert isinstance(trace["traceEvents"], list) and trace["displayTimeUnit"] in ("ms", "ns")
    found: dict[str, list[dict[str, Any]]] = {rank: [] for rank in RANKS}
    named = set()
    for event in trace["traceEvents"]:
        assert all(isinstance(event[key], kind) for key, kind in KEYS.items()), event
        if event["ph"] == "X":
            assert isinstance(event["dur"], int) and event["dur"] >= 0 and event["ts"] >= 0, event
            found[event["cat"]].append(event)
        else:
            assert event["ph"] == "M" and event["name"] in ("process_name", "thread_name") and event["args"]["name"]
            named.add((event["name"], event["pid"], event["tid"]))
    events = [event for group in found.values() for event in group]
    rows = {(event["pid"], event["tid"]) for event in events}
    assert named == {("process_name", pid, 0) for pid, _ in rows} | {("thread_name", *row) for row in rows}
    for row in rows:
        _require_nested([event for event in trace["traceEvents"] if event["ph"] == "X" and _row(event) == row])
    return found


def _row(event: dict[str, Any]) -> tuple[int, int]:
    return event["pid"], event["tid"]


def _require_nested(events: list[dict[str, Any]]) -> None:
    """As a viewer stacks them, by their start: each within one of the next outer kind, and after the one beside it."""
    assert [event["ts"] for event in events] == sorted(event["ts"] for event in events)
    stack: list[dict[str, Any]] = []
    for event in events:
        rank = RANKS.index(event["cat"])
        for before in stack[rank:]:
            assert before["ts"] + before["dur"] <= event["ts"], (before, event)
        stack = [*stack[:rank], event]
        assert [one["cat"] for one in stack] == list(RANKS[: rank + 1]), event
        assert all(event["ts"] + event["dur"] <= outer["ts"] + outer["dur"] for outer in stack), (stack, event)
