"""W&B's own client, kept on this machine: what its files hold after an interrupted and resumed run."""

import json
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline.config.load import load_config
from pipeline.preflight.check import check_settings
from pipeline.state.problems import ProblemSplits
from pipeline.trackers.kinds import check_trackers
from pipeline.trackers.told import TrackingFile
from pipeline.trackers.tracker import TrackerError
from tests.support.told_run import ITERATION_SCALARS, STEP_SCALARS, started, tell_in_two_starts, training_step

KEY = "local-" + "0123456789" * 4


@pytest.fixture(autouse=True)
def of_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A person without an account and without settings of W&B."""
    for name in ("WANDB_API_KEY", "WANDB_MODE", "WANDB_DIR", "WANDB_PROJECT", "WANDB_BASE_URL", "WANDB_SERVICE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    for name in ("WANDB_CONFIG_DIR", "WANDB_CACHE_DIR", "WANDB_DATA_DIR"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    import wandb  # takes a second, which no other test should wait for

    wandb.teardown()
    yield
    wandb.teardown()


def records(folder: Path) -> dict[str, list[dict[str, Any]]]:
    """What one start left, by kind, as W&B's own program prints it (`wandb leet inspect`)."""
    from wandb.util import get_core_path

    (file,) = folder.glob("*.wandb")
    command = [get_core_path(), "leet", "inspect", "--no-observability", "--json", "--run-file", str(file), str(folder)]
    found = defaultdict(list)
    for line in subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines():
        record = json.loads(line)
        found[record["type"]].append(record[record["type"]])
    return found


def require_no_key(root: Path) -> None:
    files = [path for path in root.rglob("*") if path.is_file()]
    assert any(path.suffix == ".log" for path in files), "W&B's own logs are among them"
    assert [path for path in files if KEY.encode() in path.read_bytes()] == []


def curves(rows: list[dict[str, Any]], axis: str) -> dict[str, list[tuple[int, float]]]:
    """Name -> (place on the axis, value), in order, of the rows that have one."""
    found: dict[str, list[tuple[int, float]]] = {}
    for row in rows:
        for name in sorted(row.keys() - {axis}):
            if axis in row and not name.startswith("_"):
                found.setdefault(name, []).append((row[axis], row[name]))
    return found


def test_a_resumed_run_is_one_run_and_tells_nothing_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WANDB_MODE", "offline")
    monkeypatch.setenv("WANDB_API_KEY", KEY)
    root = tmp_path / "r"
    tell_in_two_starts("wandb", root)
    folders = sorted((root / "wandb").glob("offline-run-*"))
    starts = [records(folder) for folder in folders]
    runs = [run for start in starts for run in start["run"]]
    assert [run["run_id"] for run in runs] == [TrackingFile(str(root)).run_id] * 2
    assert [run["config"]["update"]["run"]["seed"] for run in runs] == [0, 1]
    assert [code["exit_code"] for start in starts for code in start["exit"]] == [130, 0]
    rows = [record["item"] for start in starts for record in start["history"]]
    assert [row["_step"] for row in rows] == [0, 1, 2, 3]
    trained = {f"iter_0001/{name}": points for name, points in STEP_SCALARS.items()}
    assert curves(rows, "iter_0001/policy/step") == trained
    assert curves(rows, "iteration") == ITERATION_SCALARS
    axes = {metric["name"]: metric["step_metric"] for start in starts for metric in start["metric"]}
    assert axes == {**dict.fromkeys(trained, "iter_0001/policy/step"), **dict.fromkeys(ITERATION_SCALARS, "iteration")}
    said = capsys.readouterr().out.splitlines()
    assert said == [f"W&B keeps the records in {folder}, for `wandb sync`" for folder in folders]
    require_no_key(tmp_path)


def test_without_a_key_it_is_refused_before_work_and_asks_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import wandb

    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    config = load_config(None, ['run.trackers=["console", "wandb"]', f"run.root={tmp_path}"])
    with pytest.raises(TrackerError, match="W&B finds no key: set WANDB_API_KEY, or WANDB_MODE=offline"):
        check_settings(config, ProblemSplits())
    monkeypatch.setenv("WANDB_API_KEY", "short-secret")
    wandb.teardown()
    with pytest.raises(TrackerError, match="takes no such key") as refused:
        check_trackers(["wandb"], str(tmp_path))
    assert "short-secret" not in str(refused.value)
    monkeypatch.setenv("WANDB_API_KEY", KEY)
    wandb.teardown()
    check_trackers(["wandb"], str(tmp_path))


def test_a_server_out_of_reach_ends_the_tracker_and_not_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("pipeline.trackers.wandb.INIT_DEADLINE_S", 1.0)
    monkeypatch.setenv("WANDB_API_KEY", KEY)
    monkeypatch.setenv("WANDB_BASE_URL", "http://127.0.0.1:9")
    with started("wandb", tmp_path / "r") as trackers:
        trackers.training_steps([training_step(1)])
        assert trackers.names == ()
    said = capsys.readouterr().out
    assert said.startswith("tracker 'wandb' failed and is told nothing more: ") and KEY not in said
    require_no_key(tmp_path)
