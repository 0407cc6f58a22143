"""What `mucode run` does: claim the directory, reach Ray, execute, report."""

import time
from typing import TYPE_CHECKING

from pipeline.config.schema import Config
from pipeline.state.problems import ProblemSplits
from pipeline.state.store import Store
from pipeline.trackers.console import counted, say

if TYPE_CHECKING:
    from pipeline.state.run import Run


def execute_run(config: Config, splits: ProblemSplits) -> int:
    """Run or continue `config`'s run. Everything that can be wrong is found before any work is done."""
    from pipeline.execution import begin_run, execute_iterations
    from pipeline.preflight.check import check_run
    from pipeline.preflight.settling import choices_text
    from pipeline.state.run import Run
    from pipeline.state.run_directory import require_free, run_root

    started = time.monotonic()
    given, config = config, check_run(config, splits)
    say(choices_text(given, config, trains=config.learns))
    store = Store(run_root(config))
    require_free(store, config)
    from pipeline.cluster.actor_groups import ActorGroups

    with ActorGroups(config) as actor_groups:
        run = Run(config, actor_groups, splits)
        begin_run(run)
        execute_iterations(run)
    return _finish(store, run, time.monotonic() - started)


def _finish(store: Store, run: "Run", seconds: float) -> int:
    from pipeline.report.page import write_report
    from pipeline.report.results import print_results

    if not run.ran:
        say(f"nothing left to do: all {run.skipped} stages of {store.root} are finished")
    print(print_results(store), flush=True)
    say(f"report: {write_report(store)}")
    say(f"{counted(len(run.ran), 'stage')} run, {run.skipped} found finished, {seconds:.0f} s")
    return 0
