"""Which stages lie in a run directory, and whether they belong to each other and to its config."""

import re
from collections.abc import Iterator, Mapping

from pipeline.config.schema import Config
from pipeline.stages.catalogue import STAGES
from pipeline.state.identity import StageIdentity
from pipeline.state.manifest import Manifest
from pipeline.state.stage import Stage
from pipeline.state.store import Store

Digests = dict[str, str]
"""Of finished stages, by "name@iteration"."""


def stages_there(store: Store) -> Iterator[tuple[int, Stage]]:
    """Iteration and row of each stage that has a folder, in the order in which they are executed."""
    for iteration in iterations_there(store):
        names = set(store.names(iteration))
        yield from ((iteration, step) for step in STAGES if step.name in names)


def iterations_there(store: Store) -> list[int]:
    """Iterations that have a folder, in their order."""
    found = (re.fullmatch(r"iter_(\d{4,})", name) for name in store.files.names())
    return sorted(int(match[1]) for match in found if match)


def expected_identity(config: Config, iteration: int, step: Stage) -> StageIdentity:
    """The identity of a stage as far as the config alone says it: without inputs."""
    return StageIdentity(iteration=iteration, stage=step.name, settings=step.settings(config), inputs={})


def other_inputs(manifest: Manifest, digests: Mapping[str, str]) -> list[str]:
    """The stages, as "name@iteration", that a stage was made of, and of which others lie there now."""
    made_of = {name.partition(":")[2]: digest for name, digest in manifest.inputs.items() if "@" in name}
    return [name for name, digest in made_of.items() if digests.get(name, digest) != digest]
