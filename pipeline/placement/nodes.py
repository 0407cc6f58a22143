"""The nodes that a plan is made for: those of a running cluster, or such as it could have."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sandbox.errors import UserError

MEMORY_LABEL = "mucode.gpu-memory-gib"
"""Ray label of a node: memory of each of its accelerators in GiB. A node without it is asked."""
PROBE_DEADLINE_S = 120.0
"""For all nodes to say how much memory their accelerators have; a worker process imports torch for it."""


class ResourceError(UserError, RuntimeError):
    """A phase asks for more than the cluster has; nothing was started."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A node, there or possible. `accelerators`: the share of each that may be used, 1.0 for a whole one."""

    name: str
    cpus: float
    accelerators: tuple[float, ...] = ()
    sandbox: float = 0.0
    accelerator_gib: float | None = None
    """Memory of each accelerator; None if nobody knows."""
    node_id: str = ""
    """Ray's id; empty for a node that is not there yet."""


def present_nodes() -> list[Node]:
    """The nodes of the Ray that this process has joined; those with accelerators are asked for their memory."""
    import ray

    nodes = [node for node in ray.nodes() if node["Alive"]]
    memory = _accelerator_memory([node for node in nodes if node["Resources"].get("GPU")])
    return [
        Node(
            name=node["NodeManagerAddress"],
            cpus=node["Resources"].get("CPU", 0.0),
            accelerators=(1.0,) * int(node["Resources"].get("GPU", 0)),
            sandbox=node["Resources"].get("sandbox", 0.0),
            accelerator_gib=memory.get(node["NodeID"]),
            node_id=node["NodeID"],
        )
        for node in nodes
    ]


def _accelerator_memory(nodes: list[dict[str, Any]]) -> dict[str, float]:
    """GiB of the smallest accelerator of each of Ray's nodes, by node id; those where torch sees none are left out."""
    import ray
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    found = {node["NodeID"]: float(label) for node in nodes if (label := node["Labels"].get(MEMORY_LABEL))}
    # The worker ends with the task: it would keep a context, hundreds of MiB, on each accelerator.
    probe: Any = ray.remote(num_cpus=0, max_calls=1, max_retries=0)(_accelerator_bytes)
    asked = {
        node_id: probe.options(scheduling_strategy=NodeAffinitySchedulingStrategy(node_id, soft=False)).remote()
        for node_id in (node["NodeID"] for node in nodes)
        if node_id not in found
    }
    sizes = dict(zip(asked, ray.get(list(asked.values()), timeout=PROBE_DEADLINE_S), strict=True))
    return found | {node_id: min(each) / 2**30 for node_id, each in sizes.items() if each}


def _accelerator_bytes() -> list[int]:
    import torch

    return [torch.cuda.get_device_properties(index).total_memory for index in range(torch.cuda.device_count())]


def share_of_worker(nodes: Sequence[Node], workers: int, worker: int = 0) -> list[Node]:
    """What number `worker` of a study's `workers` may count on: its part of a cluster, or all of its own Ray's machine.

    Accelerators and sandboxes are dealt out in the order of the nodes, so that a worker's lie together; CPUs go with
    the accelerators of a node, else in equal parts. With more workers than accelerators each has a part of one.
    Raises ResourceError if each of these would take the same accelerators.
    """
    if workers == 1:
        return list(nodes)
    accelerators, boxes = sum(len(node.accelerators) for node in nodes), sum(node.sandbox for node in nodes)
    if not os.environ.get("RAY_ADDRESS"):
        if accelerators:
            raise ResourceError(
                f"lanes = {workers} would each use all {accelerators} accelerators of this machine; "
                "use lanes = 1, or `ray start --head` and RAY_ADDRESS, so that the workers divide them"
            )
        return list(nodes)
    shares, before, box = [], 0, 0.0
    for node in nodes:
        mine = tuple(
            part
            for index, whole in enumerate(node.accelerators)
            if (part := whole * _part(before + index, accelerators, workers, worker))
        )
        has = len(node.accelerators)
        shares.append(
            replace(
                node,
                cpus=node.cpus * (sum(mine) / has if has else 1 / workers),
                accelerators=mine,
                sandbox=_overlap(box, box + node.sandbox, worker * boxes / workers, (worker + 1) * boxes / workers),
            )
        )
        before, box = before + has, box + node.sandbox
    return shares


def _part(index: int, accelerators: int, workers: int, worker: int) -> float:
    """Of accelerator `index` of all, the share of one worker: whole ones if there are enough."""
    if accelerators >= workers:
        each = accelerators // workers
        return float(worker * each <= index < (worker + 1) * each)
    return 1 / -(-workers // accelerators) if worker % accelerators == index else 0.0


def _overlap(start: float, end: float, first: float, last: float) -> float:
    return max(0.0, min(end, last) - max(start, first))


def describe_nodes(nodes: Sequence[Node]) -> str:
    """Resources of all nodes together, in a few words."""
    count = f"{len(nodes)} node{'s'[: len(nodes) > 1]}"
    accelerators = sum(sum(node.accelerators) for node in nodes)
    return (
        f"{count}, {sum(node.cpus for node in nodes):g} CPU, {accelerators:g} GPU, "
        f"{sum(node.sandbox for node in nodes):g} sandbox"
    )
