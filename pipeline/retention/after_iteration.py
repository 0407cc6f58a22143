"""`run.keep_checkpoints` while a run goes on: after each iteration, checkpoints of earlier ones go."""

from pipeline.config.schema import Config
from pipeline.errors import what_happened
from pipeline.retention.plan import removable_checkpoints
from pipeline.retention.removal import remove_all
from pipeline.state.store import Store
from pipeline.trackers.console import counted, notice, say
from pipeline.trackers.live import LIVE


def remove_after_iteration(store: Store, config: Config) -> None:
    """Remove what the setting does not keep and the rest of the run does not read. What fails is told and ends nothing.

    Those of the iteration that has just ended are the last ones, so they are kept under every value.
    """
    keep = config.run.keep_checkpoints
    if keep == "all" or config.run.stages:  # other runs may read what this one does not
        return
    try:
        items = removable_checkpoints([(store, config)], keep)
        store.guard()
        remove_all(store.root, items, f"run.keep_checkpoints = {keep!r}")
    except Exception as error:  # a store out of reach, say: what is left takes room, and no more
        notice(f"  checkpoints of earlier iterations could not be removed: {what_happened(error)}")
        return
    if items:
        freed = sum(item.size_bytes for item in items)
        LIVE.forget_checkpoints(freed)
        say(f"  {counted(len(items), 'checkpoint')} of earlier iterations removed, {freed / (1 << 20):.1f} MiB")
