"""Stages of another run are taken over if they are what this run would make, whole, and only then."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from actors.storage.parts import commit_part, committed_parts
from pipeline.config.load import load_config
from pipeline.errors import ConfigError
from pipeline.state.manifest import Manifest
from pipeline.state.reuse.finished import FinishedElsewhere
from pipeline.state.run import Run
from pipeline.state.stage import Stage, StageContext, StageOutput
from pipeline.state.store import Store
from tests.support.trained_run import TrainedRun


def sample(context: StageContext) -> StageOutput:
    """Rows that depend on the temperature."""
    rows = [{"answer": f"{context.config.rollouts.temperature} {number}"} for number in range(3)]
    commit_part(context.directory, 0, pa.Table.from_pylist(rows), {"answers": 3})
    return StageOutput(expected_parts=1)


SAMPLED = Stage(name="sampled", title="s", config_fields=("rollouts.temperature",), function=sample)


def run(root: Path, name: str, *settings: str) -> Run:
    config = load_config(None, [f"run.root={root}", f"run.name={name}", *settings])
    found = Run(config, object())  # type: ignore[arg-type]  # no stage here asks for actors
    found.store.write(config.model_dump_json().encode(), "config.json")
    return found


def test_a_stage_is_not_made_twice(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = run(tmp_path, "first").stage(0, SAMPLED)
    second = run(tmp_path, "second", f"run.reuse={tmp_path}/first")
    taken = second.stage(0, SAMPLED)
    assert second.skipped == 1 and not second.ran
    assert taken.digest == first.digest and taken.directory != first.directory
    assert f"iteration 0 · sampled: taken from {tmp_path}/first" in capsys.readouterr().out
    shutil.rmtree(tmp_path / "first")  # nothing of the other run is needed from now on
    assert run(tmp_path, "second").stage(0, SAMPLED).digest == first.digest


def test_what_was_made_otherwise_is_made_here_and_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(tmp_path, "first", "rollouts.temperature=1.0").stage(0, SAMPLED)
    second = run(tmp_path, "second", f"run.reuse={tmp_path}/first", "rollouts.temperature=0.5")
    second.stage(0, SAMPLED)
    assert len(second.ran) == 1
    said = capsys.readouterr().out
    assert "made it otherwise (rollouts.temperature: there 1.0, now 0.5), so it is made here" in said


def test_what_serves_another_run_alone_is_made_here(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As scores of the answers that one strategy reads."""
    asked = []

    def serves(config: Any, facts: dict[str, Any]) -> bool:
        asked.append(facts)
        return False

    run(tmp_path, "first").stage(0, SAMPLED)
    second = run(tmp_path, "second", f"run.reuse={tmp_path}/first")
    second.stage(0, replace(SAMPLED, serves=serves))
    assert len(second.ran) == 1 and asked == [{}]
    assert "made it for another strategy alone" in capsys.readouterr().out


@pytest.mark.parametrize("stop", range(1, 12))
def test_a_copy_that_was_cut_off_is_finished(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stop: int) -> None:
    """At each file; what is there then is never taken for a whole stage or for a damaged one."""
    from pipeline.state.reuse import finished

    other = TrainedRun(tmp_path, "run.name=other", "run.iterations=1").carry_out()
    stage = other.lookup(1, next(step for step in trainings() if step.name == "policy"))
    assert stage is not None
    store, copied, original = Store(str(tmp_path / "mine")), [], finished._copy_file

    def cut(*args: Any) -> None:
        if len(copied) == stop:
            raise KeyboardInterrupt
        copied.append(args)
        original(*args)

    monkeypatch.setattr(finished, "_copy_file", cut)
    identity = identity_of(other, stage)
    try:
        FinishedElsewhere(other.store.root, store.root).take(identity, store)
    except KeyboardInterrupt:
        assert store.find(1, "policy") is None
    monkeypatch.setattr(finished, "_copy_file", original)
    store.prepare(identity)
    found = FinishedElsewhere(other.store.root, store.root).take(identity, store)
    assert found is not None and found.digest == stage.digest
    assert found.trained.policy_id == stage.trained.policy_id and str(tmp_path / "mine") in found.trained.path
    assert len(committed_parts(found.directory)) == len(stage.parts)


def trainings() -> tuple[Stage, ...]:
    from tests.support.trained_run import TRAININGS

    return TRAININGS


def identity_of(other: TrainedRun, manifest: Manifest) -> Any:
    from pipeline.state.identity import StageIdentity

    return StageIdentity(
        iteration=manifest.iteration, stage=manifest.stage, settings=manifest.identity, inputs=manifest.inputs
    )


def test_another_runs_damage_is_told(tmp_path: Path) -> None:
    from pipeline.errors import StoreError

    stage = run(tmp_path, "first").stage(0, SAMPLED)
    (file,) = Path(stage.directory).glob("part-*.parquet")
    file.write_bytes(file.read_bytes()[:-7])
    with pytest.raises(StoreError, match=str(file)):
        run(tmp_path, "second", f"run.reuse={tmp_path}/first").stage(0, SAMPLED)


@pytest.mark.parametrize(("name", "said"), [("mine", "is this run itself"), ("nothing", "holds no run")])
def test_what_is_no_other_run_is_refused(tmp_path: Path, name: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        FinishedElsewhere(str(tmp_path / name), str(tmp_path / "mine"))
