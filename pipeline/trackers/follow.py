"""Telling trackers of a training that goes on in other processes, from the files that its workers write."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from pipeline.trackers.console import notice, plain_words
from pipeline.trackers.group import TrackerGroup
from pipeline.trackers.live import LIVE
from pipeline.trackers.steps import StepRecord, forget_steps, read_progress, read_training_steps

LOOK_EVERY_S = 0.5
JOIN_DEADLINE_S = 10


@contextmanager
def follow_training(trackers: TrackerGroup, directory: str, iteration: int, stage: str) -> Iterator[None]:
    """While the body trains, tell `trackers` each step that appears in `directory`, once, in order; say its notes."""
    forget_steps(directory)
    trackers.training_started(iteration, stage)
    ended = threading.Event()
    said: set[str] = set()

    def tell(steps: int, records: list[StepRecord]) -> None:
        """What comes next. Rows after a gap, which only a very slow reader sees, wait for the Parquet file."""
        next_step = trackers.next_step(iteration, stage)
        new = [record for record in records if record.step >= next_step]
        if new and new[0].step == next_step:
            trackers.training_steps([record.of_stage(iteration, stage, steps) for record in new])

    def look() -> None:
        found = read_progress(directory)
        for note in found.notes:
            if note not in said:
                notice(f"    {plain_words(stage)}: {note}")
                said.add(note)
        tell(found.steps, found.records)
        if found.records:
            last = found.records[-1]
            LIVE.count(last.step, found.steps, "steps", loss=round(last.loss, 4))

    def watch() -> None:
        try:
            while not ended.wait(LOOK_EVERY_S):
                look()
            look()
            records = read_training_steps(directory)
            tell(len(records), records)
        except Exception as error:  # told steps are not worth a run
            notice(f"the steps of {stage} cannot be followed: {type(error).__name__}: {error}")

    watcher = threading.Thread(target=watch, name=f"follow {stage}", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        ended.set()
        watcher.join(timeout=JOIN_DEADLINE_S)
