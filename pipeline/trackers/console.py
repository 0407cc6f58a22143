"""What a person reads while a run goes on: lines on standard output, and a counter that is drawn over."""

import sys
import time
from collections.abc import Mapping, Sequence

from pipeline.trackers.live import LIVE
from pipeline.trackers.tracker import MetricRecord, RunInfo, StageSummary, TrainingStep

PROGRESS_EVERY_S = 10.0
"""Between progress lines if the output is not a terminal."""
REDRAW_EVERY_S = 0.5
"""On a terminal, on which the line is drawn over."""


prefix = ""
"""Who speaks, before every line, if several processes of a study share the output."""

PRINTED = {"answers_unjudged": "answers not asked"}
"""Counts whose names on disk would be misread: no test of these answers is at fault, nobody asked about them."""


def say(text: str) -> None:
    """Print a line at once."""
    print(f"{prefix}{text}", flush=True)


def notice(text: str, *, workers_lost: int = 0) -> None:
    """Print a line that a person should know of, and keep it for `mucode status`."""
    say(text)
    LIVE.notice(text, workers_lost=workers_lost)


class ProgressLine:
    """The counter of one stage: rate, time left and whatever numbers the stage adds. A line every few seconds.

    `told`: whether it is told to `mucode status`, too.
    """

    def __init__(self, title: str, total: int, done: int = 0, unit: str = "parts", *, told: bool = True) -> None:
        self.title, self.total, self.done, self.unit, self.told = title, total, done, unit, told
        self.already = done
        self.started = self.shown = time.monotonic()
        self.live = sys.stdout.isatty() and not prefix

    def update(self, done: int, **numbers: object) -> None:
        self.done = done
        if self.told:
            LIVE.count(done, self.total, self.unit, self.already, **numbers)
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
        extra = "".join(f" · {plain_words(name)} {value}" for name, value in numbers.items())
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
            title = plain_words(step.stage)
            self._progress = ProgressLine(title, step.steps, done=step.step - 1, unit="steps", told=False)
        self._progress.update(step.step, loss=f"{step.loss:.4f}", tokens_per_second=f"{step.tokens_per_second:.0f}")
        if step.step == step.steps:
            self._end_progress()

    def stage_finished(self, summary: StageSummary) -> None:
        self._end_progress()
        numbers = {**summary.counts, **summary.metrics}
        shown = ", ".join(f"{plain_words(name)} {_short(value)}" for name, value in numbers.items() if value)
        title = f"  iteration {summary.iteration} · {summary.stage}"
        say(f"{title}: {summary.seconds:.1f} s" + (f" · {shown}" if shown else "") + _position(summary))

    def iteration_finished(self, iteration: int, rows: Sequence[MetricRecord]) -> None:
        """The table of results comes at the end of the run."""

    def close(self) -> None:
        self._end_progress()

    def _end_progress(self) -> None:
        if self._progress is not None:
            self._progress.close()
            self._progress = None


def _position(summary: StageSummary) -> str:
    """How far the run is, if that is known."""
    if summary.number is None or summary.total is None:
        return ""
    left = "" if summary.seconds_left is None else f", about {short_duration(summary.seconds_left)} left"
    return f" · stage {summary.number} of {summary.total}{left}"


def plain_words(name: str) -> str:
    """A count's or stage's name as it is printed."""
    return PRINTED.get(name, name.replace("_", " "))


def counted(number: int, noun: str) -> str:
    """ "1 stage" or "2 stages"."""
    return f"{number} {noun}{'s' * (number != 1)}"


def short_duration(seconds: float) -> str:
    """ "40 s", "12 min" or "3 h 20 min"."""
    minutes = round(seconds / 60)
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{minutes // 60} h {minutes % 60:02d} min" if minutes >= 60 else f"{minutes} min"


def _short(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
