"""Which checkpoints go, which stay because a stage still reads them, and what is said of those that went."""

import json
import re
import shutil
from pathlib import Path

import pytest

from actors.storage.checkpoint import CheckpointError, damage_of_checkpoint, fetch_checkpoint, save_atomically
from actors.storage.removed_checkpoint import remove_checkpoint, removed_checkpoint
from actors.storage.run_storage import open_storage
from pipeline import cli
from pipeline.config.schema import Config
from pipeline.errors import StoreError
from pipeline.integrity.before_work import require_intact
from pipeline.report.page import write_report
from pipeline.retention.after_iteration import remove_after_iteration
from pipeline.retention.before_work import require_checkpoints
from pipeline.retention.left_over import OF_FINISHED_STAGES
from pipeline.retention.plan import removable_checkpoints
from pipeline.state.run_directory import stored_config
from pipeline.state.store import Store
from tests.support.driving import write_driver_file
from tests.support.trained_run import WEIGHTS, TrainedRun

OLD_RUN = Path(__file__).parents[3] / "data" / "run-0.1.0"
LEARNING = ("run.control=false",)
ON_VALIDATION = (*LEARNING, "protocol.returned=best_on_validation")


def there(root: Path) -> set[str]:
    """Trainings whose weights are on the disk."""
    return {str(path.relative_to(root / "r").parents[1]) for path in root.glob("r/*/*/checkpoint/model.safetensors")}


def gone(run: TrainedRun, keep: str) -> set[str]:
    """What would be removed, as iteration and stage."""
    items = removable_checkpoints([(run.store, run.config)], keep)  # type: ignore[arg-type]
    return {item.path.removeprefix(f"{run.store.root}/").removesuffix("/checkpoint") for item in items}


def test_the_last_ones_stay(tmp_path: Path) -> None:
    run = TrainedRun(tmp_path, "run.iterations=2").carry_out()
    assert gone(run, "all") == set()
    assert gone(run, "last") == {"iter_0000/verifier", "iter_0001/policy", "iter_0001/verifier"}
    assert (2, "control_policy") in run._passed


@pytest.mark.parametrize(
    ("settings", "solved", "kept"),
    [
        (LEARNING, (1, 9, 3), {"iter_0001/policy", "iter_0001/verifier"}),
        (LEARNING, (9, 1, 3), {"iter_0000/verifier"}),  # its policy is the base model
        (LEARNING, (1, 2, 3), set()),
        (ON_VALIDATION, (1, 9, 3), {"iter_0001/policy", "iter_0001/verifier"}),
    ],
)
def test_the_best_ones_stay(tmp_path: Path, settings: tuple[str, ...], solved: tuple[int, ...], kept: set[str]) -> None:
    run = TrainedRun(tmp_path, "run.iterations=2", *settings, solved=solved).carry_out()
    earlier = {"iter_0000/verifier", "iter_0001/policy", "iter_0001/verifier"}
    assert gone(run, "last+best") == earlier - kept
    assert gone(run, "last") == earlier


@pytest.mark.parametrize(
    ("stop", "kept"),
    [
        ((1, "scores"), {"iter_0001/policy", "iter_0001/verifier"}),
        ((1, "held_out"), {"iter_0001/policy", "iter_0000/verifier"}),
        ((2, "policy"), {"iter_0001/policy", "iter_0001/verifier"}),
        ((2, "search_greedy"), {"iter_0002/policy", "iter_0002/verifier"}),
    ],
)
def test_what_a_stopped_run_still_reads_stays(tmp_path: Path, stop: tuple[int, str], kept: set[str]) -> None:
    run = TrainedRun(tmp_path, "run.iterations=2", *LEARNING, stop=stop).carry_out()
    assert there(tmp_path) - gone(run, "last") == kept


def test_the_best_so_far_stays_while_validation_may_choose_it(tmp_path: Path) -> None:
    run = TrainedRun(tmp_path, "run.iterations=2", *ON_VALIDATION, solved=(1, 9, 3), stop=(2, "returned")).carry_out()
    assert gone(run, "last") == {"iter_0000/verifier"}


