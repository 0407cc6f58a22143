"""A study small enough for fakes, and ways to execute it (tests.support.fake_study)."""

import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[2]
STUDY = """
name = "small"
root = "{root}"

[config.run]
iterations = 1
[config.problems]
limit_train = 6
limit_validation = 4
limit_test = 5
[config.rollouts]
samples = 3
shard_episodes = 6
[config.verifier]
steps = 1
[config.fine_tune]
steps = 1
[config.eval]
best_of = 2

[[methods]]
strategies = ["base", "mucode"]
seeds = [0, 1]

[curves]
seeds = [0]
best_of = [1, 2]
turns = 4
"""


def write_study(folder: Path, text: str = STUDY) -> Path:
    folder.mkdir(exist_ok=True)
    file = folder / "study.toml"
    file.write_text(text.format(root=folder))
    return file


def execute_fake_study(file: Path, *writes: int) -> int:
    """Exit status of the study under fakes; killed before its WRITES-th file."""
    command = [sys.executable, "-m", "tests.support.fake_study", str(file), *map(str, writes)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode in (0, -signal.SIGKILL), done.stdout + done.stderr
    return done.returncode


def count_stages(root: Path) -> Counter[str]:
    """How many places of each stage. Their hashes differ: rows say how long they took."""
    return Counter(path.parent.name.partition("-")[0] for path in (root / "stages").rglob("manifest.json"))


def wait_until(true: Callable[[], bool], deadline_s: float = 300.0) -> None:
    end = time.monotonic() + deadline_s
    while not true():
        assert time.monotonic() < end, f"not so after {deadline_s:g} s"
        time.sleep(0.05)
