"""What would end a run in the middle because of what lies in its directory, found before any work."""

from pipeline.config.schema import Config
from pipeline.errors import StoreError
from pipeline.integrity.stage_settings import Digests, expected_identity, other_inputs, stages_there
from pipeline.state.manifest import Manifest
from pipeline.state.stage import Stage
from pipeline.state.store import Store


def require_intact(store: Store, config: Config) -> None:
    """Raise a UserError for the first stage of the run that is damaged, of another config, or made of other stages than
    lie beside it. A stage that `store` finds later is not verified again.

    What is made anew in any case, a summary of other settings or inputs, is passed over.
    """
    digests: Digests = {}
    for iteration, step in stages_there(store):
        if iteration > config.run.iterations:
            return
        manifest = store.read_manifest(iteration, step.name)
        if manifest is None:
            _require_begun(store, config, iteration, step)
        elif not (step.recomputed and _differs(config, manifest, step, digests)):
            _require_finished(store, config, manifest, step, digests)
            digests[f"{step.name}@{iteration}"] = manifest.digest


def _differs(config: Config, manifest: Manifest, step: Stage, digests: Digests) -> bool:
    identity = expected_identity(config, manifest.iteration, step)
    return bool(identity.differences(manifest.identity, {}) or other_inputs(manifest, digests))


def _require_finished(store: Store, config: Config, manifest: Manifest, step: Stage, digests: Digests) -> None:
    store.verify(manifest)
    store.require_settings(manifest, expected_identity(config, manifest.iteration, step))
    if others := other_inputs(manifest, digests):
        raise StoreError(
            f"{manifest.directory} was made of another {others[0]} than lies in this run. Restore that stage, or "
            "delete this one and every later one to compute them again"
        )


def _require_begun(store: Store, config: Config, iteration: int, step: Stage) -> None:
    begun = store.read_begun(iteration, step.name)
    if begun is None or step.recomputed:
        return
    identity = expected_identity(config, iteration, step)
    if different := identity.differences(begun["identity"], {}):
        store.require_no_work(identity, different)
    else:
        store.verify_begun(iteration, step.name)
