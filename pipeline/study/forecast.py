"""What a study will do and cost, without doing it: every cell is rehearsed through the same `run_iteration`."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial

from actors.storage.checkpoint import Checkpoint
from pipeline.config.schema import Config
from pipeline.iteration import run_iteration
from pipeline.stages.generator import POLICY
from pipeline.stages.sampling import EPISODES
from pipeline.stages.search import SEARCH_RATE
from pipeline.stages.verifier import VERIFIER
from pipeline.state.manifest import Manifest
from pipeline.state.problems import ProblemSplits
from pipeline.state.run import Run, StageInput
from pipeline.state.stage import Rate, Stage
from pipeline.state.store import Store
from pipeline.study.spec import Cell, Study


@dataclass(slots=True)
class Planned:
    """One distinct stage: who needs it, how much work it is, and its manifest where it is finished."""

    stage: Stage
    iteration: int
    units: float
    done: Manifest | None
    cells: list[str] = field(default_factory=list)


class Unread(ProblemSplits):
    """Splits by their names, for a study that has not begun: no manifest is there to compare their content with."""

    def digest(self, config: Config, split: str) -> str:
        return f"{getattr(config.problems, split)} {getattr(config.problems, f'limit_{split}')}"

    def size(self, config: Config, split: str) -> int:
        """At most: a limit is believed."""
        return getattr(config.problems, f"limit_{split}") or super().size(config, split)


class Rehearsal(Run):
    """A run on paper: it notes which stages there would be and where they would be kept; it writes nothing.

    A stage that is not finished gets the hash of its identity for a digest, so that what follows from it is
    recognised in other cells too.
    """

    def __init__(self, cell: Cell, splits: ProblemSplits, planned: dict[str, Planned]) -> None:
        super().__init__(cell.config, None, splits)
        self._planned = planned
        self._passed: dict[tuple[int, str], Manifest] = {}

    def stage(self, iteration: int, step: Stage, **inputs: StageInput) -> Manifest:
        identity = self.identify(iteration, step, inputs)
        place = self.store.shared.path_of(identity)
        if place not in self._planned:
            size = partial(self.splits.size, self.config)
            done = self.store.read_shared(place)
            self._planned[place] = Planned(step, iteration, step.work(self.config, size, iteration), done)
        planned = self._planned[place]
        planned.cells.append(self.config.run.name)
        manifest = planned.done or Manifest(
            stage=step.name,
            iteration=iteration,
            directory=place,
            identity_hash=identity.hash,
            identity=identity.settings,
            inputs=identity.inputs,
            digest=identity.hash,
            checkpoint=Checkpoint(path=place, policy_id=identity.hash),
        )
        self._passed[iteration, step.name] = manifest
        return manifest

    def lookup(self, iteration: int, step: Stage) -> Manifest | None:
        return self._passed.get((iteration, step.name))


def rehearse(cells: Iterable[Cell], splits: ProblemSplits | None = None) -> dict[str, Planned]:
    """Every distinct stage of the cells, by the place where it is kept, in the order of first need."""
    planned: dict[str, Planned] = {}
    splits = splits or ProblemSplits()
    for cell in cells:
        run = Rehearsal(cell, splits, planned)
        for iteration in range(cell.config.run.iterations + 1):
            run_iteration(run, iteration)
    return planned


def seconds_left(planned: Iterable[Planned]) -> float:
    """Of the stages that are not finished, at the rates of those that are, else at the rates of their rows."""
    spent: dict[Rate, float] = defaultdict(float)
    worked: dict[Rate, float] = defaultdict(float)
    todo: dict[Rate, float] = defaultdict(float)
    for one in planned:
        rate = one.stage.rate
        if one.done is None:
            todo[rate] += one.units
        else:
            spent[rate] += one.done.seconds
            worked[rate] += one.units
    return sum(units * (spent[rate] / worked[rate] if worked[rate] else rate.seconds) for rate, units in todo.items())


def describe(study: Study, cells: Sequence[Cell]) -> str:
    """The cells, what they share, and the time it will take."""
    planned = rehearse(cells, ProblemSplits() if Store(study.directory).exists("study.json") else Unread())
    asked = sum(len(stage.cells) for stage in planned.values())
    finished = sum(stage.done is not None for stage in planned.values())
    lines = [f"study {study.name} in {study.directory}", "", f"{'cells':<18}{'strategy':<12}{'loss':<6}seeds"]
    groups: dict[tuple[str, str, str], list[Cell]] = {}
    for cell in cells:
        groups.setdefault((cell.view, cell.strategy, cell.loss), []).append(cell)
    for (view, strategy, loss), group in groups.items():
        seeds = ", ".join(str(seed) for seed in sorted({cell.seed for cell in group}))
        lines.append(f"{len(group):<4}{view:<14}{strategy:<12}{loss:<6}{seeds}")
    kinds = Counter(one.stage.name for one in planned.values())
    trainings = kinds[POLICY.name] + kinds[VERIFIER.name]
    searches = sum(one.stage.rate is SEARCH_RATE for one in planned.values())
    lines += [
        "",
        f"{len(cells)} cells ask for {asked} stages, of which {len(planned)} are distinct: "
        f"{kinds[EPISODES.name]} times episodes, {trainings} trainings, {searches} searches",
        f"{finished} of them are finished; the others take about {duration(seconds_left(planned.values()))}"
        + (f" one by one; {study.lanes} lanes share that" if study.lanes > 1 else ""),
    ]
    return "\n".join(lines)


def duration(seconds: float) -> str:
    minutes = round(seconds / 60)
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{minutes // 60} h {minutes % 60:02d} min" if minutes >= 60 else f"{minutes} min"
