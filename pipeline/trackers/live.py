"""What this process is doing at the moment, in memory: whoever works says it here, and status.json is written of it.

A process carries out one run at a time, so there is one such state. Telling it costs nothing: no file, no lock.
"""

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, fields

from actors.storage.run_storage import Time

MOST_NOTICES = 5
"""That are kept; the console has all."""


@dataclass(slots=True, kw_only=True)
class LiveStage:
    """The stage at work. `done` of `total` are counted in `unit`; `already` of them when it began this time."""

    iteration: int
    name: str
    number: int | None = None
    """1-based, of the stages of the run."""
    began: float = field(default_factory=time.time)
    parts: int | None = None
    """That it will have; None if it has none, or nobody said."""
    done: int = 0
    already: int = 0
    total: int | None = None
    unit: str = ""
    numbers: dict[str, object] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class LiveNotice:
    """Something that a person should know: a lost worker, a tracker or a report that failed."""

    time: Time
    text: str


@dataclass(slots=True)
class LiveRun:
    """One run. Counts of finished stages are those of their manifests, whenever they were finished."""

    stage: LiveStage | None = None
    stages: int | None = None
    stages_done: int = 0
    later_s: float | None = None
    """Seconds that the stages after the one at work will take; None if some of them were never measured."""
    episodes: int = 0
    infrastructure: int = 0
    unjudged: int = 0
    """Episodes of finished stages: all, and those that are masked, by why."""
    size_bytes: int = 0
    checkpoint_bytes: int = 0
    """Of finished stages: parts and checkpoints together, and checkpoints alone."""
    workers_lost: int = 0
    notices: list[LiveNotice] = field(default_factory=list)
    moved: float = field(default_factory=time.time)
    changed: threading.Event = field(default_factory=threading.Event)
    """Set by what should be written soon."""

    def begin_run(self) -> None:
        """Forget the run before: several may be carried out by one process."""
        fresh = LiveRun()
        for one in fields(self):
            setattr(self, one.name, getattr(fresh, one.name))

    def begin_stage(self, stage: LiveStage, later_s: float | None) -> None:
        self.stage, self.later_s = stage, later_s
        self.note_moved(soon=True)

    def finish_stage(self, counts: Mapping[str, int], size_bytes: int, checkpoint_bytes: int) -> None:
        """A stage is finished, now or before."""
        self.stage, self.stages_done = None, self.stages_done + 1
        if "ended_infrastructure" in counts:  # a stage that samples
            self.episodes += counts.get("episodes", 0)
            self.infrastructure += counts["ended_infrastructure"]
            self.unjudged += counts.get("ended_unjudged", 0)
        self.size_bytes += size_bytes
        self.checkpoint_bytes += checkpoint_bytes
        self.note_moved(soon=True)

    def forget_checkpoints(self, size_bytes: int) -> None:
        """Some were removed."""
        self.size_bytes -= size_bytes
        self.checkpoint_bytes -= size_bytes

    def expect_parts(self, parts: int) -> None:
        if self.stage is not None:
            self.stage.parts = parts
            self.changed.set()

    def count(self, done: int, total: int, unit: str, already: int = 0, **numbers: object) -> None:
        """How far the stage at work is."""
        stage = self.stage
        if stage is None:
            return
        if (stage.done, stage.unit) != (done, unit):
            self.note_moved()
        stage.done, stage.total, stage.unit, stage.already = done, total, unit, already
        stage.numbers = numbers

    def note_moved(self, *, soon: bool = False) -> None:
        """Something moves, though no count says so. `soon`: it should be written."""
        self.moved = time.time()
        if soon:
            self.changed.set()

    def notice(self, text: str, *, workers_lost: int = 0) -> None:
        self.workers_lost += workers_lost
        self.notices = [*self.notices, LiveNotice(time=time.time(), text=" ".join(text.split()))][-MOST_NOTICES:]
        self.changed.set()


LIVE = LiveRun()
