"""How far a run is: which of its stages is at work, and how long the others will take."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.state.stage import Rate, Stage


@dataclass(frozen=True, kw_only=True)
class PlannedStage:
    """A stage of an iteration, and its units of work (Stage.work)."""

    stage: Stage
    iteration: int
    units: float


class RunProgress:
    """The stages of a run in their order, told one by one when they are finished."""

    def __init__(self, planned: Sequence[PlannedStage]) -> None:
        self._planned = {(one.iteration, one.stage.name): one for one in planned}
        self._todo = dict(self._planned)
        self._spent: dict[Rate, float] = defaultdict(float)
        self._worked: dict[Rate, float] = defaultdict(float)

    @property
    def total(self) -> int:
        """Stages of the whole run."""
        return len(self._planned)

    def number(self, iteration: int, stage: Stage) -> int | None:
        """1-based position of a stage; None if the plan does not know it."""
        keys = list(self._planned)
        key = (iteration, stage.name)
        return keys.index(key) + 1 if key in self._planned else None

    def finish(self, iteration: int, stage: Stage, seconds: float) -> None:
        """Note that a stage is finished, now or before, and took `seconds`."""
        done = self._todo.pop((iteration, stage.name), None)
        if done is not None:
            self._spent[stage.rate] += seconds
            self._worked[stage.rate] += done.units

    def seconds_left(self) -> float:
        """Of the stages that are not finished, at the rates of those that are, else at the rates of their rows."""
        return sum(one.units * self._seconds_per_unit(one.stage.rate) for one in self._todo.values())

    def _seconds_per_unit(self, rate: Rate) -> float:
        return self._spent[rate] / self._worked[rate] if self._worked[rate] else rate.seconds
