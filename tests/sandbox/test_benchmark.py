"""The benchmark runs end to end at the smallest size. Its figures at that size mean nothing and are not looked at."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "judging.py"
WAYS = {
    "subprocess, 16 imports", "subprocess", "docker run", "docker exec", "sandbox, 1 box", "sandbox, 2 boxes",
    "sandbox, one by one", "bare forks",
}  # fmt: skip


@pytest.mark.usefixtures("engine", "data")
def test_the_benchmark_prints_its_table_and_writes_its_figures(tmp_path: Path) -> None:
    out = tmp_path / "sandbox.json"
    sizes = ["--rounds", "1", "--candidates", "4", "--judgements", "16", "--limit-s", "0.4", "--levels", "1x"]
    command = [sys.executable, str(SCRIPT), *sizes, "--out", str(out)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    result = json.loads(out.read_text())
    assert set(result["speed"]["median_ms"]) == WAYS and all(name in done.stdout for name in WAYS)
    levels = result["flips"]["levels"]
    assert [result["flips"][name] for name in ("judgements", "heavy", "hashed")] == [16, 2, 2]
    assert set(levels) == {"quiet", "1x"} and all(row["infrastructure"] == 0 for row in levels.values())


def test_without_data_or_engine_it_says_so() -> None:
    environment = {**os.environ, "MUCODE_DATA_DIR": "/nowhere"}
    done = subprocess.run(
        [sys.executable, str(SCRIPT)], capture_output=True, text=True, timeout=60, check=False, env=environment
    )
    assert done.returncode == 1 and "/nowhere/mbpp/mbpp.jsonl does not exist" in done.stderr
    assert "Traceback" not in done.stderr
