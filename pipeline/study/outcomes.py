"""Which problems each search of a study solved: matrices of seeds × problems, the material of every number."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from actors.search.episode import MASK_COLUMNS, mask_of_row
from actors.storage.parquet import Row, read_rows
from pipeline.config.losses import BRADLEY_TERRY
from pipeline.config.schema import EvalSection
from pipeline.evaluation.best_of_n import best_of_n_values
from pipeline.evaluation.statistics import Array
from pipeline.stages.metrics import METRICS
from pipeline.stages.search import BEST_ITERATION, SEARCH_BEST_OF_N, SEARCH_GREEDY
from pipeline.state.manifest import Manifest
from pipeline.state.run_directory import run_root
from pipeline.state.stage import Stage
from pipeline.state.store import Store
from pipeline.study.runs import StudyRun
from pipeline.study.spec import StudyView
from sandbox.verdict import Verdict, settling_verdict

_COLUMNS = [
    *("problem_id", "selector", "width", "turns.list.element.chosen", "turns.list.element.kept"),
    *MASK_COLUMNS,
]
SolvedByTurn = dict[str, list[float]]
"""By problem: 1 if the final answer after each turn is right, 0 if not, NaN if its episode is masked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchSlice:
    """What is looked at: the final answers after `turn` (1-based) of one method's searches with one selector.

    `width`: answers per turn; None takes the N of the run's config. `seeds`: None takes all.
    `iteration`: None takes the one that the run selected.
    """

    strategy: str
    selector: str
    turn: int
    loss: str = BRADLEY_TERRY
    view: StudyView = "main"
    width: int | None = None
    seeds: tuple[int, ...] | None = None
    iteration: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeMatrix:
    """Seeds × problems, as evaluation.statistics takes them: 1 solved, 0 not; a count of 0 if the episode is masked."""

    seeds: tuple[int, ...]
    totals: Array
    counts: Array


class StudyOutcomes:
    """The finished searches of a study's runs, read when asked for."""

    def __init__(self, runs: Sequence[StudyRun]) -> None:
        self.runs = list(runs)
        self._stores = {run.name: Store(run_root(run.config)) for run in runs}
        self._read = cache(_solved)

    def manifest(self, run: StudyRun, step: Stage, iteration: int | None = None) -> Manifest | None:
        """A stage of the run's last iteration; of the greedy search, that of the iteration which the run selected."""
        store, last = self._stores[run.name], run.config.run.iterations
        if iteration is not None:
            return store.find(iteration, step.name)
        selected = store.find(last, BEST_ITERATION.name) if step is SEARCH_GREEDY else None
        return store.find(selected.facts["iteration"] if selected else last, step.name)

    def finished(self, run: StudyRun) -> bool:
        return all(self.manifest(run, step) for step in (SEARCH_BEST_OF_N, METRICS))

    def stages(self, run: StudyRun) -> Iterator[Manifest]:
        """Every finished stage of a run."""
        store = self._stores[run.name]
        for iteration in range(run.config.run.iterations + 1):
            for name in store.names(iteration):
                if (found := store.find(iteration, name)) is not None:
                    yield found

    def seeds(self, part: SearchSlice) -> tuple[int, ...]:
        """Seeds for which the searches are finished."""
        return tuple(run.seed for run in self._runs_of(part) if self._solved_by_turn(run, part) is not None)

    def matrix(self, part: SearchSlice) -> OutcomeMatrix | None:
        """None if no seed has it. Problems are those that every seed has, in the order of their ids."""
        every = {run.seed: self._solved_by_turn(run, part, part.iteration) for run in self._runs_of(part)}
        found = {seed: solved for seed, solved in every.items() if solved is not None}
        if not found:
            return None
        problems = sorted(set.intersection(*(set(solved) for solved in found.values())))
        values = np.array([[solved[problem][part.turn - 1] for problem in problems] for solved in found.values()])
        known = ~np.isnan(values)
        return OutcomeMatrix(seeds=tuple(found), totals=np.where(known, values, 0.0), counts=known.astype(float))

    def pair(self, left: SearchSlice, right: SearchSlice) -> tuple[OutcomeMatrix, OutcomeMatrix] | None:
        """Both over the seeds that both have; None if there is none."""
        shared = tuple(seed for seed in self.seeds(left) if seed in self.seeds(right))
        one, other = (self.matrix(replace(part, seeds=shared)) for part in (left, right))
        return (one, other) if shared and one and other else None

    def _solved_by_turn(self, run: StudyRun, part: SearchSlice, iteration: int | None = None) -> "SolvedByTurn | None":
        """None if the search is not finished, or was left out: there was no pair to train a verifier on."""
        manifest = self.manifest(run, _search_stage(part), iteration)
        if manifest is None:
            return None
        settings, files = run.config.eval, tuple(manifest.files().values())
        return self._read(files, settings.turns).get(search_key(part, settings))

    def _runs_of(self, part: SearchSlice) -> Iterator[StudyRun]:
        for run in self.runs:
            mine = (run.strategy, run.loss, run.view) == (part.strategy, part.loss, part.view)
            if mine and (part.seeds is None or run.seed in part.seeds) and _has(run, part):
                yield run


def search_key(part: SearchSlice, settings: EvalSection) -> tuple[str, int]:
    """Selector and width that the episodes carry; best of 1 has nothing to choose and is searched as random."""
    width = part.width or settings.best_of
    if part.selector == "greedy":
        return "first", 1
    return (part.selector, width) if width > 1 else ("random", 1)


def _search_stage(part: SearchSlice) -> Stage:
    return SEARCH_GREEDY if part.selector == "greedy" else SEARCH_BEST_OF_N


def _has(run: StudyRun, part: SearchSlice) -> bool:
    """Whether the run's searches include these, once they are finished."""
    settings = run.config.eval
    if part.selector == "greedy":
        return True
    return part.selector in settings.selectors and (part.width or settings.best_of) in best_of_n_values(run.config)


def _solved(files: tuple[str, ...], turns: int) -> dict[tuple[str, int], SolvedByTurn]:
    """By selector and width; an episode that stopped keeps its last answer."""
    found: dict[tuple[str, int], SolvedByTurn] = {}
    for row in read_rows(files, _COLUMNS):
        labels = [_label(_final_answer(turn)) for turn in row["turns"]] or [0.0]
        labels = [float("nan")] * turns if mask_of_row(row) else labels + labels[-1:] * (turns - len(labels))
        found.setdefault((row["selector"], row["width"]), {})[row["problem_id"]] = labels
    return found


def _final_answer(turn: Row) -> Row:
    """As `actors.search.episode.Turn.held`, of a row that holds its verdicts only."""
    answer: Row = turn["answers"][turn["kept"][0] if turn["kept"] else turn["chosen"]]
    return answer


def _label(answer: Row) -> float:
    """1 if the answer is right; 0 if it is not, or if a suite that matters was not judged."""
    verdicts = (answer[suite] and Verdict(answer[suite]["verdict"]) for suite in ("public", "private"))
    return float(settling_verdict(*verdicts) is Verdict.ACCEPTED)
