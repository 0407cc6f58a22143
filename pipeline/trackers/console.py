"""What a person sees while a run goes on, and the spans that say where the time went."""

import json
import posixpath
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from actors.storage.filesystem import open_directory, read_bytes

PROGRESS_EVERY_S = 10.0
"""Between progress lines where the output is not a terminal."""
REDRAW_EVERY_S = 0.5
"""On a terminal, where the line is drawn over."""


prefix = ""
"""Who speaks, before every line, where several processes of a study share the output."""


def say(text: str) -> None:
    print(f"{prefix}{text}", flush=True)


class Progress:
    """One stage's counter: rate, ETA and whatever facts the stage adds. A line every few seconds."""

    def __init__(self, title: str, total: int, done: int = 0, unit: str = "parts") -> None:
        self.title, self.total, self.done, self.unit = title, total, done, unit
        self.already = done
        self.started = self.shown = time.monotonic()
        self.live = sys.stdout.isatty() and not prefix

    def update(self, done: int, **facts: Any) -> None:
        self.done = done
        now = time.monotonic()
        if now - self.shown < (REDRAW_EVERY_S if self.live else PROGRESS_EVERY_S):
            return
        self.shown = now
        line = self.line(now, facts)
        if self.live:
            print(f"\r\x1b[2K{line}", end="", flush=True)
        else:
            say(line)

    def line(self, now: float, facts: dict[str, Any]) -> str:
        elapsed = max(now - self.started, 1e-9)
        rate = (self.done - self.already) / elapsed
        eta = f"{(self.total - self.done) / rate:.0f} s left" if rate > 0 else "no rate yet"
        extra = "".join(f" · {name.replace('_', ' ')} {value}" for name, value in facts.items())
        return f"    {self.title}: {self.done}/{self.total} {self.unit} · {rate:.1f}/s · {eta}{extra}"

    def close(self) -> None:
        if self.live:
            print("\r\x1b[2K", end="", flush=True)


@contextmanager
def follow_training(directory: str, title: str) -> Iterator[None]:
    """While a training runs in other processes, show what its workers write in `directory`/progress.json."""
    ended = threading.Event()
    filesystem, path = open_directory(directory)
    with suppress(FileNotFoundError):
        filesystem.delete_file(posixpath.join(path, "progress.json"))  # of an earlier attempt

    def watch() -> None:
        progress: Progress | None = None
        while not ended.wait(REDRAW_EVERY_S):
            try:
                state = json.loads(read_bytes(filesystem, posixpath.join(path, "progress.json")))
            except FileNotFoundError:
                continue  # no step yet
            progress = progress or Progress(title, state["steps"], unit="steps")
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
