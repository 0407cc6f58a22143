"""What the processes of an engine inherit."""

import json
import os
import subprocess
import sys

import pytest

torch = pytest.importorskip("torch")
NAMES = ("OMP_NUM_THREADS", "VLLM_CPU_OMP_THREADS_BIND", "MALLOC_MMAP_MAX_", "TORCHDYNAMO_DISABLE")
PROGRAM = f"""
import json, os
from actors.inference.vllm_base import quiet_environment
quiet_environment(multiprocessing=True, threads=3)
print(json.dumps([os.environ.get(name) for name in {NAMES}]))
"""


@pytest.mark.skipif(torch.cuda.is_available(), reason="on an accelerator none of it is set")
def test_threads_binding_and_memory_reach_vllms_own_processes_and_what_the_user_said_stays() -> None:
    clean = {name: value for name, value in os.environ.items() if name not in NAMES}

    def found(**said: str) -> list[str | None]:
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM], env=clean | said, capture_output=True, text=True, check=True, timeout=120
        )
        values: list[str | None] = json.loads(done.stdout)
        return values

    assert found() == ["3", "nobind", "0", "1"]
    assert found(VLLM_CPU_OMP_THREADS_BIND="0-1")[1] == "0-1"
