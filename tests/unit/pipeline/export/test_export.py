"""`mucode export` on run directories made by hand: the card, its numbers and programs, and all that is refused."""

import io
import json
import re
import resource
import shutil
import time
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import pytest

from actors.search.episode import EPISODE_SCHEMA
from actors.storage.checkpoint import save_atomically, verify_checkpoint
from actors.storage.removed_checkpoint import remove_checkpoint
from actors.storage.run_storage import open_storage
from pipeline.cli import main
from pipeline.evaluation.claims import claim_line
from pipeline.export.directory import write_generation_config
from pipeline.export.licence import UNKNOWN, describe_base, shown_data_set
from pipeline.report.run_claims import run_claims
from pipeline.report.series import read_series
from pipeline.state.identity import StageIdentity
from pipeline.state.stage import StageOutput
from pipeline.state.store import Store
from tests.support.small_run import EPISODES, finish, finish_metrics, metric, small_run
from tests.support.tiny_models import tiny_causal, tiny_verifier

ENVIRONMENT = {"commit": "0123456789abcdef" * 2, "mucode": "0.1.0", "torch": "2.13.0"}


def commit_training(store: Store, name: str, make: Any) -> None:
    """Iteration 1's checkpoint, as a training leaves it."""

    def write(directory: Path) -> None:
        make(directory)
        (directory / "training.json").write_text(json.dumps({"settings": {"data": store.root}}))

    checkpoint = save_atomically(write, f"{store.directory(1, name)}/checkpoint")
    identity = StageIdentity(iteration=1, stage=name, settings={}, inputs={})
    facts = {"steps": 30, "examples": 46, "first_loss": 0.25, "last_loss": 0.125}
    store.commit(identity, StageOutput(checkpoint=checkpoint, facts=facts), time.monotonic())


