"""Every command in the README and the pages runs here or in the test named for it; untested ones are dry runs."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.small_run import ROOT
from tests.support.trace_format import read_trace

pytestmark = [pytest.mark.docker, pytest.mark.e2e]
README = (ROOT / "README.md").read_text()
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), ROOT / "sandbox" / "README.md"]
BIN = Path(sys.executable).parent


def commands() -> list[str]:
    """Lines of ```sh blocks and of the table of next steps, comments cut."""
    blocks = [block for page in PAGES for block in re.findall(r"```sh\n(.*?)```", page.read_text(), re.S)]
    lines = [line.partition(" #")[0].strip() for block in blocks for line in block.splitlines()]
    steps = re.findall(r"^\| [^|]+ \| `((?:mucode|make|ray|python) [^`]+)`", README, re.M)
    return list(dict.fromkeys(line for line in [*lines, *steps] if line and not line.startswith("export ")))


ELSEWHERE = {
    "make demo": "continuous integration runs the same two targets; the embedded run is tests/e2e/test_run.py",
    "make test": "this is it",
    "ray start": "tests/e2e/test_jobs.py",
    "ray job submit": "tests/e2e/test_jobs.py",
    "ray up": "untested; tests/unit/pipeline/cluster/test_cluster_yaml.py checks the schema",
    "mucode eval --model PATH": "tests/ray/test_eval.py; the README's line runs here",
    "mucode report runs/study-tiny": "tests/e2e/test_study.py",
    "mucode study recompute": "tests/e2e/test_study.py",
    "mucode study configs/study-real": "needs the model's files; tests/unit/pipeline/study/test_inference.py",
    "python -m sandbox check": "as mucode sandbox check",
    "mucode eval --model models/": "tests/real/test_eval.py",
    "mucode report runs/smollm2": "tests/real/test_eval.py",
    "python scripts/fetch_models.py": "tests/real/conftest.py, in CI",
    "mucode model check models/": "tests/real/test_models.py",
    "mucode serve": "tests/e2e/test_serve.py and tests/unit/pipeline/serving/",
    "curl": "tests/unit/pipeline/serving/test_app.py asks the same, tests/e2e/test_serve.py for real",
    "mucode export": "tests/e2e/test_export.py",
    "vllm serve": "its engine, on the same directory, in a slow test of tests/e2e/test_export.py",
    "mucode view": "tests/unit/pipeline/episode_view/",
    "mucode ls runs": "tests/unit/pipeline/overview/test_directory_status.py",
}
HERE = (
    *(
        "mucode run",
        "mucode study",
        "mucode sandbox ",
        "mucode report",
        "mucode doctor",
        "mucode eval",
        "mucode config",
        "mucode runs verify",
        "mucode status",
        "mucode trace",
        "mucode gc",
    ),
    *("python -m sandbox ", "python -c"),
)


def test_every_command_is_accounted_for() -> None:
    unknown = [line for line in commands() if not line.startswith((*ELSEWHERE, *HERE))]
    assert unknown == []


def run_here() -> list[str]:
    """What `test_command` runs: studies, and runs of large models, as dry runs."""
    lines = [line for line in commands() if line.startswith(HERE) and not line.startswith(tuple(ELSEWHERE))]
    long = ("mucode run configs/", "mucode study ")
    dry = [f"{line} --dry-run" if line.startswith(long) and "--dry-run" not in line else line for line in lines]
    return list(dict.fromkeys(dry))


@pytest.mark.parametrize("line", run_here())
def test_command(line: str, undisturbed: Path, tmp_path: Path) -> None:
    reads_data = "--dataset mbpp" in line or line.startswith("mucode run configs/")
    if reads_data and "MUCODE_DATA_DIR" not in os.environ:
        pytest.skip("MUCODE_DATA_DIR is not set")
    if line.startswith("mucode eval"):
        line += f" --set run.root={tmp_path} --set problems.limit_test=8 --set eval.best_of=2"
    line = line.replace("runs/embedded", str(undisturbed)).replace("results.jsonl", str(tmp_path / "results.jsonl"))
    line = line.replace("trace.json", str(tmp_path / "trace.json"))
    environment = {**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}"}
    done = subprocess.run(shlex.split(line), cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    if line.startswith("mucode trace"):
        found = read_trace(tmp_path / "trace.json")
        spans = [json.loads(span) for span in (undisturbed / "spans.jsonl").open()]
        assert len(found["driver"]) == sum(span["name"] == "start" for span in spans)
        assert [stage["name"] for stage in found["stage"]] == [span["name"] for span in spans if "iteration" in span]
    if "sandbox check" in line:
        results = (tmp_path / "results.jsonl").read_text().splitlines()
        assert len(results) == 974
        assert all('"verdict": "accepted"' in row for row in results)


def test_the_example_of_own_problems(tmp_path: Path) -> None:
    problems, samples = re.findall(r"```json\n(.*?)```", README, re.S)
    (tmp_path / "problems.jsonl").write_text(problems)
    (tmp_path / "samples.jsonl").write_text(samples)
    command = "-m pipeline sandbox check --dataset problems.jsonl --samples samples.jsonl --out results.jsonl"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, *command.split()], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "results.jsonl").read_text().count('"verdict": "accepted"') == 2
