"""A run that trains adapters: it learns, its checkpoints are small, and its export answers as the run does."""

import re
from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from actors.inference.merged_tensors import merge_adapter
from actors.scorers.verifier import LearnedVerifier
from pipeline.cli import main
from tests.e2e.small_run import ROOT, finish, start

pytestmark = [pytest.mark.docker, pytest.mark.e2e]
GENERATOR = ROOT / "pipeline/embedded/generator"
ADAPTERS = [
    *("fine_tune.lora_rank=2", "fine_tune.learning_rate=1e-2", "fine_tune.steps=400"),
    *("verifier.lora_rank=2", "verifier.learning_rate=1e-2"),
]


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One iteration of the built-in run, about four minutes."""
    root = tmp_path_factory.mktemp("adapters")
    settings = [f"run.root={root}", "run.name=r", "run.iterations=1", "run.control=false", *ADAPTERS]
    words = ["run", *(word for setting in settings for word in ("--set", setting))]
    finish(start(*words, log=root / "log"), root / "log", deadline_s=1500)
    return root / "r"


@pytest.mark.slow
def test_a_run_with_adapters_learns_and_its_checkpoints_are_small(directory: Path) -> None:
    """By the run's own check, paired over the test problems."""
    said = (directory.parent / "log").read_text()
    assert re.search(r"✓ [\d.]+ % vs [\d.]+ %: .*: µCode greedy\s+after iteration 1 is above the base model", said)
    whole = (GENERATOR / "model.safetensors").stat().st_size
    for place in ("iter_0001/policy", "iter_0001/verifier"):
        files = list((directory / place / "checkpoint").glob("*"))
        assert "model.safetensors" not in {file.name for file in files}
        weights = sum(file.stat().st_size for file in files if file.suffix == ".safetensors")
        assert weights < 0.05 * whole


@pytest.mark.slow
def test_its_export_answers_as_the_adapter_does(directory: Path, tmp_path: Path) -> None:
    adapter = str(directory / "iter_0001/policy/checkpoint")
    assert main(["export", str(directory), "--out", str(tmp_path / "policy")]) == 0
    whole, merged = (AutoModelForCausalLM.from_pretrained(path).eval() for path in (tmp_path / "policy", GENERATOR))
    merge_adapter(merged, adapter)
    ids = AutoTokenizer.from_pretrained(tmp_path / "policy")("def f(x):\n    return", return_tensors="pt").input_ids
    assert torch.equal(whole(ids).logits, merged(ids).logits)
    assert main(["export", str(directory), "--what", "verifier", "--out", str(tmp_path / "verifier")]) == 0
    pairs = [("Write f.", "def f(): return 1"), ("Write f.", "def f(): return 2")]
    scores = LearnedVerifier(str(tmp_path / "verifier")).score_pairs(pairs)
    assert scores == LearnedVerifier(str(directory / "iter_0001/verifier/checkpoint")).score_pairs(pairs)


@pytest.mark.slow
def test_it_is_verified_and_left_alone_by_a_second_start(directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["runs", "verify", str(directory)]) == 0
    assert main(["resume", str(directory)]) == 0
    assert "nothing left to do" in capsys.readouterr().out
