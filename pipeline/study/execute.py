"""What `mucode study` does: every run, in worker processes or one after the other, then the tables and the report."""

import json
import os
import time
from collections.abc import Sequence

from actors.machine.capacity import usable_cores
from pipeline.errors import ConfigError, StoreError
from pipeline.state.lease.holding import held_lease
from pipeline.state.lease.taking import require_no_driver
from pipeline.state.problems import ProblemSplits
from pipeline.state.run_directory import require_free, run_root
from pipeline.state.store import Store
from pipeline.study.load import study_as_stored
from pipeline.study.parallel import execute_in_parallel
from pipeline.study.runs import StudyRun, distinct_configs, settled_runs, study_runs
from pipeline.study.sequential import StageTally, execute_sequentially
from pipeline.study.spec import Study
from pipeline.trackers.console import counted, say


def execute_study(study: Study) -> int:
    """Execute or continue a study; the exit status. Everything that can be wrong is found before any work is done."""
    from pipeline.preflight.check import check_run
    from pipeline.study.publish import publish_study

    started = time.monotonic()
    runs = study_runs(study)
    splits = ProblemSplits()
    for config in distinct_configs(runs):
        check_run(config, splits)
    runs = settled_runs(runs, fetch=True)
    require_cores(study.lanes)
    store = Store(study.directory)
    require_same_study(store, runs)
    with held_lease(store, runs[0].config.run.lease_s):
        tally = _execute_runs(study, runs, store)
        print(publish_study(study, runs), flush=True)
    say(f"report: {study.directory}/report.html")
    if not tally.ran:
        say(f"nothing left to do: all {tally.skipped} stages of {store.root} are finished")
    say(f"{counted(tally.ran, 'stage')} run, {tally.skipped} found finished, {time.monotonic() - started:.0f} s")
    return 0


def _execute_runs(study: Study, runs: Sequence[StudyRun], store: Store) -> StageTally:
    if study.lanes > 1:
        _begin(store, study)
        return execute_in_parallel(runs, study.lanes)
    from pipeline.cluster.actor_groups import ActorGroups

    with ActorGroups(runs[0].config) as actor_groups:
        _begin(store, study)
        return execute_sequentially(runs, actor_groups)


def require_cores(lanes: int) -> None:
    """Workers beyond the cores of this machine would only wait for each other. Raises ConfigError."""
    cores = usable_cores()
    if lanes > cores and not os.environ.get("RAY_ADDRESS"):
        raise ConfigError(
            f"lanes = {lanes}: this process may use {cores} cores; lower lanes, or name a cluster in RAY_ADDRESS"
        )


def require_same_study(store: Store, runs: Sequence[StudyRun]) -> None:
    """Refuse a study directory that another driver of this machine writes, or whose runs were begun with other
    settings, or have a driver of their own."""
    require_no_driver(store.files)
    for run in runs:
        try:
            require_free(Store(run_root(run.config)), run.config)
        except StoreError as error:
            raise StoreError(f"{error} (for a study: its `name`)") from None


def _begin(store: Store, study: Study) -> None:
    """Bind the directory, which this process holds, to this study."""
    from pipeline.state.environment import run_environment

    store.write(study.model_dump_json(indent=1).encode(), "study.json")
    store.write(json.dumps(run_environment(), indent=1).encode(), "environment.json")
    say(f"study {store.root}")


def stored_study(root: str) -> Study | None:
    """The study that a directory was begun with, wherever it lies now; None if it is no study.

    Names of plug-ins are not looked up. Raises StoreError if study.json is not what a study wrote.
    """
    store = Store(root)
    data = store.read_json("study.json")
    if data is None:
        return None
    if not isinstance(data, dict):
        raise StoreError(f"{store.root}/study.json is not what a study wrote: {data!r}. Restore it")
    folder, _, name = store.root.rstrip("/").rpartition("/")
    return study_as_stored(data | {"root": folder, "name": name}, where=f"{store.root}/study.json")
