"""All trackers of a run as one: each is told everything once, and one that fails ends alone."""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from actors.storage.store_errors import without_secrets
from pipeline.trackers.console import notice
from pipeline.trackers.kinds import TRACKERS
from pipeline.trackers.told import ToldEvents, TrackingFile
from pipeline.trackers.tracker import MetricRecord, RunInfo, StageSummary, Tracker, TrainingStep


class TrackerGroup:
    """Trackers by name. What one raises is said once, and that one is told nothing more."""

    def __init__(self, trackers: dict[str, Tracker], tracking: TrackingFile) -> None:
        self._trackers = dict(trackers)
        self._tracking = tracking

    @property
    def run_id(self) -> str:
        """The same for all resumes of the run directory."""
        return self._tracking.run_id

    @property
    def names(self) -> tuple[str, ...]:
        """Of the trackers that are still told."""
        return tuple(self._trackers)

    def run_started(self, info: RunInfo) -> None:
        self._tell(lambda tracker, told: tracker.run_started(info))

    def training_started(self, iteration: int, stage: str) -> None:
        """A training that was finished once and is carried out again, on other data, is told from its first step."""
        key = _stage_key(iteration, stage)
        for name in self._trackers:
            told = self._tracking.told(name)
            if key in told.stages:
                told.stages.remove(key)
                told.steps.pop(key, None)

    def next_step(self, iteration: int, stage: str) -> int:
        """The first step of a training, 1-based, that some tracker was not told of."""
        key = _stage_key(iteration, stage)
        return 1 + min((self._tracking.told(name).steps.get(key, 0) for name in self._trackers), default=0)

    def training_steps(self, steps: Sequence[TrainingStep]) -> None:
        """Steps in order. Those that a tracker was told of before are left out."""

        def tell(tracker: Tracker, told: ToldEvents) -> None:
            for step in steps:
                key = _stage_key(step.iteration, step.stage)
                if step.step > told.steps.get(key, 0):
                    tracker.training_step(step)
                    told.steps[key] = step.step
                    told.events += 1

        self._tell(tell)

    def stage_finished(self, summary: StageSummary) -> None:
        key = _stage_key(summary.iteration, summary.stage)

        def tell(tracker: Tracker, told: ToldEvents) -> None:
            tracker.stage_finished(summary)
            told.events += 1
            if key not in told.stages:
                told.stages.append(key)

        self._tell(tell)

    def iteration_finished(self, iteration: int, rows: Sequence[MetricRecord]) -> None:
        """`rows`: metrics of the whole run so far. An iteration is told again only if its rows changed."""
        key, digest = f"iter_{iteration:04d}", _digest_rows(iteration, rows)

        def tell(tracker: Tracker, told: ToldEvents) -> None:
            if told.iterations.get(key) != digest:
                tracker.iteration_finished(iteration, rows)
                told.iterations[key] = digest
                told.events += 1

        self._tell(tell)

    def close(self) -> None:
        """What ends the run, as a full disk does, is told by its own error, not by that of a last note."""
        try:
            self._tell(lambda tracker, told: tracker.close())
        except Exception as error:
            notice(f"what trackers were told could not be noted: {type(error).__name__}: {error}")
        self._trackers.clear()

    def _tell(self, event: Callable[[Tracker, ToldEvents], None]) -> None:
        if not self._trackers:
            return
        for name, tracker in list(self._trackers.items()):
            try:
                event(tracker, self._tracking.told(name))
            except (Exception, SystemExit) as error:  # whatever a stranger's tracker raises: the run is worth more
                self._trackers.pop(name, None)
                notice(f"tracker {name!r} failed and is told nothing more: {_said(error)}")
        self._tracking.save()


@contextmanager
def open_trackers(names: Sequence[str], root: str) -> Iterator[TrackerGroup]:
    """The trackers of `run.trackers` on a run directory, closed at the end.

    One that cannot be opened is said and left out; `check_trackers` refuses beforehand what can be known then.
    """
    found: dict[str, Tracker] = {}
    for name in dict.fromkeys(names):
        try:
            found[name] = TRACKERS[name].open(root)
        except (Exception, SystemExit) as error:  # as above
            notice(f"tracker {name!r} cannot be opened and is left out: {_said(error)}")
    group = TrackerGroup(found, TrackingFile(root))
    try:
        yield group
    finally:
        group.close()


def _said(error: BaseException) -> str:
    """What a tracker raised: the texts of clients may hold keys."""
    return f"{type(error).__name__}: {without_secrets(str(error))}"


def _stage_key(iteration: int, stage: str) -> str:
    return f"iter_{iteration:04d}/{stage}"


def _digest_rows(iteration: int, rows: Sequence[MetricRecord]) -> str:
    mine = [row for row in rows if row["iteration"] == iteration]
    return hashlib.sha256(json.dumps(mine, sort_keys=True, default=str).encode()).hexdigest()[:16]
