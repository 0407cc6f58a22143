"""Which checkpoints are kept under each value of `run.keep_checkpoints`."""

from collections.abc import Iterator

from pipeline.config.run_sections import KeepCheckpoints
from pipeline.integrity.stage_settings import stages_there
from pipeline.stages.search import SEARCH_GREEDY, SEARCH_VALIDATION, most_accurate
from pipeline.state.manifest import Manifest
from pipeline.state.store import Store


def finished_trainings(store: Store) -> list[Manifest]:
    """Of all stages that have a checkpoint, in their order."""
    return [found for found in _manifests(store) if found.checkpoint is not None]


def kept_trainings(store: Store, keep: KeepCheckpoints) -> list[Manifest]:
    """Those whose checkpoints are kept.

    "last": of each kind of training the last one; "last+best": those of the best iteration, too. The best is the one
    with the highest greedy accuracy: on the validation problems if the run searches them, else on the test problems.
    """
    trainings = finished_trainings(store)
    if keep == "all":
        return trainings
    last = {one.stage: one for one in trainings}
    best = _best_iteration(store) if keep == "last+best" else None
    return [one for one in trainings if one is last[one.stage] or one.iteration == best]


def _best_iteration(store: Store) -> int | None:
    manifests = list(_manifests(store))
    for step in (SEARCH_VALIDATION, SEARCH_GREEDY):
        if searches := [one for one in manifests if one.stage == step.name and one.parts]:
            return most_accurate(searches).iteration
    return None


def _manifests(store: Store) -> Iterator[Manifest]:
    for iteration, step in stages_there(store):
        found = store.read_manifest(iteration, step.name)
        if found is not None:
            yield found
