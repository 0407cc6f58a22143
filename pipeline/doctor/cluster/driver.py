"""The process that joins a cluster and looks at its nodes: `python -m pipeline.doctor.cluster.driver ROOT`.

It prints one finding a line, as JSON.
"""

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import ray
from ray.exceptions import GetTimeoutError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from pipeline.cluster.connect import join_cluster
from pipeline.doctor.cluster import node_probe
from pipeline.doctor.cluster.clocks import compare_clocks
from pipeline.doctor.cluster.node_checks import DISTRIBUTIONS, Facts, NodeView, check_node
from pipeline.doctor.cluster.storage import compare_storage
from pipeline.doctor.findings import Finding, broken, good, noted
from pipeline.errors import what_happened
from pipeline.state.run_directory import absolute_root
from sandbox.errors import UserError

PROBES_DEADLINE_S = 60.0
"""For the probes of all nodes to come up and answer: a process each, which imports Ray."""
CALL_DEADLINE_S = 30.0
ENGINE_DEADLINE_S = 120.0
"""For a node to build the boxes' image, if it has none, and to try the limits."""
GONE = "gone since the cluster began"


@dataclass(frozen=True, slots=True)
class Probed:
    """A node that answered."""

    address: str
    probe: Any
    facts: Facts
    resources: dict[str, float]


def look_at_cluster(root: str) -> Iterator[Finding]:
    """Findings about the cluster that RAY_ADDRESS names, then about each node."""
    address = os.environ["RAY_ADDRESS"]
    try:
        join_cluster(address)
    except UserError as error:
        yield broken("cluster", str(error))
        return
    nodes = ray.nodes()
    names = _names(nodes)
    alive = [node for node in nodes if node["Alive"]]
    yield good("cluster", f"{address}: {_totals(alive)}", nodes=len(alive), resources=ray.cluster_resources())
    for node in nodes:
        if not node["Alive"]:
            reason = str(node.get("DeathReasonMessage") or GONE).split("\n")[0][:160]
            yield noted("node", f"dead: {reason}", names[node["NodeID"]])
    found: list[Probed] = []
    yield from _find_probes(alive, names, found)
    driver = node_probe.NodeProbe().facts(DISTRIBUTIONS)
    for one in found:
        yield from check_node(NodeView(node=one.address, facts=one.facts, driver=driver, resources=one.resources))
        yield _guarded("clock", one, partial(compare_clocks, one.address, partial(_ask, one.probe, "now")))
    yield from compare_storage(absolute_root(root), {one.address: partial(_ask, one.probe) for one in found})
    yield from _try_engines(found)


def _totals(nodes: list[dict[str, Any]]) -> str:
    total = ray.cluster_resources()
    counted = ", ".join(f"{total.get(name, 0):g} {name}" for name in ("CPU", "GPU", "sandbox"))
    return f"{len(nodes)} node{'s'[: len(nodes) > 1]}, {counted}"


def _find_probes(nodes: list[dict[str, Any]], names: dict[str, str], found: list[Probed]) -> Iterator[Finding]:
    """A probe on each node, put into `found` if it answers; a finding for each that does not."""
    ray.cloudpickle.register_pickle_by_value(node_probe)
    actor: Any = ray.remote(node_probe.NodeProbe)
    asked = []
    for node in nodes:
        place = NodeAffinitySchedulingStrategy(node["NodeID"], soft=False)
        probe = actor.options(num_cpus=0, scheduling_strategy=place).remote()
        asked.append((node, probe, probe.facts.remote(DISTRIBUTIONS)))
    until = time.monotonic() + PROBES_DEADLINE_S
    for node, probe, answer in asked:
        name = names[node["NodeID"]]
        try:
            facts = ray.get(answer, timeout=max(0.1, until - time.monotonic()))
        except GetTimeoutError:
            yield broken(
                "node", f"no process came up there in {PROBES_DEADLINE_S:g} s: look whether it is busy or gone", name
            )
        except Exception as error:  # whatever its Python or its Ray says
            yield broken("node", what_happened(error), name)
        else:
            found.append(Probed(name, probe, facts, node["Resources"]))


def _names(nodes: list[dict[str, Any]]) -> dict[str, str]:
    """A node's address, with its port where several nodes are on one machine."""
    addresses = [node["NodeManagerAddress"] for node in nodes]
    return {
        node["NodeID"]: node["NodeManagerAddress"]
        + (f":{node['NodeManagerPort']}" if addresses.count(node["NodeManagerAddress"]) > 1 else "")
        for node in nodes
    }


def _try_engines(found: list[Probed]) -> Iterator[Finding]:
    """The limits of the boxes, on each node that declares `sandbox`; without one, a run needs executor.on_driver."""
    with_boxes = [one for one in found if one.resources.get("sandbox")]
    if not with_boxes:
        yield noted(
            "sandbox",
            "no node declares the resource `sandbox`: `ray start --resources='{\"sandbox\": 8}'` where an engine is, "
            "or set executor.on_driver = true, and boxes run on the driver's node",
        )
    asked = [(one, one.probe.try_engine.remote()) for one in with_boxes]
    for one, answer in asked:
        yield _guarded("sandbox", one, partial(_proof, one, answer))


def _proof(one: Probed, answer: Any) -> Finding:
    return good("sandbox", str(ray.get(answer, timeout=ENGINE_DEADLINE_S)), one.address)


def _guarded(check: str, one: Probed, find: Callable[[], Finding]) -> Finding:
    try:
        return find()
    except GetTimeoutError:
        return broken(check, "no answer in time; look whether the node is busy or gone", one.address)
    except Exception as error:  # of the node, through Ray
        return broken(check, " ".join(what_happened(error).split()), one.address)


def _ask(probe: Any, method: str, *arguments: Any) -> Any:
    return ray.get(getattr(probe, method).remote(*arguments), timeout=CALL_DEADLINE_S)


def main() -> None:
    for finding in look_at_cluster(sys.argv[1]):
        print(json.dumps(asdict(finding)), flush=True)
    ray.shutdown()


if __name__ == "__main__":
    main()
