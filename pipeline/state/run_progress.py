"""How far a run is: which of its stages is at work, and how long the others will take."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipeline.state.stage import Rate, Stage


@dataclass(frozen=True, kw_only=True)
class PlannedStage:
    """A stage of an iteration, and its units of work (Stage.work)."""

    stage: Stage
    iteration: int
    units: float


def estimate_seconds(todo: Iterable[PlannedStage], done: Iterable[tuple[PlannedStage, float]]) -> float:
    """Seconds that `todo` will take, at the rates of what is `done` (with its seconds), else at those of the rows."""
    spent: dict[Rate, float] = defaultdict(float)
    worked: dict[Rate, float] = defaultdict(float)
    for one, seconds in done:
        spent[one.stage.rate] += seconds
        worked[one.stage.rate] += one.units
    rates = {rate: spent[rate] / units for rate, units in worked.items() if units}
    return sum(one.units * rates.get(one.stage.rate, one.stage.rate.seconds) for one in todo)


class RunProgress:
    """The stages of a run in their order, told one by one when they are finished."""

    def __init__(self, planned: Sequence[PlannedStage]) -> None:
        self._planned = {(one.iteration, one.stage.name): one for one in planned}
        self._todo = dict(self._planned)
        self._done: list[tuple[PlannedStage, float]] = []

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
            self._done.append((done, seconds))

    def measured_seconds_after(self, iteration: int, stage: Stage) -> float | None:
        """Of the stages that are not finished but for this one, if stages that work alike were finished for all.

        None also if nothing was planned.
        """
        later = [one for key, one in self._todo.items() if key != (iteration, stage.name)]
        measured = {one.stage.rate for one, _ in self._done if one.units}
        known = bool(self._planned) and measured.issuperset(one.stage.rate for one in later)
        return estimate_seconds(later, self._done) if known else None

    def seconds_left(self) -> float:
        """Of the stages that are not finished."""
        return estimate_seconds(self._todo.values(), self._done)
