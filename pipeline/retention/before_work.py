"""A run that needs a checkpoint that was removed is refused before any work."""

import posixpath

from actors.storage.removed_checkpoint import removed_checkpoint
from pipeline.config.schema import Config
from pipeline.errors import StoreError
from pipeline.retention.needs import needed_checkpoints
from pipeline.state.store import Store


def require_checkpoints(store: Store, config: Config) -> None:
    """Raises StoreError for the first stage that is not finished and reads a checkpoint that was removed."""
    for need in needed_checkpoints(store, config):
        removed = removed_checkpoint(need.path)
        if removed is not None:
            raise StoreError(
                f"{need.stage} of iteration {need.iteration} needs {need.path}, a {removed}. Restore that folder from "
                f"a copy, or delete {posixpath.dirname(need.path)} and every later stage to train it again"
            )
