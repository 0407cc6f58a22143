"""The states of one training on its run's storage. One is kept; while another is written there are two."""

import posixpath
from collections.abc import Callable
from pathlib import Path

from actors.storage.checkpoint import is_saved, save_atomically
from actors.storage.run_storage import open_storage

FOLDER = "training_state"
"""Of the stage, beside its checkpoint."""
NAME = "step-{:08d}"


class SavedStates:
    """States below the directory of a stage, by their step. A state is whole or not there."""

    def __init__(self, stage: str) -> None:
        self.folder = posixpath.join(stage, FOLDER)
        self._storage = open_storage(self.folder)

    def addresses(self) -> list[str]:
        """Of the whole ones, that of the latest step first."""
        names = [name for name in self._storage.list_names() if name.startswith(NAME[:5])]
        found = [posixpath.join(self.folder, name) for name in sorted(names, reverse=True)]
        return [address for address in found if is_saved(address)]

    def save(self, step: int, write: Callable[[Path], None]) -> None:
        """Let `write` fill a directory, which becomes the state after `step`; then remove what was there before."""
        name = NAME.format(step)
        save_atomically(write, posixpath.join(self.folder, name))
        for other in self._storage.list_names():  # those of other trainings and halves that a kill left, too
            if other != name:
                self._storage.delete_directory(other)

    def forget(self) -> None:
        """Remove all of them."""
        if self._storage.exists():
            self._storage.delete_directory()
