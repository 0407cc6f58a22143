"""Which problems each search of a study solved: matrices of seeds × problems, the material of every number."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from actors.storage.filesystem import open_directory
from pipeline.config.schema import EvalSection
from pipeline.evaluation.best_of_n import best_of_n_values
from pipeline.state.manifest import Manifest
from pipeline.state.run_directory import run_root
from pipeline.state.store import Store
from pipeline.study.spec import Cell, View
from sandbox.verdict import Verdict, settling_verdict

_ANSWER = "turns.list.element.answers.list.element"
COLUMNS = [
    *("problem_id", "selector", "width", "infrastructure", "turns.list.element.chosen", "turns.list.element.kept"),
    *(f"{_ANSWER}.public.verdict", f"{_ANSWER}.private.verdict"),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """What is looked at: the answers held after `turn` (1-based) by one method's searches with one selector.

    `width`: answers per turn; None takes the N of the cell's config. `seeds`: None takes all.
    `iteration`: None takes the one that the run returns.
    """

    strategy: str
    selector: str
    turn: int
    loss: str = "bt"
    view: View = "main"
    width: int | None = None
    seeds: tuple[int, ...] | None = None
    iteration: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix:
    """Seeds × problems, as evaluation.statistics takes them: 1 solved, 0 not; a count of 0 where the sandbox failed."""

    seeds: tuple[int, ...]
    totals: np.ndarray
    counts: np.ndarray


class Outcomes:
    """The finished searches of a study's cells, read when asked for."""

    def __init__(self, cells: Sequence[Cell]) -> None:
        self.cells = list(cells)
        self._stores = {cell.name: Store(run_root(cell.config)) for cell in cells}
        self._read = cache(_solved)

    def manifest(self, cell: Cell, name: str, iteration: int | None = None) -> Manifest | None:
        """A stage of the cell's last iteration; of the greedy search, that of the iteration which the run returns."""
        store, last = self._stores[cell.name], cell.config.run.iterations
        if iteration is not None:
            return store.find(iteration, name)
        chosen = store.find(last, "returned") if name == "search_greedy" else None
        return store.find(chosen.facts["iteration"] if chosen else last, name)

    def finished(self, cell: Cell) -> bool:
        return all(self.manifest(cell, name) for name in ("search_sweep", "metrics"))

    def stages(self, cell: Cell) -> Iterator[Manifest]:
        """Every finished stage of a cell."""
        store = self._stores[cell.name]
        for iteration in range(cell.config.run.iterations + 1):
            for name in store.names(iteration):
                if (found := store.find(iteration, name)) is not None:
                    yield found

    def seeds(self, cut: Cut) -> tuple[int, ...]:
        """Seeds for which the cut's search is finished."""
        return tuple(cell.seed for cell in self._cells(cut) if self.manifest(cell, _stage(cut)))

    def matrix(self, cut: Cut) -> Matrix | None:
        """None where no seed has it. Problems are those that every seed has, in the order of their ids."""
        found = {}
        for cell in self._cells(cut):
            manifest = self.manifest(cell, _stage(cut), cut.iteration)
            if manifest is not None:
                settings, files = cell.config.eval, tuple(manifest.files().values())
                found[cell.seed] = self._read(files, settings.turns)[played_as(cut, settings)]
        if not found:
            return None
        problems = sorted(set.intersection(*(set(solved) for solved in found.values())))
        values = np.array([[solved[problem][cut.turn - 1] for problem in problems] for solved in found.values()])
        known = ~np.isnan(values)
        return Matrix(seeds=tuple(found), totals=np.where(known, values, 0.0), counts=known.astype(float))

    def pair(self, left: Cut, right: Cut) -> tuple[Matrix, Matrix] | None:
        """Both over the seeds that both have; None where there is none."""
        shared = tuple(seed for seed in self.seeds(left) if seed in self.seeds(right))
        one, other = (self.matrix(replace(cut, seeds=shared)) for cut in (left, right))
        return (one, other) if shared and one and other else None

    def _cells(self, cut: Cut) -> Iterable[Cell]:
        for cell in self.cells:
            mine = (cell.strategy, cell.loss, cell.view) == (cut.strategy, cut.loss, cut.view)
            if mine and (cut.seeds is None or cell.seed in cut.seeds) and _has(cell, cut):
                yield cell


GREEDY = ("first", 1)
Solved = dict[str, list[float]]  # per problem, whether the answer held after each turn passes


def played_as(cut: Cut, settings: EvalSection) -> tuple[str, int]:
    """Selector and width that the episodes of a cut carry; best of 1 has nothing to choose and is played as random."""
    width = cut.width or settings.best_of
    if cut.selector == "greedy":
        return GREEDY
    return (cut.selector, width) if width > 1 else ("random", 1)


def _stage(cut: Cut) -> str:
    return "search_greedy" if cut.selector == "greedy" else "search_sweep"


def _has(cell: Cell, cut: Cut) -> bool:
    """Whether the cell's searches include the cut's, once they are finished."""
    settings = cell.config.eval
    if cut.selector == "greedy":
        return True
    return cut.selector in settings.selectors and (cut.width or settings.best_of) in best_of_n_values(cell.config)


def _solved(files: tuple[str, ...], turns: int) -> dict[tuple[str, int], Solved]:
    """By selector and width; an episode that stopped keeps its last answer."""
    found: dict[tuple[str, int], Solved] = {}
    for row in _rows(files):
        labels = [_label(_held(turn)) for turn in row["turns"]] or [0.0]
        labels = [float("nan")] * turns if row["infrastructure"] else labels + labels[-1:] * (turns - len(labels))
        found.setdefault((row["selector"], row["width"]), {})[row["problem_id"]] = labels
    return found


def _held(turn: dict[str, Any]) -> dict[str, Any]:
    """As `actors.search.episode.Turn.held`, of a row that holds its verdicts only."""
    held: dict[str, Any] = turn["answers"][turn["kept"][0] if turn["kept"] else turn["chosen"]]
    return held


def _rows(files: Iterable[str]) -> Iterable[dict[str, Any]]:
    for file in files:
        filesystem, path = open_directory(file)
        with filesystem.open_input_file(path) as source:
            yield from pq.ParquetFile(source).read(columns=COLUMNS).to_pylist()


def _label(answer: dict[str, Any]) -> float:
    """1 if the answer is right; 0 if it is not, or if a suite that matters was not judged."""
    verdicts = (answer[suite] and Verdict(answer[suite]["verdict"]) for suite in ("public", "private"))
    return float(settling_verdict(*verdicts) is Verdict.ACCEPTED)
