"""What `mucode run` does: claim the directory, reach Ray, execute, report."""

import time
from typing import TYPE_CHECKING

from pipeline.config.schema import Config
from pipeline.state.problems import ProblemSplits
from pipeline.trackers.console import counted, say

if TYPE_CHECKING:
    from pipeline.state.run import Run


def execute_run(config: Config, splits: ProblemSplits) -> int:
    """Run or continue `config`'s run. Everything that can be wrong is found before any work is done."""
    from pipeline.execution import begin_run, execute_iterations
    from pipeline.integrity.before_work import require_intact
    from pipeline.preflight.check import check_run
    from pipeline.preflight.settling import choices_text
    from pipeline.retention.before_work import require_checkpoints
    from pipeline.state.lease.holding import held_lease
    from pipeline.state.run import Run
    from pipeline.state.run_directory import require_free

    started = time.monotonic()
    given, config = config, check_run(config, splits)
    say(choices_text(given, config, trains=config.learns))
    run = Run(config, None, splits)
    require_free(run.store, config)
    require_intact(run.store, config)
    require_checkpoints(run.store, config)
    from pipeline.cluster.actor_groups import ActorGroups

    with held_lease(run.store, config.run.lease_s), ActorGroups(config) as actor_groups:
        run.actor_groups = actor_groups
        begin_run(run)
        execute_iterations(run)
    return _finish(run, time.monotonic() - started)


def _finish(run: "Run", seconds: float) -> int:
    from pipeline.report.results import print_results
    from pipeline.running_report import RunningReport

    if not run.ran:
        say(f"nothing left to do: all {run.skipped} stages of {run.store.root} are finished")
    print(print_results(run.store), flush=True)
    if (report := RunningReport(run.store).write()) is not None:
        say(f"report: {report}")
    say(f"{counted(len(run.ran), 'stage')} run, {run.skipped} found finished, {seconds:.0f} s")
    return 0