def test_a_run_removes_as_it_goes_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = TrainedRun(tmp_path, "run.iterations=2", "run.keep_checkpoints=last", *LEARNING, stop=(2, "examples"))
    run.carry_out()
    remove_after_iteration(run.store, run.config)
    assert there(tmp_path) == {"iter_0001/policy", "iter_0001/verifier"}
    assert "1 checkpoint of earlier iterations removed" in capsys.readouterr().out
    run.stop = (-1, "")
    remove_after_iteration(run.carry_out().store, run.config)
    assert there(tmp_path) == {"iter_0002/policy", "iter_0002/verifier"}
    lines = [json.loads(line) for line in (tmp_path / "r" / "removed.jsonl").read_text().splitlines()]
    assert lines[0]["path"] == "iter_0000/verifier/checkpoint" and len(lines) == 3
    assert lines[0]["by"] == "run.keep_checkpoints = 'last'"


def test_removal_that_fails_ends_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run = TrainedRun(tmp_path, "run.iterations=1", "run.keep_checkpoints=last", *LEARNING).carry_out()
    manifest = tmp_path / "r" / "iter_0000" / "scores" / "manifest.json"
    manifest.write_text("{")
    remove_after_iteration(run.store, run.config)
    assert "checkpoints of earlier iterations could not be removed: " in capsys.readouterr().out


def raised(config: Config, iterations: int) -> Config:
    return config.model_copy(update={"run": config.run.model_copy(update={"iterations": iterations})})


def test_more_iterations_need_no_old_checkpoint(tmp_path: Path) -> None:
    """Each training starts from the base model."""
    run = TrainedRun(tmp_path, "run.iterations=2", *LEARNING).carry_out()
    assert cli.main(["gc", run.store.root, "--keep", "last"]) == 0
    require_checkpoints(Store(run.store.root), raised(run.config, 3))


def test_a_resume_that_needs_a_removed_checkpoint_is_refused(tmp_path: Path) -> None:
    run = TrainedRun(tmp_path, "run.iterations=2", *ON_VALIDATION, solved=(1, 9, 3)).carry_out()
    require_checkpoints(Store(run.store.root), raised(run.config, 3))
    assert cli.main(["gc", run.store.root, "--keep", "last"]) == 0
    require_checkpoints(Store(run.store.root), run.config)
    with pytest.raises(StoreError) as caught:
        require_checkpoints(Store(run.store.root), raised(run.config, 3))
    assert re.match(
        r"returned of iteration 3 needs \S+/iter_0001/policy/checkpoint, a checkpoint removed by mucode gc on \d{4}-",
        str(caught.value),
    )


