"""The tracker that writes lines of JSON into the run directory.

metrics.jsonl   the metrics of all iterations, written anew with each: pipeline.trackers.tracker.MetricRecord
spans.jsonl     {name, start, seconds, iteration} of every stage that was carried out, and of every start of the run
events.jsonl    all that a tracker is told, each line with its `event` and the Unix `time` in seconds
"""

import json
import posixpath
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict

from pyarrow import fs

from actors.storage.filesystem import open_directory, read_bytes, write_bytes
from pipeline.trackers.tracker import MetricRecord, RunInfo, StageSummary, TrainingStep

EVENTS, METRICS, SPANS = "events.jsonl", "metrics.jsonl", "spans.jsonl"


class JsonlTracker:
    """`root`: a local path or an address."""

    def __init__(self, root: str) -> None:
        self._filesystem, self._directory = open_directory(root)
        self._filesystem.create_dir(self._directory, recursive=True)
        self._started = time.time()

    def run_started(self, info: RunInfo) -> None:
        self._started = time.time()
        self._event("run_started", asdict(info))

    def training_step(self, step: TrainingStep) -> None:
        self._event("training_step", asdict(step) | {"tokens_per_second": step.tokens_per_second})

    def stage_finished(self, summary: StageSummary) -> None:
        self._span(summary.stage, summary.started, summary.seconds, {"iteration": summary.iteration})
        self._event("stage_finished", asdict(summary))

    def iteration_finished(self, iteration: int, rows: Sequence[MetricRecord]) -> None:
        lines = "".join(json.dumps(row, default=str) + "\n" for row in rows)
        write_bytes(self._filesystem, self._file(METRICS), lines.encode())
        self._event("iteration_finished", {"iteration": iteration})

    def close(self) -> None:
        seconds = time.time() - self._started
        self._span("run", self._started, seconds, {})
        self._event("run_ended", {"seconds": round(seconds, 3)})

    def _file(self, name: str) -> str:
        return posixpath.join(self._directory, name)

    def _span(self, name: str, start: float, seconds: float, more: Mapping[str, object]) -> None:
        self._append(SPANS, {"name": name, "start": round(start, 3), "seconds": round(seconds, 3), **more})

    def _event(self, event: str, body: Mapping[str, object]) -> None:
        self._append(EVENTS, {"event": event, "time": round(time.time(), 3), **body})

    def _append(self, name: str, body: Mapping[str, object]) -> None:
        line, path = (json.dumps(body, default=str) + "\n").encode(), self._file(name)
        if isinstance(self._filesystem, fs.LocalFileSystem):
            with self._filesystem.open_append_stream(path) as stream:
                stream.write(line)
            return
        earlier = b""  # object stores append nothing
        if self._filesystem.get_file_info(path).type == fs.FileType.File:
            earlier = read_bytes(self._filesystem, path)
        write_bytes(self._filesystem, path, earlier + line)
