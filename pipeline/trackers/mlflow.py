"""The tracker that tells MLflow: one run there for all starts of a run directory, with the names of scalars.py.

The store is `mlflow.db` in the run directory, an SQLite database, or what `MLFLOW_TRACKING_URI` names. The run is found
again by its tag `mucode.run_id`, in the experiment that `MLFLOW_EXPERIMENT_NAME` names, else in `mucode`.
"""

import logging
import os
import re
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pipeline.trackers.scalars import flat_settings, iteration_scalars, stage_scalars, step_scalars, training_folder
from pipeline.trackers.status_file import current_ending
from pipeline.trackers.tracker import MetricRecord, RunInfo, StageSummary, TrackerError, TrainingStep

if TYPE_CHECKING:
    from mlflow.entities import Run

EXPERIMENT, RUN_ID_TAG = "mucode", "mucode.run_id"
URI, FILE_STORES = "MLFLOW_TRACKING_URI", "MLFLOW_ALLOW_FILE_STORE"
DEFAULTS = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "4",
}
"""Of MLflow's variables that are not set: it reports on its use to nobody, and a server that is silent holds the run up
for a minute and a half, not for a quarter of an hour."""
STATUS = {"finished": "FINISHED", "failed": "FAILED", "interrupted": "KILLED"}
NOT_IN_NAMES = re.compile(r"[^\w./ :-]")
LONGEST_NAME, LONGEST_VALUE, MOST_AT_ONCE = 250, 6000, 100
"""Characters of a name and of a parameter; parameters, tags or metrics in one request."""


def check_store(root: str) -> None:
    """Raise TrackerError if the store cannot be opened for a run directory at `root`. Imports and opens nothing."""
    uri = os.environ.get(URI, "")
    parts = urlsplit(uri)
    if not uri and "://" in root:
        raise TrackerError(
            f"run.trackers holds 'mlflow', and {root} is an object store, which holds no database: set {URI}, as in "
            "http://HOST:5000 or sqlite:////PATH/mlflow.db, or take 'mlflow' out of run.trackers"
        )
    if parts.scheme in ("http", "https") and "@" in parts.netloc:
        raise TrackerError(
            f"{URI} holds a name or a password, which MLflow would show in errors: give them by "
            "MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or by MLFLOW_TRACKING_TOKEN"
        )
    if uri and parts.scheme in ("", "file") and os.environ.get(FILE_STORES, "").lower() not in ("true", "1"):
        raise TrackerError(
            f"{URI} = {uri!r} is a folder, which MLflow refuses unless {FILE_STORES}=true: set that, or "
            f"{URI}=sqlite:////PATH/mlflow.db"
        )


class MlflowTracker:
    """`root`: the run directory, a local path, or any address if `MLFLOW_TRACKING_URI` is set."""

    def __init__(self, root: str) -> None:
        check_store(root)
        for name, value in DEFAULTS.items():
            os.environ.setdefault(name, value)
        from mlflow.tracking import MlflowClient

        logging.getLogger("mlflow.store.db").setLevel(logging.WARNING)  # that tables are made
        self._root = root
        self._client = MlflowClient(tracking_uri=os.environ.get(URI) or f"sqlite:///{Path(root).absolute()}/mlflow.db")
        self._run_id: str | None = None

    def run_started(self, info: RunInfo) -> None:
        run = self._found(info.run_id)
        self._run_id = run.info.run_id
        self._client.update_run(self._run_id, status="RUNNING", name=info.name)
        self._tell_settings(run, info.settings)

    def training_step(self, step: TrainingStep) -> None:
        folder = training_folder(step.iteration)
        self._log({f"{folder}/{name}": value for name, value in step_scalars(step).items()}, step.step)

    def stage_finished(self, summary: StageSummary) -> None:
        self._log(stage_scalars(summary), summary.iteration)

    def iteration_finished(self, iteration: int, rows: Sequence[MetricRecord]) -> None:
        self._log(iteration_scalars(iteration, rows), iteration)

    def close(self) -> None:
        if self._run_id is not None:
            self._client.set_terminated(self._run_id, STATUS[current_ending()])

    def _found(self, run_id: str) -> "Run":
        """The run of an earlier start, else a new one."""
        number = self._experiment(os.environ.get("MLFLOW_EXPERIMENT_NAME") or EXPERIMENT)
        runs = self._client.search_runs([number], f"tags.`{RUN_ID_TAG}` = '{run_id}'", max_results=1)
        return runs[0] if runs else self._client.create_run(number, tags={RUN_ID_TAG: run_id})

    def _experiment(self, name: str) -> str:
        """The id of the experiment, which is made if there is none. Runs of a study that share a store begin at once:
        one of them makes it, the others are refused and find it."""
        from mlflow.exceptions import MlflowException

        if (found := self._client.get_experiment_by_name(name)) is not None:
            return str(found.experiment_id)
        try:
            return str(self._client.create_experiment(name, self._artifacts()))
        except MlflowException:
            if (found := self._client.get_experiment_by_name(name)) is None:
                raise
            return str(found.experiment_id)

    def _artifacts(self) -> str | None:
        """Where files of a new experiment go, of which this tracker has none; None: as the server has it."""
        return None if os.environ.get(URI) else (Path(self._root).absolute() / "mlartifacts").as_uri()

    def _tell_settings(self, run: "Run", settings: Mapping[str, object]) -> None:
        """As parameters, which keep their first values; what a resume changed is a tag of the same name."""
        from mlflow.entities import Param, RunTag

        assert self._run_id is not None
        now = {_name(name): str(value)[:LONGEST_VALUE] for name, value in flat_settings(settings)}
        first, later = run.data.params, run.data.tags
        changed = {name: value for name, value in now.items() if value != later.get(name, first.get(name, value))}
        for some in _batches(now.keys() - first.keys()):
            self._client.log_batch(self._run_id, params=[Param(name, now[name]) for name in some])
        for some in _batches(changed):
            self._client.log_batch(self._run_id, tags=[RunTag(name, changed[name]) for name in some])

    def _log(self, values: Mapping[str, float], step: int) -> None:
        from mlflow.entities import Metric

        assert self._run_id is not None, "told before run_started"
        now = int(time.time() * 1000)
        for some in _batches(values):
            metrics = [Metric(_name(name), float(values[name]), now, step) for name in some]
            self._client.log_batch(self._run_id, metrics=metrics)


def _name(name: str) -> str:
    """Without what MLflow takes in no name."""
    return NOT_IN_NAMES.sub("_", name)[:LONGEST_NAME]


def _batches(names: Iterable[str]) -> list[list[str]]:
    every = sorted(names)
    return [every[start : start + MOST_AT_ONCE] for start in range(0, len(every), MOST_AT_ONCE)]
