"""Finished stages of another run, taken over as whole copies."""

import posixpath
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pipeline.errors import ConfigError
from pipeline.state.identity import StageIdentity
from pipeline.state.manifest import MANIFEST, Manifest
from pipeline.state.run_files import CONFIG, RunFiles, absolute_root
from pipeline.state.shared_stages import LINK, LOCK
from pipeline.state.store import Store
from pipeline.trackers.console import say

LEFT_BEHIND = {LINK, LOCK, "in_flight"}
"""What belongs to a stage's making, not to the stage."""


class FinishedElsewhere:
    """The stages of the run in `directory`, a local path or an address."""

    def __init__(self, directory: str, own_root: str) -> None:
        """Raises ConfigError if there is no run, or if it is this one."""
        self._store = Store(absolute_root(directory))
        if self._store.root.rstrip("/") == own_root.rstrip("/"):
            raise ConfigError(f"run.reuse = {directory!r} is this run itself; name another one, or leave it out")
        if not self._store.exists(CONFIG):
            raise ConfigError(f"run.reuse = {directory!r} holds no run: there is no {CONFIG}; name a run's directory")

    def take(
        self, identity: StageIdentity, store: Store, serves: Callable[[dict[str, Any]], bool] = lambda facts: True
    ) -> Manifest | None:
        """Copy the stage of this identity into `store`; None if the other run has not made it, or made it otherwise, or
        with facts that do not serve.

        Every byte that is copied is compared. Raises StoreError if the other run's stage is damaged.
        """
        iteration, name = identity.iteration, identity.stage
        there = self._store.find(iteration, name)
        if there is None:
            return None
        title = f"  iteration {iteration} · {name}"
        if there.identity_hash != identity.hash:
            different = identity.differences(there.identity, there.inputs)
            say(f"{title}: {self._store.root} made it otherwise ({different}), so it is made here")
            return None
        if not serves(there.facts):
            say(f"{title}: {self._store.root} made it for another strategy alone, so it is made here")
            return None
        target = RunFiles(store.prepare(identity))
        store.guard()
        _copy(RunFiles(there.directory), target)
        found = store.find(iteration, name)
        say(f"{title}: taken from {self._store.root}")
        return found


def _copy(source: RunFiles, target: RunFiles, *folder: str) -> None:
    """What a file tells of is there before it: folders, data, the records of parts, and the manifest at last."""
    files = source.file_sizes(*folder)
    for name in source.names(*folder):
        if name not in files and name not in LEFT_BEHIND:
            _copy(source, target, *folder, name)
    for name in sorted(files, key=lambda name: (name == MANIFEST, name.endswith(".json"), name)):
        if name not in LEFT_BEHIND:
            _copy_file(source, target, posixpath.join("", *folder, name))


def _copy_file(source: RunFiles, target: RunFiles, name: str) -> None:
    with tempfile.TemporaryDirectory(prefix="mucode-reuse-") as scratch:
        passing = Path(scratch) / "file"
        source.storage.download(name, passing)
        target.storage.upload(passing, name)
