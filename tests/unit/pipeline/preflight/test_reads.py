"""Problems are read once per command and data set, however many checks and forecasts look at them."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from pipeline import cli
from pipeline.state import problems
from sandbox.problems import load

ONCE = {"builtin:train": 1, "builtin:validation": 1, "builtin:test": 1}


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each data set was read."""
    found: Counter[str] = Counter()
    read = load.read_problems

    def counted(name: str, *args: Any, **kwargs: Any) -> Any:
        found[name] += 1
        return read(name, *args, **kwargs)

    monkeypatch.setattr(load, "read_problems", counted)
    return found


def test_a_dry_run_reads_each_split_once(reads: Counter[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["run", "--dry-run"]) == 0
    assert reads == ONCE
    assert "problems     600 train, 100 validation, 300 test" in capsys.readouterr().out


def test_a_run_reads_each_split_once(reads: Counter[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Up to where actors would start, and then for the stages."""
    monkeypatch.setattr("pipeline.preflight.check._check_engine", lambda packages: None)
    seen: list[int] = []

    class Actors:
        def __init__(self, config: object) -> None:
            pass

        def __enter__(self) -> "Actors":
            return self

        def __exit__(self, *_: object) -> None:
            pass

    def iterate(run: Any) -> None:
        seen.extend(len(run.problems(split)) for split in problems.SPLITS)

    monkeypatch.setattr("pipeline.cluster.actor_groups.ActorGroups", Actors)
    monkeypatch.setattr("pipeline.execution.execute_iterations", iterate)
    monkeypatch.setattr("pipeline.commands.run._finish", lambda *_: 0)
    assert cli.main(["run", "--set", f"run.root={tmp_path}"]) == 0
    assert reads == ONCE and seen == [600, 100, 300]


def test_a_dry_evaluation_says_cost_and_place_and_does_nothing(
    reads: Counter[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--model", "builtin:generator", "--dataset", "builtin:test", "--n", "1,5", "--limit", "10"]
    words += ["--config", "embedded"]
    assert cli.main(["eval", *words, "--set", f"run.root={tmp_path}/runs", "--dry-run"]) == 0
    said = capsys.readouterr().out
    assert "10 of builtin:test" in said and "best of 1, 5" in said and f"{tmp_path}/runs/eval-" in said
    assert reads["builtin:test"] == 1 and not (tmp_path / "runs").exists()
