"""What a study will do and cost, without doing it: every cell is rehearsed through the same `run_iteration`."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from actors.storage.checkpoint import Checkpoint
from pipeline.config.schema import Config
from pipeline.evaluation.best_of_n import answers_per_problem
from pipeline.iteration import run_iteration
from pipeline.stages.stages import GREEDY
from pipeline.state.identity import identity_hash
from pipeline.state.manifest import Manifest
from pipeline.state.problems import ProblemSplits
from pipeline.state.run import Input, Run
from pipeline.state.stage import Stage
from pipeline.state.store import Store
from pipeline.study.spec import Cell, Study

RATES_S = {
    "episodes": 3e-3,
    "held_out": 3e-3,
    "verifier": 1.1e-3,
    "policy": 2e-3,
    "scores": 2.5e-4,
    "search": 3e-3,
    "other": 0.8,
}
"""Seconds per unit of work (`_units`): the embedded default, 2 quiet cores, actors that are up. Stages that this
study has finished replace them."""


@dataclass(slots=True)
class Planned:
    """One distinct stage: who needs it, how much work it is, and its manifest where it is finished."""

    stage: str
    iteration: int
    units: float
    done: Manifest | None
    cells: list[str] = field(default_factory=list)

    @property
    def kind(self) -> str:
        kind = "search" if self.stage.startswith("search_") else self.stage
        return kind if kind in RATES_S else "other"


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

    def stage(self, iteration: int, step: Stage, **inputs: Input) -> Manifest:
        identity, digests = self.identify(step, inputs)
        place = self.store.shared_place(iteration, step, identity, digests)
        if place not in self._planned:
            done = self.store.peek(place)
            self._planned[place] = Planned(step.name, iteration, self._units(step.name, iteration), done)
        planned = self._planned[place]
        planned.cells.append(self.config.run.name)
        hashed = identity_hash(step.name, identity, digests)
        manifest = planned.done or Manifest(
            stage=step.name,
            iteration=iteration,
            directory=place,
            identity_hash=hashed,
            identity=identity,
            inputs=digests,
            digest=hashed,
            checkpoint=Checkpoint(path=place, policy_id=hashed),
        )
        self._passed[iteration, step.name] = manifest
        return manifest

    def lookup(self, iteration: int, name: str) -> Manifest | None:
        return self._passed.get((iteration, name))

    def _units(self, name: str, iteration: int) -> float:
        """How much work a stage is: answers sampled at most, rows trained on, answers scored, or 1."""
        config = self.config
        sampled = config.rollouts.samples * config.rollouts.turns
        if name.startswith("search_"):
            greedy = name.removeprefix("search_") in GREEDY
            answers = config.eval.turns if greedy else answers_per_problem(config)
            split = "validation" if name == "search_validation" else "test"
            return self._splits.size(config, split) * answers
        if name in ("episodes", "held_out"):
            return self._splits.size(config, "train" if name == "episodes" else "validation") * sampled
        if name == "scores":
            return (
                (iteration + 1) * sum(self._splits.size(config, split) for split in ("train", "validation")) * sampled
            )
        if name == "verifier":
            return (config.verifier.steps or 1) * config.verifier.batch_pairs * 2
        if name == "policy":
            return (config.fine_tune.steps or 1) * config.fine_tune.batch_examples
        return 1.0


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
    """Of the stages that are not finished, at the rates of those that are."""
    spent, worked, todo = (dict.fromkeys(RATES_S, 0.0) for _ in range(3))
    for stage in planned:
        if stage.done is None:
            todo[stage.kind] += stage.units
        else:
            spent[stage.kind] += stage.done.seconds
            worked[stage.kind] += stage.units
    rates = {kind: spent[kind] / worked[kind] if worked[kind] else rate for kind, rate in RATES_S.items()}
    return sum(units * rates[kind] for kind, units in todo.items())


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
    kinds = Counter(stage.stage for stage in planned.values())
    trainings = kinds["policy"] + kinds["verifier"]
    searches = sum(count for name, count in kinds.items() if name.startswith("search_"))
    lines += [
        "",
        f"{len(cells)} cells ask for {asked} stages, of which {len(planned)} are distinct: {kinds['episodes']} times "
        f"episodes, {trainings} trainings, {searches} searches",
        f"{finished} of them are finished; the others take about {duration(seconds_left(planned.values()))}"
        + (f" one by one; {study.lanes} lanes share that" if study.lanes > 1 else ""),
    ]
    return "\n".join(lines)


def duration(seconds: float) -> str:
    minutes = round(seconds / 60)
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{minutes // 60} h {minutes % 60:02d} min" if minutes >= 60 else f"{minutes} min"
