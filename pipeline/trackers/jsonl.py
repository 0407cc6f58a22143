"""The tracker that writes lines of JSON into the run directory.

metrics.jsonl   the metrics of all iterations, written anew with each: pipeline.trackers.tracker.MetricRecord
spans.jsonl     {name, start, seconds, iteration} of every stage that was carried out; of every driver a `start`, which
                takes no time, and if it was not killed a `run`
events.jsonl    all that a tracker is told, each line with its `event` and the Unix `time` in seconds
"""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict

from actors.storage.run_storage import open_storage
from pipeline.trackers.tracker import MetricRecord, RunInfo, StageSummary, TrainingStep

EVENTS, METRICS, SPANS = "events.jsonl", "metrics.jsonl", "spans.jsonl"


class JsonlTracker:
    """`root`: a local path or an address."""

    def __init__(self, root: str) -> None:
        self._storage = open_storage(root)
        self._started, self._clock = time.time(), time.monotonic()

    def run_started(self, info: RunInfo) -> None:
        self._started, self._clock = time.time(), time.monotonic()
        self._span("start", self._started, 0.0, {})
        self._event("run_started", asdict(info))

    def training_step(self, step: TrainingStep) -> None:
        self._event("training_step", asdict(step) | {"tokens_per_second": step.tokens_per_second})

    def stage_finished(self, summary: StageSummary) -> None:
        self._span(summary.stage, summary.started, summary.seconds, {"iteration": summary.iteration})
        self._event("stage_finished", asdict(summary))

    def iteration_finished(self, iteration: int, rows: Sequence[MetricRecord]) -> None:
        lines = "".join(json.dumps(row, default=str) + "\n" for row in rows)
        self._storage.write(METRICS, lines.encode())
        self._event("iteration_finished", {"iteration": iteration})

    def close(self) -> None:
        seconds = time.monotonic() - self._clock
        self._span("run", self._started, seconds, {})
        self._event("run_ended", {"seconds": round(seconds, 3)})

    def _span(self, name: str, start: float, seconds: float, more: Mapping[str, object]) -> None:
        self._append(SPANS, {"name": name, "start": round(start, 3), "seconds": round(seconds, 3), **more})

    def _event(self, event: str, body: Mapping[str, object]) -> None:
        self._append(EVENTS, {"event": event, "time": round(time.time(), 3), **body})

    def _append(self, name: str, body: Mapping[str, object]) -> None:
        self._storage.append(name, (json.dumps(body, default=str) + "\n").encode())
