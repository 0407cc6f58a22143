"""Ray starts where the home directory cannot be written to; a command whose Ray dies says so and ends."""

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


LOSE = """
import sys, time
import ray
from pipeline.cluster.connect import connect_ray
from pipeline.cluster.interruption import leave_ray
from pipeline.config.load import load_config
connect_ray(load_config(None))
if sys.argv[1]:
    ray._private.worker._global_node.all_processes[sys.argv[1]][0].process.kill()
    time.sleep(60)
leave_ray()
time.sleep(2)
"""


@pytest.mark.slow
@pytest.mark.parametrize(("process", "title"), [("raylet", "raylet"), ("gcs_server", "GCS"), ("", "")])
def test_a_command_ends_with_the_ray_that_it_started(process: str, title: str) -> None:
    kept = {name: value for name, value in os.environ.items() if name != "RAY_ADDRESS"}
    command = [sys.executable, "-c", LOSE, process]
    done = subprocess.run(command, env=kept, capture_output=True, text=True, timeout=120)
    if not process:
        assert (done.returncode, "mucode:" in done.stderr) == (0, False), done.stderr
        return
    assert done.returncode == 1, done.stderr
    assert f"mucode: Ray's own process {title} ended (status -9)" in done.stderr
    assert "the same command continues" in done.stderr
