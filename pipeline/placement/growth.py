"""Clusters that grow: what a run lacks is asked of Ray's autoscaler, waited for by name, and kept for the whole run.

Both is done with what ends with the driver, however that ends: placement groups that find no place make the autoscaler
start nodes, and an actor on each node keeps it from being taken for idle between two phases. A request by
`ray.autoscaler.sdk.request_resources` would outlive a driver that is killed, and its nodes with it.
"""

import os
import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from actors.supervision.node_loss import alive_nodes
from pipeline.config.schema import Config
from pipeline.placement.nodes import Node, ResourceError, describe_nodes
from pipeline.placement.packing import Demand
from pipeline.placement.resources import ResourcePlan, demands
from pipeline.trackers.console import say

SETTING = "run.wait_for_nodes_s"
LOOK_EVERY_S = 2.0
HOLD = 0.001
"""Of the resource that each node has for itself alone: it must not be zero, or the node counts as idle."""

Bundle = tuple[tuple[str, float], ...]
"""Resources that are needed on one node, by name."""


class GrownCluster:
    """The nodes that a run has, which may have come for it, and the plan on them."""

    def __init__(
        self, config: Config, look: Callable[[], list[Node]], plan: Callable[[Sequence[Node]], ResourcePlan]
    ) -> None:
        """`look` lists the nodes that are there. Raises ResourceError if they are too few, and if nobody may wait for
        others or none comes for `run.wait_for_nodes_s`."""
        self._wait_s, self._look, self._plan = config.run.wait_for_nodes_s, look, plan
        self._holders: list[Any] = []
        self.nodes = look()
        try:
            self.plan = plan(self.nodes)
        except ResourceError as error:
            if not self._wait_s or not os.environ.get("RAY_ADDRESS"):  # a Ray of the command's own stays as it is
                raise
            _require_gpus(config, self.nodes)
            self._grow(wanted_bundles(config, self.nodes), error)
        if self._wait_s:
            self._holders = [_hold(node) for node in self.nodes]  # they end with the driver

    def _grow(self, wanted: Counter[Bundle], lacking: ResourceError) -> None:
        from ray.util.placement_group import placement_group, remove_placement_group

        say(f"  waits for nodes, {self._wait_s:g} s at most for the next one ({SETTING}): {lacking}")
        groups = [placement_group([dict(bundle)]) for bundle in wanted.elements()]
        try:
            self._await(wanted, lacking)
        finally:
            for group in groups:
                remove_placement_group(group)

    def _await(self, wanted: Counter[Bundle], lacking: ResourceError) -> None:
        there, since = alive_nodes(), time.monotonic()
        while True:
            time.sleep(LOOK_EVERY_S)
            now = alive_nodes()
            came, there = now - there, now
            if not came:  # one that went is no progress
                if time.monotonic() - since >= self._wait_s:
                    raise ResourceError(
                        f"{lacking}. No node came for {SETTING} = {self._wait_s:g} s; asked for: {_text(wanted)}. "
                        "`ray status` on the head says what the autoscaler tries"
                    )
                continue
            since = time.monotonic()
            self.nodes = self._look()
            try:
                self.plan = self._plan(self.nodes)
            except ResourceError as error:
                lacking = error
                say(f"  still waits for nodes, {describe_nodes(self.nodes)} there: {lacking}")
            else:
                return


def wanted_bundles(config: Config, nodes: Sequence[Node]) -> Counter[Bundle]:
    """What the phases need, each on one node; phases take turns, so of equal bundles the phase with the most counts."""
    generator, scorer, trainer = demands(config, nodes)
    boxes = Counter({(("sandbox", float(config.executor.boxes)),): config.executor.replicas})
    sampling = Counter({_bundle(generator): config.generator.replicas})
    scoring = Counter({_bundle(scorer): config.verifier.replicas})
    training = Counter({_bundle(trainer): max(config.training.workers, 1)})
    wanted = boxes + ((sampling + scoring if scorer.gpus else sampling | scoring) | training)
    return Counter({bundle: count for bundle, count in wanted.items() if bundle})


def _bundle(demand: Demand) -> Bundle:
    return tuple((name, amount) for name, amount in (("CPU", demand.cpus), ("GPU", demand.gpus)) if amount)


def _text(wanted: Counter[Bundle]) -> str:
    return ", ".join(
        f"{count} × ({' and '.join(f'{amount:g} {name}' for name, amount in bundle)})"
        for bundle, count in wanted.items()
    )


def _require_gpus(config: Config, nodes: Sequence[Node]) -> None:
    """By default actors take accelerators if there are any, which nobody knows before the nodes are there."""
    unsaid = [
        f"{name}.gpus"
        for name, gpus in (("generator", config.generator.gpus), ("training", config.training.gpus))
        if gpus is None
    ]
    if unsaid and not any(node.accelerators for node in nodes):
        raise ResourceError(
            f"{SETTING} is set, and no node that is up has an accelerator, so whether to ask for some is unknown: set "
            f"{' and '.join(unsaid)}; 0 asks for none"
        )


class _Holder:
    """Does nothing, on a node of its own."""


def _hold(node: Node) -> Any:
    """An actor that keeps a node from being idle, as long as this process lives."""
    import ray
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    there = NodeAffinitySchedulingStrategy(node.node_id, soft=False)
    holder: Any = ray.remote(num_cpus=0)(_Holder)
    return holder.options(resources={f"node:{node.name}": HOLD}, scheduling_strategy=there).remote()
