"""Executing a run: its iterations in their order, and its trackers, which are told as it goes on."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

from pipeline.iteration import run_iteration
from pipeline.plan import planned_stages
from pipeline.report.series import read_series, series_record
from pipeline.state.run import Run
from pipeline.state.run_progress import RunProgress
from pipeline.trackers.group import open_trackers
from pipeline.trackers.tracker import MetricRecord, RunInfo


def execute_iterations(run: Run) -> None:
    """Execute or continue a run whose directory is claimed."""
    run.progress = RunProgress(planned_stages(run))
    with open_run_trackers(run):
        for iteration in range(run.config.run.iterations + 1):
            run_iteration(run, iteration)
            rows = [cast("MetricRecord", series_record(one)) for one in read_series(run.store)]
            run.trackers.iteration_finished(iteration, rows)


@contextmanager
def open_run_trackers(run: Run) -> Iterator[None]:
    """The run's trackers, open for the body and told of the start."""
    settings = run.config.run
    with open_trackers(settings.trackers, run.store.root) as trackers:
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
