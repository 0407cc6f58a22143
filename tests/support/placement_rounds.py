"""Takes a run's settings through all phases of two iterations with empty actors, on a Ray with logical accelerators.

    python -m tests.support.placement_rounds '[{"files": ["configs/llama-3.2-1b.toml"], "iterations": 2}]'

The first entry's nodes make the Ray for all of them. Prints one line of JSON per entry: the places of its last search.
"""

import json
import os
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import ray
from ray.cluster_utils import Cluster
from ray.util.placement_group import placement_group, remove_placement_group

from actors.search.selectors import SELECTORS
from pipeline.cluster import actor_calls, actor_groups
from pipeline.config.load import load_config
from pipeline.config.schema import Config
from pipeline.placement.nodes import MEMORY_LABEL, Node
from pipeline.placement.resources import DATA_CPUS
from pipeline.state.models import resolve_model
from tests.support.cluster_nodes import nodes_for
from tests.support.empty_actors import EmptyActor, Place

DEADLINE_S = 300.0
"""For one phase's actors to be placed and to start, on a busy machine; what waits for a place waits for ever."""
MODELS = ("model.generator='builtin:generator'", "model.verifier='builtin:verifier'")
"""At hand; empty actors load none."""
MODEL = resolve_model("builtin:verifier")


class EmptyRun:
    """The phases of an iteration in the order of pipeline/iteration.py, each with what its stages ask for."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.groups = actor_groups.ActorGroups(config)
        self.searches_ask = any(SELECTORS[name].needs_scores for name in config.eval.selectors)

    def iterate(self, iteration: int) -> None:
        if iteration:
            self.data()
            self.train()
        self.sample()
        self.data()
        self.train()
        self.score()
        self.sample()
        self.search()
        self.data()

    def sample(self) -> list[Place]:
        slots = range(self.config.generator.replicas)
        starts = [self.groups.start_generator(slot, MODEL, replace=False) for slot in slots]
        ray.get([start.ready for start in starts], timeout=DEADLINE_S)
        generators = [self.groups.generator_started(slot, None) for slot in slots]
        return places(generators)

    def search(self) -> tuple[list[Place], list[Place]]:
        scorers = self.groups.scorers(MODEL, replicas=1) if self.searches_ask else []
        return self.sample(), places([client.handle for client in scorers])

    def data(self) -> None:
        self.groups.release_for("data")
        task()

    def train(self) -> None:
        """What Ray Train reserves; with `workers` 0 it reserves nothing."""
        self.groups.release_for("training")
        settings, gpus = self.config.training, self.groups.plan.trainer.gpus
        if settings.workers:
            worker = {"CPU": settings.cpus} | ({"GPU": gpus} if gpus else {})
            group = placement_group([worker] * settings.workers, strategy="PACK")
            assert group.wait(DEADLINE_S), f"training found no place: {ray.available_resources()}"
            remove_placement_group(group)

    def score(self) -> None:
        self.groups.release_for("scoring")
        self.groups.scorers(MODEL)
        task()
        self.groups.release_for("sampling")


def places(actors: list[Any]) -> list[Place]:
    return ray.get([actor.place.remote() for actor in actors], timeout=DEADLINE_S)


def task() -> None:
    ray.get(ray.remote(lambda: None).options(num_cpus=DATA_CPUS).remote(), timeout=DEADLINE_S)


def one_node(config: Config, files: list[Path]) -> list[Node]:
    """The node with accelerators that the last file names, with Docker on it and without the label of its memory."""
    boxes = config.executor.replicas * config.executor.boxes
    node = next(node for node in nodes_for(config, *files) if node.accelerators)
    return [replace(node, sandbox=boxes, accelerator_gib=None)]


def start_cluster(nodes: list[Node]) -> Cluster:
    cluster = Cluster()
    for node in nodes:
        sandbox = {"sandbox": node.sandbox} if node.sandbox else {}
        labels = {MEMORY_LABEL: str(node.accelerator_gib)} if node.accelerator_gib else {}
        cluster.add_node(
            num_cpus=int(node.cpus),
            num_gpus=len(node.accelerators),
            resources=sandbox,
            labels=labels,
            include_dashboard=False,
            object_store_memory=100 << 20,
        )
    return cluster


def main(entries: list[dict[str, Any]]) -> None:
    for name in ("GeneratorActor", "ScorerActor", "Executor"):
        setattr(actor_groups, name, EmptyActor)
    actor_calls.END_DEADLINE_S = DEADLINE_S
    cluster = None
    for entry in entries:
        files = [Path(name) for name in entry["files"]]
        settings = [f"generator.start_deadline_s={DEADLINE_S}", *MODELS]
        config = load_config(files, settings)
        if cluster is None:
            cluster = start_cluster(one_node(config, files) if entry.get("one_node") else nodes_for(config, *files))
            os.environ["RAY_ADDRESS"] = cluster.address
        started = time.monotonic()
        run = EmptyRun(config)
        with run.groups:
            for iteration in range(entry["iterations"]):
                run.iterate(iteration)
            generators, scorers = run.search()
        found = {"generators": generators, "scorers": scorers, "seconds": time.monotonic() - started}
        print(json.dumps(found), flush=True)
    if cluster is not None:
        cluster.shutdown()


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
