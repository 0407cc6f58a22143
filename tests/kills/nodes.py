"""A Ray of several nodes on this machine, one of which is lost with what runs on it."""

import os
import signal
from typing import Any

from tests.kills.footprint import Footprint, stat

STORE = 100 << 20


class Nodes:
    """A head with the boxes, where the driver is, and two nodes for everything else."""

    def __init__(self, footprint: Footprint) -> None:
        from ray.cluster_utils import Cluster

        head = {"num_cpus": 0, "resources": {"sandbox": 2}, "object_store_memory": STORE, "include_dashboard": False}
        self.cluster = Cluster(initialize_head=True, head_node_args=head)
        self.footprint = footprint
        self.workers = [self._add() for _ in range(2)]
        for node in (self.cluster.head_node, *self.workers):
            footprint.adopt(_raylet(node))

    def _add(self) -> Any:
        return self.cluster.add_node(num_cpus=2, object_store_memory=STORE)

    @property
    def environment(self) -> dict[str, str]:
        return {"RAY_ADDRESS": self.cluster.address}

    def lose(self, pid: int) -> None:
        """The node on which that process runs, with all that runs there; another one comes."""
        (node,) = [node for node in self.workers if _raylet(node) == (stat(pid) or ("", 0))[1]]
        raylet = _raylet(node)
        there = [one for one in self.footprint.alive() if (stat(one) or ("", 0))[1] == raylet]
        self.cluster.remove_node(node, allow_graceful=False)
        for one in there:
            os.kill(one, signal.SIGKILL)
        self.workers.append(self._add())
        self.footprint.adopt(_raylet(self.workers[-1]))

    def close(self) -> None:
        self.cluster.shutdown()


def _raylet(node: Any) -> int:
    return int(node.all_processes["raylet"][0].process.pid)
