"""`mucode export` of a real run: what it wrote is the run's policy, and its card has the run's numbers."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from pipeline.cli import main
from pipeline.evaluation.statistics import percent_with_interval
from pipeline.report.series import read_series
from pipeline.state.store import Store
from tests.e2e.small_run import PROBLEMS, ROOT

pytestmark = [pytest.mark.docker, pytest.mark.e2e]


@pytest.fixture(scope="module")
def exported(undisturbed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("exported") / "policy"
    assert main(["export", str(undisturbed), "--out", str(out)]) == 0
    return out


def test_its_logits_are_those_of_the_runs_policy(undisturbed: Path, exported: Path) -> None:
    ids = torch.tensor([AutoTokenizer.from_pretrained(exported).encode("def f(x):\n    return x + 1")])
    ours, theirs, base = (
        AutoModelForCausalLM.from_pretrained(path)(ids).logits
        for path in (exported, undisturbed / "iter_0001/policy/checkpoint", ROOT / "pipeline/embedded/generator")
    )
    assert torch.equal(ours, theirs) and not torch.allclose(ours, base, atol=0.1)


def test_its_card_has_the_runs_numbers(undisturbed: Path, exported: Path) -> None:
    card = (exported / "README.md").read_text()
    (greedy,) = [
        one
        for one in read_series(Store(str(undisturbed)))
        if (one.iteration, one.series, one.metric) == (1, "greedy", "accuracy")
    ]
    assert f"| µCode iteration 1, greedy | {' | '.join(map(percent_with_interval, greedy.points))} | 16 | 0 |" in card
    assert f"| train | `builtin:train` | {PROBLEMS} (the first {PROBLEMS} at most) |" in card
    commit = json.loads((undisturbed / "environment.json").read_text())["commit"]
    assert f"commit {commit} |" in card and "| licence of the base model | apache-2.0 |" in card


VLLM = """
from vllm import LLM, SamplingParams
model = LLM(".", max_model_len=512, dtype="float32", enforce_eager=True, kv_cache_memory_bytes=1 << 27)
chat = [{"role": "user", "content": "Write a function double(n) that returns twice n."}]
print("answer:", repr(model.chat(chat, SamplingParams(temperature=0, max_tokens=64))[0].outputs[0].text))
"""


@pytest.mark.slow
def test_vllm_loads_it_and_answers_as_the_card_does(exported: Path) -> None:
    card = re.findall(r"^```python\n(.*?)^```$", (exported / "README.md").read_text(), re.S | re.M)[0]
    said = subprocess.run([sys.executable, "-c", card], cwd=exported, capture_output=True, text=True).stdout
    assert said.strip()
    environment = {**os.environ, "VLLM_CPU_OMP_THREADS_BIND": "nobind", "VLLM_ENABLE_V1_MULTIPROCESSING": "0"}
    done = subprocess.run(
        [sys.executable, "-c", VLLM], cwd=exported, env=environment, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert f"answer: {said.removesuffix(chr(10))!r}\n" in done.stdout
