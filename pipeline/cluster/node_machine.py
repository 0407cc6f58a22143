"""The machine that sizes are chosen by, once Ray is reached."""

import os
from dataclasses import replace

import ray

from actors.machine.capacity import Machine, this_machine


def smallest_machine() -> Machine:
    """This machine; of a cluster that RAY_ADDRESS names, the fewest cores and the least memory that a node has.

    Nodes without a core for Ray, as those for boxes are, hold no model. Whether nodes have accelerators Ray knows best.
    """
    here = replace(this_machine(), accelerators=ray.cluster_resources().get("GPU", 0) > 0)
    if not os.environ.get("RAY_ADDRESS"):
        return here
    nodes = [node["Resources"] for node in ray.nodes() if node["Alive"] and node["Resources"].get("CPU", 0) >= 1]
    cores = [int(node["CPU"]) for node in nodes]
    memory = [int(node["memory"]) for node in nodes if node.get("memory", 0) >= 1]
    return replace(here, cores=min(cores, default=here.cores), memory=min(memory, default=here.memory))
