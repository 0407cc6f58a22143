"""Whether the libraries are compiled. If not, and if Python may not write it, each process compiles what it imports."""

import importlib.util
import os
import sys
from pathlib import Path

from pipeline.doctor.checks import Surroundings
from pipeline.doctor.findings import Finding, good, noted

SLOW = ("vllm", "torch", "transformers", "ray")
"""What makes a start slow if it is not compiled: vLLM's import took 21 s for 9 s."""


def find_bytecode(_: Surroundings) -> Finding:
    bare = [name for name, file in _sources(SLOW).items() if not Path(importlib.util.cache_from_source(file)).is_file()]
    where = {str(Path(file).parent.parent) for file in _sources(bare).values()}
    if not bare:
        return good("bytecode", "the libraries are compiled")
    if not sys.dont_write_bytecode and all(os.access(folder, os.W_OK) for folder in where):
        return good("bytecode", "the first start compiles the libraries")
    reason = "PYTHONDONTWRITEBYTECODE is set" if sys.dont_write_bytecode else "their directory cannot be written"
    return noted(
        "bytecode",
        f"{', '.join(bare)} not compiled, and {reason}: each process compiles them anew, 10 s of an engine's start. "
        f"Run `python -m compileall -q {' '.join(sorted(where))}` once, as who may write there",
        not_compiled=bare,
    )


def _sources(names: tuple[str, ...] | list[str]) -> dict[str, str]:
    """Installed packages of `names` -> their first file."""
    found = {name: importlib.util.find_spec(name) for name in names}
    return {name: spec.origin for name, spec in found.items() if spec and spec.origin}