def test_gc_says_what_goes_and_removes_it_once(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    run = TrainedRun(tmp_path, "run.iterations=1", *LEARNING).carry_out()
    before = there(tmp_path)
    command = ["gc", run.store.root, "--keep", "last"]
    assert cli.main([*command, "--dry-run"]) == 0
    said = capfd.readouterr().out.splitlines()
    assert said == [
        "    1002 B  iter_0000/verifier/checkpoint  (checkpoint of verifier, iteration 0)",
        "1 item would be removed, 1002 B; checkpoints kept: last",
    ]
    assert there(tmp_path) == before and not (tmp_path / "r" / "removed.jsonl").exists()
    assert cli.main(command) == 0
    assert there(tmp_path) == before - {"iter_0000/verifier"}
    assert sorted(path.name for path in (tmp_path / "r/iter_0000/verifier/checkpoint").iterdir()) == [
        "checkpoint.json",
        "removed.json",
        "training.json",
    ]
    capfd.readouterr()
    assert cli.main(command) == 0
    assert capfd.readouterr().out == "0 items removed, 0 B; checkpoints kept: last\n"


def test_left_overs_of_finished_stages_go_and_those_of_others_stay(tmp_path: Path) -> None:
    run = TrainedRun(tmp_path, "run.iterations=1", *LEARNING, stop=(1, "search_greedy")).carry_out()
    root, begun = Path(run.store.root), Path(run.store.root) / "iter_0001" / "search_greedy"
    finished = root / "iter_0001" / "policy"
    kept = [begun / "unfinished/part-00001/a.parquet", begun / "part-00000.aaaa.parquet", begun / "training_state/x"]
    kept += [root / "my.old", root / "my.tmp"]
    left = [finished / name / "step/file" for name in OF_FINISHED_STAGES]
    left += [
        begun / "part-00003.json.0123abcd.tmp",
        finished / ".checkpoint.0123abcd.tmp/model.safetensors",
        root / "a.json.0123abcd.tmp",
    ]
    left += [root / "iter_0000/episodes/part-00000.dead.parquet", root / "ray_train/r/x"]
    for path in (*kept, *left):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("12345")
    assert cli.main(["gc", str(root)]) == 0
    assert [path for path in kept if not path.exists()] == [] and [path for path in left if path.exists()] == []
    lines = [json.loads(line) for line in (root / "removed.jsonl").read_text().splitlines()]
    assert sum(line["size_bytes"] for line in lines) == 5 * len(left)
    assert len(there(tmp_path)) == 3


def test_a_run_at_work_is_refused(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    run = TrainedRun(tmp_path, "run.iterations=1", *LEARNING).carry_out()
    write_driver_file(run.store.root)
    assert cli.main(["gc", run.store.root, "--keep", "last"]) == 2
    assert "is being worked on: its process" in capfd.readouterr().err
    assert len(there(tmp_path)) == 3


@pytest.mark.parametrize(
    "arguments", [["gc"], ["gc", "x", "--images"], ["gc", "--images", "--keep", "last"], ["gc", "nowhere"]]
)
def test_what_gc_cannot_do_is_refused(arguments: list[str], capfd: pytest.CaptureFixture[str]) -> None:
    assert cli.main(arguments) == 2
    assert len(capfd.readouterr().err.splitlines()) == 1


def test_a_run_of_a_study_is_not_cleaned_alone(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    run = TrainedRun(tmp_path, "run.iterations=1", "run.stages=../stages", *LEARNING).carry_out()
    assert cli.main(["gc", run.store.root, "--keep", "last"]) == 2
    assert "give the study's directory" in capfd.readouterr().err


def test_a_run_in_an_object_store_is_cleaned(bucket: str) -> None:
    run = TrainedRun(f"{bucket}/runs", "run.iterations=1", *LEARNING).carry_out()
    storage = open_storage(run.store.root)
    storage.write("iter_0001/policy/training_state/step-1/weight.safetensors", b"12345")
    assert cli.main(["gc", run.store.root, "--keep", "last"]) == 0
    assert storage.list_names("iter_0000/verifier/checkpoint") == ["checkpoint.json", "removed.json", "training.json"]
    assert not storage.exists("iter_0001/policy/training_state")
    assert len(storage.read("removed.jsonl").splitlines()) == 2


# ---- what is said of a checkpoint that went -------------------------------------------------------------------------


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A run whose verifier was removed."""
    root = Path(shutil.copytree(OLD_RUN, tmp_path / "old"))
    remove_checkpoint(str(root / "iter_0000/verifier/checkpoint"), "mucode gc")
    return root


def test_it_is_neither_missing_nor_damaged(old: Path, capfd: pytest.CaptureFixture[str]) -> None:
    store = Store(str(old))
    require_intact(store, stored_config(str(old)))
    require_checkpoints(store, stored_config(str(old)))
    assert store.find(0, "verifier") is not None
    assert cli.main(["runs", "verify", str(old)]) == 0
    assert re.search(r"^ok    iter_0000/verifier: checkpoint removed by mucode gc on ", capfd.readouterr().out, re.M)
    write_report(store)
    assert "verifier of iteration 0: checkpoint removed by mucode gc on " in (old / "report.html").read_text()


def test_whoever_names_it_is_told(old: Path) -> None:
    path = str(old / "iter_0000/verifier/checkpoint")
    with pytest.raises(CheckpointError, match="were removed to save room"):
        fetch_checkpoint(path)


def test_a_removal_that_was_cut_off_is_finished(tmp_path: Path) -> None:
    run = TrainedRun(tmp_path, "run.iterations=1", *LEARNING).carry_out()
    folder = tmp_path / "r/iter_0000/verifier/checkpoint"
    remove_checkpoint(str(folder), "mucode gc")
    (folder / "model.safetensors").write_text("x")  # as if it were not yet gone
    manifest = run.store.read_manifest(0, "verifier")
    assert (
        manifest is not None and manifest.checkpoint is not None and damage_of_checkpoint(manifest.checkpoint) is None
    )
    assert gone(run, "last") == {"iter_0000/verifier"}
    found = remove_checkpoint(str(folder), "another")
    assert (found.by, found.size_bytes) == ("mucode gc", WEIGHTS + 4)
    assert gone(run, "last") == set()


def _write_weights(directory: Path) -> None:
    (directory / "model.safetensors").write_text("w")


def test_a_checkpoint_that_is_trained_again_is_there_again(bucket: str, tmp_path: Path) -> None:
    for target in (str(tmp_path / "c"), f"{bucket}/c"):
        for _ in range(2):
            save_atomically(_write_weights, target)
            assert removed_checkpoint(target) is None
            remove_checkpoint(target, "mucode gc")
        assert removed_checkpoint(target) is not None