def make_run(folder: Path) -> Store:
    """`small_run` with a policy, a verifier, and settings that name folders."""
    store = small_run(folder)
    (folder / "base").mkdir()
    (folder / "base" / "README.md").write_text("---\nlanguage: en\nlicense: other\nlicense_name: tiny-1\n---\n# Base\n")
    settings = {
        "run": {"iterations": 1, "seed": 7},
        "model": {"generator": str(folder / "base"), "max_tokens": 256},
        "problems": {"train": f"mbpp@{folder}/own.jsonl", "limit_test": 200},
        "rollouts": {"samples": 5, "max_tokens": 8},
    }
    store.write(json.dumps(settings).encode(), "config.json")
    store.write(json.dumps(ENVIRONMENT).encode(), "environment.json")
    finish(store, 0, "episodes", [(EPISODES, EPISODE_SCHEMA, {"episodes": 120})])
    commit_training(store, "policy", tiny_causal)
    commit_training(store, "verifier", tiny_verifier)
    return store


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Read by tests, never written."""
    return make_run(tmp_path_factory.mktemp("finished"))


@pytest.fixture
def store(finished: Store, tmp_path: Path) -> Store:
    """A copy to write in."""
    return Store(str(shutil.copytree(finished.root, tmp_path / "small")))


@pytest.fixture(scope="module")
def exported(finished: Store, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("exported") / "policy"
    assert main(["export", finished.root, "--out", str(out)]) == 0
    return out


def run_program(card: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """What the card's Python program prints, in the card's directory."""
    (program,) = re.findall(r"^```python\n(.*?)^```$", card.read_text(), re.S | re.M)
    monkeypatch.chdir(card.parent)
    with redirect_stdout(io.StringIO()) as printed:
        exec(compile(program, "card", "exec"), {})
    return printed.getvalue()


# ---- the directory and the card -----------------------------------------------------------------------------------


def test_the_numbers_of_the_card_are_those_of_the_report(finished: Store, exported: Path) -> None:
    card = (exported / "README.md").read_text()
    assert "| µCode iteration 1, greedy | 45.0 [38.0, 52.0] | 55.0 [48.0, 62.0] | 200 | 0 |" in card
    assert "| base model, greedy | 30.0 [24.0, 36.0] | 40.0 [34.0, 46.0] | 200 | 0 |" in card
    claims = [claim for claim in run_claims(finished, read_series(finished)) if claim.verdict is not None]
    assert len(claims) == 4 and all(f"- {claim_line(claim)}\n" in card for claim in claims)


def test_the_card_says_where_the_model_comes_from(finished: Store, exported: Path) -> None:
    card, policy_id = (exported / "README.md").read_text(), finished.read_manifest(1, "policy").trained.policy_id  # type: ignore[union-attr]
    front = card.split("---\n")[1]
    assert "license: tiny-1\n" in front and "base_model" not in front
    for said in (
        *("| base model | `base` |", "| licence of the base model | tiny-1 |", f"`{policy_id}`", "`<end>` (3)"),
        *("policy of iteration 1 of the run `small`, the one that the run returns", f"commit {ENVIRONMENT['commit']}"),
        *(
            "| train | `mbpp@own.jsonl` | 24 |",
            "| validation | `builtin:validation` | not used |",
            "30 steps, 46 examples",
        ),
        *('model.generator = "base"\n', "rollouts.max_tokens = 8\n", "vllm serve . --max-model-len 256\n"),
    ):
        assert said in card, said


def test_no_file_names_a_folder_of_this_machine(finished: Store, exported: Path) -> None:
    names = {path.name for path in exported.iterdir()}
    assert {"README.md", "config.json", "model.safetensors", "tokenizer.json", "checkpoint.json"} <= names
    assert "training.json" not in names
    folder = str(Path(finished.root).parent).encode()
    assert [path.name for path in exported.iterdir() if folder in path.read_bytes()] == []
    assert verify_checkpoint(exported).path == str(exported)


def test_the_program_of_the_card_answers(exported: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run_program(exported / "README.md", monkeypatch).endswith("\n")  # weights of chance may say blanks alone


def test_a_verifier_is_scored_by_the_program_of_its_card(
    finished: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from actors.scorers.verifier import LearnedVerifier

    out = tmp_path / "verifier"
    assert main(["export", finished.root, "--what", "verifier", "--out", str(out)]) == 0
    card = (out / "README.md").read_text()
    assert "| verifier 1, all held-out answers | 75.0 [60.0, 90.0] | 81.0 [70.0, 88.0] | 40 |" in card
    assert card.split("---\n")[1].startswith("license: apache-2.0\n")
    prompt, answer = re.findall(r"print\(score\((.*), (.*)\)\)", card)[0]
    path = f"{finished.directory(1, 'verifier')}/checkpoint"
    expected = LearnedVerifier(path).score_pairs([(eval(prompt), eval(answer))])
    assert float(run_program(out / "README.md", monkeypatch)) == pytest.approx(expected[0], abs=1e-6)


def test_a_run_in_an_object_store_is_exported(finished: Store, bucket: str, exported: Path, tmp_path: Path) -> None:
    address = f"{bucket}/small"
    for path in sorted(Path(finished.root).rglob("*")):
        if path.is_file():
            open_storage(address).upload(path, str(path.relative_to(finished.root)))
    assert main(["export", address, "--out", str(tmp_path / "out")]) == 0
    assert (tmp_path / "out" / "README.md").read_text().split("\n# out\n")[1] == (
        exported / "README.md"
    ).read_text().split("\n# policy\n")[1]
    assert (tmp_path / "out" / "model.safetensors").read_bytes() == (exported / "model.safetensors").read_bytes()


def test_every_end_of_turn_is_an_end_for_engines(tmp_path: Path) -> None:
    path = tmp_path / "generation_config.json"
    write_generation_config(tmp_path, [3])
    assert json.loads(path.read_text()) == {"eos_token_id": 3}
    path.write_text('{"eos_token_id": [5], "temperature": 0.6, "_from_model_config": true}')
    write_generation_config(tmp_path, [3, 5])
    assert json.loads(path.read_text()) == {"eos_token_id": [5, 3], "temperature": 0.6}


@pytest.mark.parametrize(
    "name, shown, hub, licence",
    [
        ("builtin:generator", "builtin:generator", None, "apache-2.0"),
        ("meta-llama/Llama-3.2-1B", "meta-llama/Llama-3.2-1B", "meta-llama/Llama-3.2-1B", UNKNOWN),
        ("s3://bucket/models/own/", "own", None, UNKNOWN),
        ("/no/such/folder", "folder", None, UNKNOWN),
    ],
)
def test_what_a_base_model_is_called(name: str, shown: str, hub: str | None, licence: str) -> None:
    base = describe_base(name)
    assert (base.shown, base.hub_name, base.licence_text) == (shown, hub, licence)


def test_a_data_set_is_named_without_its_folder() -> None:
    assert shown_data_set("mbpp@/a/b.jsonl+humaneval+/c/d.jsonl") == "mbpp@b.jsonl+humaneval+d.jsonl"


# ---- refusals ------------------------------------------------------------------------------------------------------


def refused(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """The one message of a command that did nothing."""
    assert main(["export", *words]) == 2
    said = capsys.readouterr().err
    assert said.startswith("mucode: ") and "Traceback" not in said
    return said


def test_a_place_that_is_not_free_is_refused(
    finished: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "a").write_text("mine")
    for out, why in {
        str(tmp_path / "full"): "holds files already; name a new or an empty folder",
        str(tmp_path / "full" / "a"): "is there, and no folder",
        "s3://bucket/out": "expected a folder of this machine",
        str(tmp_path / "full" / "a" / "b"): "cannot be written",
    }.items():
        assert why in refused(capsys, finished.root, "--out", out)
    assert [path.name for path in tmp_path.rglob("*")] == ["full", "a"]


def test_a_disk_that_ends_leaves_nothing(finished: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))  # the weights are longer
        said = refused(capsys, finished.root, "--out", str(tmp_path / "out"))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert "cannot be written: File too large; nothing was left there" in said
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "file, why", [("study.json", "is a study; give one of its runs"), ("evaluation.json", "which trained nothing")]
)
def test_what_is_no_run_is_refused(file: str, why: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = str(tmp_path / "out")
    assert "is not a run directory" in refused(capsys, str(tmp_path), "--out", out)
    (tmp_path / file).write_text("{}")
    assert why in refused(capsys, str(tmp_path), "--out", out)


def test_a_model_that_is_not_there_is_refused(store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = ("--out", str(tmp_path / "out"))
    there = "there is one of iteration 1"
    assert f"iteration 2 of {store.root} has no trained policy; {there}" in refused(
        capsys, store.root, "--iteration", "2", *out
    )
    assert f"no trained verifier; {there}" in refused(
        capsys, store.root, "--iteration", "0", "--what", "verifier", *out
    )
    remove_checkpoint(f"{store.directory(1, 'policy')}/checkpoint", "mucode gc")
    assert "checkpoint removed by mucode gc on" in refused(capsys, store.root, *out)


def test_altered_weights_are_refused(store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    weights = Path(store.directory(1, "policy")) / "checkpoint" / "model.safetensors"
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)
    said = refused(capsys, store.root, "--out", str(tmp_path / "out"))
    assert f"{weights} is not the file that was saved" in said
    assert not (tmp_path / "out").exists()


def test_an_unfinished_run_is_exported_by_the_number_of_an_iteration(
    store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = json.loads(store.read("config.json"))
    settings["run"]["iterations"] = 2
    store.write(json.dumps(settings).encode(), "config.json")
    out = ("--out", str(tmp_path / "out"))
    assert "is not finished (2 of 3 iterations are evaluated)" in refused(capsys, store.root, *out)
    assert main(["export", store.root, "--iteration", "1", *out]) == 0
    card = (tmp_path / "out" / "README.md").read_text()
    assert "which the run returns" not in card and "| µCode iteration 1, greedy | 45.0" in card
    assert "points (95 % CI" not in card


def test_an_iteration_that_was_not_evaluated_has_no_numbers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = Store(str(tmp_path / "small"))
    store.write(json.dumps({"run": {"iterations": 2}}).encode(), "config.json")
    finish_metrics(store, 0, metric("greedy", (0.3, 0.24, 0.36)))
    commit_training(store, "policy", tiny_causal)
    assert main(["export", store.root, "--iteration", "1", "--out", str(tmp_path / "out")]) == 0
    assert "Not evaluated: the run has no metrics" in (tmp_path / "out" / "README.md").read_text()
