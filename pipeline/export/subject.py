"""What is exported: a policy or a verifier of a run, found by its manifests."""

from dataclasses import dataclass
from typing import Literal

from actors.storage.checkpoint import Checkpoint
from actors.storage.removed_checkpoint import removed_checkpoint
from pipeline.config.schema import Config
from pipeline.errors import StoreError
from pipeline.report.series import begun_iterations, returned_iteration
from pipeline.stages.generator import POLICY
from pipeline.stages.metrics import METRICS
from pipeline.stages.search import SEARCH_GREEDY
from pipeline.stages.verifier import VERIFIER
from pipeline.state.manifest import Manifest
from pipeline.state.models import resolve_model
from pipeline.state.run_directory import EVALUATION, stored_config
from pipeline.state.store import Store

What = Literal["generator", "verifier"]
STUDY = "study.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportSubject:
    """One model of a run. `returned`: whether its iteration is the one that the run returns. `training`: the stage that
    made it; None if it is the base model as it was."""

    store: Store
    config: Config
    what: What
    iteration: int
    returned: bool
    checkpoint: Checkpoint
    training: Manifest | None

    @property
    def is_verifier(self) -> bool:
        return self.what == "verifier"

    @property
    def title(self) -> str:
        """As in "policy of iteration 2"."""
        return f"{self.what if self.is_verifier else 'policy'} of iteration {self.iteration}"


def find_subject(root: str, what: What, iteration: int | None = None) -> ExportSubject:
    """The model of an iteration; without one, of the iteration that the finished run returns.

    Raises StoreError if there is no such run or model, or its weights were removed.
    """
    store = Store(root)
    _require_run(store)
    config, returned = stored_config(root), _returned(store)
    if iteration is None:
        if returned is None:
            raise StoreError(_unfinished(store, config))
        iteration = returned
    training = store.read_manifest(iteration, VERIFIER.name if what == "verifier" else POLICY.name)
    if training is not None:
        checkpoint = training.trained
        if removed := removed_checkpoint(checkpoint.path):
            raise StoreError(f"{checkpoint.path}: {removed}; export another iteration with --iteration, or train again")
    elif what == "verifier":
        raise StoreError(f"iteration {iteration} of {root} has no trained verifier; {_trained(store, VERIFIER.name)}")
    elif iteration == 0:
        checkpoint = _base(store, config)
    else:
        raise StoreError(
            f"iteration {iteration} of {root} has no trained policy; {_trained(store, POLICY.name)}, "
            "and iteration 0 is the base model"
        )
    return ExportSubject(
        store=store,
        config=config,
        what=what,
        iteration=iteration,
        returned=iteration == returned,
        checkpoint=checkpoint,
        training=training,
    )


def _require_run(store: Store) -> None:
    if store.exists(STUDY):
        raise StoreError(f"{store.root} is a study; give one of its runs, as {store.root}/cells/NAME")
    if store.exists(EVALUATION):
        raise StoreError(f"{store.root} is an evaluation, which trained nothing; give the directory of a run")


def _returned(store: Store) -> int | None:
    """The iteration that the run returns; None if it is not finished."""
    config = stored_config(store.root)
    finished = store.read_manifest(config.run.iterations, METRICS.name) is not None
    return returned_iteration(store) if finished else None


def _unfinished(store: Store, config: Config) -> str:
    done = sum(store.read_manifest(i, METRICS.name) is not None for i in begun_iterations(store))
    return (
        f"{store.root} is not finished ({done} of {config.run.iterations + 1} iterations are evaluated), so which one "
        "it returns is not known; finish it with `mucode resume`, or name one with --iteration"
    )


def _trained(store: Store, name: str) -> str:
    found = [str(i) for i in begun_iterations(store) if store.read_manifest(i, name) is not None]
    return f"there is one of iteration {', '.join(found)}" if found else "there is none of any iteration"


def _base(store: Store, config: Config) -> Checkpoint:
    """The base model, if it is still the one that the run began with."""
    base, used = resolve_model(config.model.generator), base_policy_id(store)
    if used is not None and base.policy_id != used:
        raise StoreError(
            f"{config.model.generator} is not the base model of {store.root} any more (now {base.policy_id}, then "
            f"{used}): restore it, or export a trained iteration"
        )
    return base


def base_policy_id(store: Store) -> str | None:
    """The checksum of the model that the run began with; None if nothing was evaluated yet."""
    searched = store.read_manifest(0, SEARCH_GREEDY.name)
    return None if searched is None else searched.inputs.get("policy")
