"""What a pass over a benchmark's sequences took: wall time, CPU time, memory."""

import ctypes
import gc
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.training import loop
from pipeline.training.types import TrainingReport


@dataclass(frozen=True, slots=True)
class Speed:
    """What one pass over the sequences took. `padding`: share of the padded tokens."""

    tokens: int
    wall_s: float
    cpu_s: float
    padding: float

    @property
    def tokens_s(self) -> float:
        return self.tokens / self.wall_s

    @property
    def tokens_cpu_s(self) -> float:
        return self.tokens / self.cpu_s


@contextmanager
def cpu_of_steps() -> Iterator[list[float]]:
    """CPU seconds of this process within each step of a training, of all its threads."""
    found: list[float] = []
    inner = loop._take_step

    def take_step(*arguments: Any) -> Any:
        before = time.process_time()
        loss = inner(*arguments)
        found.append(time.process_time() - before)
        return loss

    loop._take_step = take_step  # type: ignore[assignment]
    try:
        yield found
    finally:
        loop._take_step = inner


def speed_of_steps(report: TrainingReport, cpu_s: Sequence[float]) -> Speed:
    """From the second step on: the first one touches fresh memory, and makes the optimizer's state."""
    steps = report.step_records[1:]
    tokens, seconds = sum(step.tokens for step in steps), sum(step.seconds for step in steps)
    return Speed(tokens, seconds, sum(cpu_s[1:]), report.padding_fraction)


def forget_peak() -> None:
    """Let the kernel's peak of this process start anew."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    Path("/proc/self/clear_refs").write_text("5")


def peak_mib() -> float:
    """Most memory of this process since `forget_peak`. MiB"""
    fields = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(fields["VmHWM"].split()[0]) / 1024
