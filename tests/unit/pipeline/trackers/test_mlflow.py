"""MLflow's own client and stores: what they hold after an interrupted and resumed run."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pipeline.trackers.group import open_trackers
from pipeline.trackers.kinds import check_trackers
from pipeline.trackers.told import TrackingFile
from pipeline.trackers.tracker import RunInfo, TrackerError
from tests.support.told_run import ITERATION_SCALARS, STEP_SCALARS, started, tell, tell_in_two_starts, training_step

if TYPE_CHECKING:
    from mlflow.entities import Run
    from mlflow.tracking import MlflowClient


@pytest.fixture(autouse=True)
def of_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MLFLOW_TRACKING_URI", "MLFLOW_EXPERIMENT_NAME", "MLFLOW_ALLOW_FILE_STORE"):
        monkeypatch.delenv(name, raising=False)


def client_of(uri: str) -> "MlflowClient":
    from mlflow.tracking import MlflowClient  # takes two seconds, which no other test should wait for

    return MlflowClient(tracking_uri=uri)


def only_run(client: "MlflowClient", experiment: str = "mucode") -> "Run":
    found = client.get_experiment_by_name(experiment)
    assert found is not None
    (run,) = client.search_runs([found.experiment_id])
    return run


def require_curves(client: "MlflowClient", run: "Run") -> None:
    expected = {f"iter_0001/{name}": points for name, points in STEP_SCALARS.items()} | ITERATION_SCALARS
    assert run.data.metrics.keys() == expected.keys()
    for name, points in expected.items():
        history = client.get_metric_history(run.info.run_id, name)
        assert [(one.step, one.value) for one in history] == points, name


def test_a_resumed_run_is_one_run_and_tells_nothing_twice(tmp_path: Path) -> None:
    tell_in_two_starts("mlflow", tmp_path)
    client = client_of(f"sqlite:///{tmp_path}/mlflow.db")
    run = only_run(client)
    require_curves(client, run)
    assert (run.info.run_name, run.info.status) == ("r", "FINISHED")
    assert run.data.tags["mucode.run_id"] == TrackingFile(str(tmp_path)).run_id
    assert run.data.params == {"run.seed": "0", "run.trackers": "['mlflow']"}
    assert run.data.tags["run.seed"] == "1"
    with pytest.raises(RuntimeError), started("mlflow", tmp_path):
        assert only_run(client).info.status == "RUNNING"
        raise RuntimeError
    assert (only_run(client).info.status, only_run(client).data.tags["run.seed"]) == ("FAILED", "0")


def test_a_store_of_ones_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", (tmp_path / "mlruns").as_uri())
    with pytest.raises(TrackerError, match="is a folder, which MLflow refuses unless MLFLOW_ALLOW_FILE_STORE=true"):
        check_trackers(["mlflow"], str(tmp_path / "r"))
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    monkeypatch.setenv("MLFLOW_EXPERIMENT_NAME", "theirs")
    check_trackers(["mlflow"], str(tmp_path / "r"))
    tell("mlflow", tmp_path / "r")
    client = client_of((tmp_path / "mlruns").as_uri())
    require_curves(client, only_run(client, "theirs"))
    assert not (tmp_path / "r" / "mlflow.db").exists()


@pytest.mark.slow
def test_two_runs_make_one_experiment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other makes it between this one's look and its own attempt."""
    from mlflow.tracking import MlflowClient

    uri = f"sqlite:///{tmp_path}/shared.db"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    look, other = MlflowClient.get_experiment_by_name, client_of(uri)

    def looked_before_the_other(self: "MlflowClient", name: str) -> object:
        found = look(self, name)
        if found is None:
            other.create_experiment(name)
        return found

    monkeypatch.setattr(MlflowClient, "get_experiment_by_name", looked_before_the_other)
    tell("mlflow", tmp_path / "r")
    require_curves(other, only_run(other))


def test_what_cannot_be_opened_is_refused_before_work(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(TrackerError, match="s3://bucket/r is an object store, which holds no database: set MLFLOW_"):
        check_trackers(["mlflow"], "s3://bucket/r")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "https://me:hidden@host:5000")
    with pytest.raises(TrackerError, match="MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD") as refused:
        check_trackers(["mlflow"], "s3://bucket/r")
    assert "hidden" not in str(refused.value)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://host:5000")
    check_trackers(["mlflow"], "s3://bucket/r")


def test_a_server_out_of_reach_ends_the_tracker_and_not_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", "hidden-token")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with started("mlflow", tmp_path) as trackers:
        trackers.training_steps([training_step(1)])
        assert trackers.names == ()
    said = capsys.readouterr().out
    assert said.startswith("tracker 'mlflow' failed and is told nothing more: ") and "hidden" not in said


def test_every_setting_is_told_whatever_its_name_and_length(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """More than one request holds, names that MLflow takes not, and a value that is too long for it."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", (tmp_path / "mlruns").as_uri())
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    settings = {f"key{number}": number for number in range(150)} | {"a+b": "x" * 7000}
    for _ in range(2):
        with open_trackers(["mlflow"], str(tmp_path / "r")) as trackers:
            trackers.run_started(RunInfo(run_id=trackers.run_id, name="r", root="r", iterations=1, settings=settings))
            assert trackers.names == ("mlflow",)
    run = only_run(client_of((tmp_path / "mlruns").as_uri()))
    assert len(run.data.params) == 151 and run.data.params["a_b"] == "x" * 6000
    assert run.data.tags.keys() & run.data.params.keys() == set()
