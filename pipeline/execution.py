"""Executing a run: its iterations in their order, and its trackers, which are told as it goes on."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

from pipeline.iteration import run_iteration
from pipeline.plan import planned_stages
from pipeline.report.series import read_series, series_record
from pipeline.retention.after_iteration import remove_after_iteration
from pipeline.running_report import RunningReport
from pipeline.state.environment import run_environment
from pipeline.state.failures import ended_in_the_middle
from pipeline.state.plugins import plugin_origins, rows_named, store_plugins
from pipeline.state.run import Run
from pipeline.state.run_directory import claim_directory
from pipeline.state.run_progress import RunProgress
from pipeline.trackers.group import open_trackers
from pipeline.trackers.live import LIVE
from pipeline.trackers.status_file import Kind, StatusFile
from pipeline.trackers.tracker import MetricRecord, RunInfo


def begin_run(run: Run) -> None:
    """Bind the run's directory, which `held_lease` holds, to its config and what it runs with; require its plug-ins on
    every node.

    Raises StoreError if the directory belongs to another run, PluginError if a node lacks a plug-in.
    """
    from pipeline.cluster.plugins import require_on_every_node  # imports Ray

    require_on_every_node(plugin_origins(rows_named(run.config, run.splits)))
    claim_directory(run.store, run.config)
    store_plugins(run.store, run.config, run.splits)
    run.store.write(json.dumps(run_environment(), indent=1).encode(), "environment.json")


def execute_iterations(run: Run) -> None:
    """Execute or continue a run that was begun."""
    run.progress = RunProgress(planned_stages(run))
    report, last = RunningReport(run.store), run.config.run.iterations
    if not run.config.run.stages:  # a study has one report of all its runs
        run.after_stage = report.after_stage
    with ended_in_the_middle(lambda: bool(run.ran)), open_run_trackers(run, "run"):
        for iteration in range(last + 1):
            run_iteration(run, iteration)
            tell_metrics(run, iteration)
            remove_after_iteration(run.store, run.config)
            if iteration < last and not run.config.run.stages:
                report.after_iteration()


def tell_metrics(run: Run, iteration: int) -> None:
    """Tell the trackers that an iteration is finished, with the metrics of all iterations so far."""
    rows = [cast("MetricRecord", series_record(one)) for one in read_series(run.store)]
    run.trackers.iteration_finished(iteration, rows)


@contextmanager
def open_run_trackers(run: Run, kind: Kind) -> Iterator[None]:
    """The run's trackers, open for the body and told of the start; status.json, kept meanwhile."""
    settings = run.config.run
    LIVE.begin_run()
    LIVE.stages = run.progress.total or None
    with StatusFile(run.store.root, kind), open_trackers(settings.trackers, run.store.root) as trackers:
        run.trackers = trackers
        info = RunInfo(
            run_id=trackers.run_id,
            name=settings.name,
            root=run.store.root,
            iterations=settings.iterations,
            settings=run.config.model_dump(mode="json"),
        )
        trackers.run_started(info)
        yield
