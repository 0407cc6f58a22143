"""The finished stages of a study's runs, as they lie in its directory."""

from collections.abc import Iterator, Sequence

from pipeline.stages.metrics import METRICS
from pipeline.stages.search import BEST_ITERATION, SEARCH_BEST_OF_N, SEARCH_GREEDY
from pipeline.state.manifest import Manifest
from pipeline.state.run_directory import run_root
from pipeline.state.stage import Stage
from pipeline.state.store import Store
from pipeline.study.runs import StudyRun


class FinishedStages:
    """Manifests, read when asked for."""

    def __init__(self, runs: Sequence[StudyRun]) -> None:
        self.runs = list(runs)
        self._stores = {run.name: Store(run_root(run.config)) for run in runs}

    def iteration(self, run: StudyRun) -> int:
        """The one whose generator the run returns: the last, or the one that it selected."""
        last = run.config.run.iterations
        selected = self._stores[run.name].find(last, BEST_ITERATION.name)
        return selected.chosen_iteration if selected else last

    def manifest(self, run: StudyRun, step: Stage, iteration: int | None = None) -> Manifest | None:
        """A stage of the run's last iteration; of the greedy search, that of the iteration which the run returns."""
        if iteration is None:
            iteration = self.iteration(run) if step is SEARCH_GREEDY else run.config.run.iterations
        return self._stores[run.name].find(iteration, step.name)

    def complete(self, run: StudyRun) -> bool:
        return all(self.manifest(run, step) for step in (SEARCH_BEST_OF_N, METRICS))

    def of(self, run: StudyRun) -> Iterator[Manifest]:
        """Every finished stage of a run."""
        store = self._stores[run.name]
        for iteration in range(run.config.run.iterations + 1):
            for name in store.names(iteration):
                if (found := store.find(iteration, name)) is not None:
                    yield found
