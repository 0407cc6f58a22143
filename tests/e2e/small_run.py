"""One small real run, described once: every end-to-end test uses these settings."""

import math
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from actors.storage.parts import committed_parts

ROOT = Path(__file__).parents[2]
PROBLEMS, SAMPLES = 24, 2
SETTINGS = [
    "run.iterations=1",
    "run.control=false",
    f"problems.limit_train={PROBLEMS}",
    "problems.limit_validation=16",
    "problems.limit_test=16",
    f"rollouts.samples={SAMPLES}",
    "rollouts.shard_episodes=8",
    "verifier.steps=10",
    "fine_tune.steps=30",
    'eval.selectors=["random", "pt_lv"]',
    "eval.best_of=2",
]
TIMINGS = {"sample_s", "judge_s", "cpu_s", "wall_s", "peak_memory_mib", "box", "attempt"}
"""Columns that say how a row came to be, never what it is."""


def arguments(root: Path, name: str, *extra: str) -> list[str]:
    settings = [f"run.root={root}", f"run.name={name}", *SETTINGS, *extra]
    return ["run", *(word for setting in settings for word in ("--set", setting))]


def start(*words: str, log: Path, **environment: str) -> subprocess.Popen[bytes]:
    """The command line as a user starts it, its output in `log`."""
    return subprocess.Popen(
        [sys.executable, "-m", "pipeline", *words],
        cwd=ROOT,
        stdout=log.open("ab"),
        stderr=subprocess.STDOUT,
        env={**os.environ, **environment},
    )


def finish(process: subprocess.Popen[bytes], log: Path, deadline_s: float = 600) -> None:
    code = process.wait(timeout=deadline_s)
    assert code == 0, f"exit status {code}\n{log.read_text()[-6000:]}"


def wait_for(
    condition: Callable[[], Any], process: subprocess.Popen[bytes], log: Path, deadline_s: float = 300
) -> None:
    end = time.monotonic() + deadline_s
    while not condition():
        assert process.poll() is None, f"ended with {process.returncode} too early\n{log.read_text()[-6000:]}"
        assert time.monotonic() < end, f"not reached in {deadline_s} s\n{log.read_text()[-6000:]}"
        time.sleep(0.02)


def rows(directory: Path) -> list[dict[str, Any]]:
    """Rows of a stage without its timings, in a fixed order."""
    found = []
    for record in committed_parts(str(directory)).values():
        found += pq.read_table(directory / record.file).to_pylist()
    return sorted((strip(row) for row in found), key=str)


def strip(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: strip(item) for key, item in value.items() if key not in TIMINGS}
    if isinstance(value, list):
        return [strip(item) for item in value]
    return "nan" if isinstance(value, float) and math.isnan(value) else value  # one nan is not equal to another
