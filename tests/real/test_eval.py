"""The README's commands for a real model: fetched, evaluated, reported."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
COMPUTE_S = 600
LINES = re.findall(
    r"^mucode .*models/smollm2.*$|^mucode report runs/smollm2.*$", (ROOT / "README.md").read_text(), re.M
)
pytestmark = [pytest.mark.docker, pytest.mark.e2e]


def carry_out(line: str, model: Path, runs: Path) -> str:
    line = line.partition(" #")[0].replace(f"models/{model.name}", str(model)).replace("runs/", f"{runs}/")
    environment = {**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}"}
    done = subprocess.run(
        shlex.split(line), cwd=ROOT, env=environment, capture_output=True, text=True, timeout=COMPUTE_S
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def evaluate_and_report(extra: str, model: Path, runs: Path) -> None:
    if "MUCODE_DATA_DIR" not in os.environ:
        pytest.skip("MUCODE_DATA_DIR is not set")
    evaluate, report = LINES
    said = carry_out(f"{evaluate.partition(' #')[0]} --set run.root={runs} {extra}", model, runs)
    limit = re.search(r"--limit (\d+)", f"{extra} {evaluate}")
    assert limit and f"humaneval, {limit[1]} problems" in said and "greedy" in said
    assert "report.html" in carry_out(report, model, runs)
    assert (runs / "smollm2" / "report.html").stat().st_size > 10_000


@pytest.mark.slow
def test_two_problems_and_a_report(small: Path, tmp_path: Path) -> None:
    evaluate_and_report("--limit 2 --turns 1 --n 1 --set rollouts.max_tokens=24", small, tmp_path)


@pytest.mark.slow
def test_twenty_problems_and_a_report(small: Path, tmp_path: Path) -> None:
    evaluate_and_report("", small, tmp_path)
