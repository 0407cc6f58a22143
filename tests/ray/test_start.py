"""Ray starts where the home directory cannot be written to."""

import os
import subprocess
import sys

import pytest

ASK = """
import ray
from pipeline.cluster.connect import connect_ray
from pipeline.config.load import load_config
connect_ray(load_config(None))
print("answer", ray.get(ray.remote(lambda: 6 * 7).remote()))
"""


@pytest.mark.slow
def test_without_a_home_directory() -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("RAY_AUTH", "RAY_ADDRESS"))}
    environment = {**kept, "HOME": "/proc/nowhere"}  # nothing can be made there, even by root
    done = subprocess.run([sys.executable, "-c", ASK], env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0 and "answer 42" in done.stdout, done.stderr
