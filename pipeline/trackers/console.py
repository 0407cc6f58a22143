"""What a person reads while a run goes on: lines on standard output, and a counter that is drawn over."""

import json
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from actors.storage.run_storage import open_storage
from pipeline.trackers.tracker import MetricRecord, RunInfo, StageSummary, TrainingStep

PROGRESS_EVERY_S = 10.0
"""Between progress lines if the output is not a terminal."""
REDRAW_EVERY_S = 0.5
"""On a terminal, where the line is drawn over."""


prefix = ""
"""Who speaks, before every line, if several processes of a study share the output."""


def say(text: str) -> None:
    """Print a line at once."""
    print(f"{prefix}{text}", flush=True)


class ProgressLine:
    """The counter of one stage: rate, time left and whatever numbers the stage adds. A line every few seconds."""

    def __init__(self, title: str, total: int, done: int = 0, unit: str = "parts") -> None:
        self.title, self.total, self.done, self.unit = title, total, done, unit
        self.already = done
        self.started = self.shown = time.monotonic()
        self.live = sys.stdout.isatty() and not prefix

    def update(self, done: int, **numbers: object) -> None:
        self.done = done
        now = time.monotonic()
        if now - self.shown < (REDRAW_EVERY_S if self.live else PROGRESS_EVERY_S):
            return
        self.shown = now
        line = self._line(now, numbers)
        if self.live:
            print(f"\r\x1b[2K{line}", end="", flush=True)
        else:
            say(line)

    def _line(self, now: float, numbers: Mapping[str, object]) -> str:
        elapsed = max(now - self.started, 1e-9)
        rate = (self.done - self.already) / elapsed
        left = f"{(self.total - self.done) / rate:.0f} s left" if rate > 0 else "no rate yet"
        extra = "".join(f" · {name.replace('_', ' ')} {value}" for name, value in numbers.items())
        return f"    {self.title}: {self.done}/{self.total} {self.unit} · {rate:.1f}/s · {left}{extra}"

    def close(self) -> None:
        """Leave an empty line behind for whatever is printed next."""
        if self.live:
            print("\r\x1b[2K", end="", flush=True)


class ConsoleTracker:
    """Prints the run directory, a progress line of each training, and one line for each stage that is finished."""

    def __init__(self) -> None:
        self._progress: ProgressLine | None = None

    def run_started(self, info: RunInfo) -> None:
        say(f"run {info.root}")

    def training_step(self, step: TrainingStep) -> None:
        if self._progress is None:
            self._progress = ProgressLine(step.stage.replace("_", " "), step.steps, done=step.step - 1, unit="steps")
        self._progress.update(step.step, loss=f"{step.loss:.4f}", tokens_per_second=f"{step.tokens_per_second:.0f}")
        if step.step == step.steps:
            self._end_progress()

    def stage_finished(self, summary: StageSummary) -> None:
        self._end_progress()
        position = f" ({summary.number} of {summary.total})" if summary.number and summary.total else ""
        title = f"  iteration {summary.iteration} · {summary.stage}{position}"
        numbers = {**summary.counts, **summary.metrics}
        shown = ", ".join(f"{name.replace('_', ' ')} {_short(value)}" for name, value in numbers.items() if value)
        say(f"{title}: {summary.seconds:.1f} s" + (f" · {shown}" if shown else ""))

    def iteration_finished(self, iteration: int, rows: Sequence[MetricRecord]) -> None:
        """The table of results comes at the end of the run."""

    def close(self) -> None:
        self._end_progress()

    def _end_progress(self) -> None:
        if self._progress is not None:
            self._progress.close()
            self._progress = None


def _short(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


@contextmanager
def follow_training(directory: str, title: str) -> Iterator[None]:
    """While a training runs in other processes, show what its workers write in `directory`/progress.json."""
    ended = threading.Event()
    storage = open_storage(directory)
    with suppress(FileNotFoundError):
        storage.delete_file("progress.json")  # of an earlier attempt

    def watch() -> None:
        progress: ProgressLine | None = None
        while not ended.wait(REDRAW_EVERY_S):
            try:
                state = json.loads(storage.read("progress.json"))
            except FileNotFoundError:
                continue  # no step yet
            progress = progress or ProgressLine(title, state["steps"], unit="steps")
            progress.update(state["step"], loss=f"{state['loss']:.4f}")
        if progress:
            progress.close()

    watcher = threading.Thread(target=watch, name=f"follow {title}", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        ended.set()
        watcher.join(timeout=5)


class Spans:
    """Appends {name, start, seconds, …} to a local list; the run writes it beside the metrics."""

    def __init__(self) -> None:
        self.records: list[dict[str, Any]] = []

    @contextmanager
    def span(self, name: str, **facts: Any) -> Iterator[None]:
        start, clock = time.time(), time.monotonic()
        try:
            yield
        finally:
            seconds = round(time.monotonic() - clock, 3)
            self.records.append({"name": name, "start": round(start, 3), "seconds": seconds, **facts})

    def dump(self) -> bytes:
        return "".join(json.dumps(record) + "\n" for record in self.records).encode()
