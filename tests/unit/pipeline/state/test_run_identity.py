"""A resume with other problems under the same name is refused, not mixed."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipeline.config.load import load_config
from pipeline.errors import StoreError
from pipeline.methods.strategies import STRATEGIES
from pipeline.state.run import Run
from pipeline.state.run_directory import require_free
from pipeline.state.stage import Stage, StageContext, StageOutput
from pipeline.state.store import Store


def nothing(context: StageContext) -> StageOutput:
    return StageOutput()


TOY = Stage(name="toy", title="toy", config_fields=("problems.train",), function=nothing)
TOY_EXAMPLES = Stage(name="toy_examples", title="toy examples", config_fields=("run.strategy",), function=nothing)
NO_ACTORS: Any = object()
"""For stages that ask for none."""


def write(file: Path, answer: int) -> None:
    problem = {"task_id": "a", "prompt": "p", "public_tests": [], "private_tests": [f"assert f(1) == {answer}"]}
    file.write_text(json.dumps(problem) + "\n")


def run_of(tmp_path: Path) -> Run:
    return Run(
        load_config(overrides=[f"problems.train={tmp_path / 'mine.jsonl'}", f"run.root={tmp_path}"]),
        actor_groups=NO_ACTORS,
    )


def test_edited_problems_are_noticed(tmp_path: Path) -> None:
    write(tmp_path / "mine.jsonl", 1)
    run_of(tmp_path).stage(0, TOY)
    assert run_of(tmp_path).stage(0, TOY).stage == "toy"
    write(tmp_path / "mine.jsonl", 2)
    with pytest.raises(StoreError, match=r"input problems\.train"):
        run_of(tmp_path).stage(0, TOY)


def test_an_edited_strategy_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "mine.jsonl", 1)
    run_of(tmp_path).stage(0, TOY_EXAMPLES)
    monkeypatch.setitem(STRATEGIES._shipped, "mucode", replace(STRATEGIES["mucode"], histories="top"))
    with pytest.raises(StoreError, match=r"input run\.strategy"):
        run_of(tmp_path).stage(0, TOY_EXAMPLES)


def test_refusing_writes_nothing(tmp_path: Path) -> None:
    store = Store(str(tmp_path / "new"))
    require_free(store, load_config())
    assert not (tmp_path / "new").exists()
