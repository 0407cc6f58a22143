"""The node types of cluster.yaml as nodes of a plan, and the types that each file in configs/ says it runs on."""

import re
import tomllib
from pathlib import Path

import yaml

from pipeline.config.schema import Config
from pipeline.placement.nodes import MEMORY_LABEL, Node

ROOT = Path(__file__).resolve().parents[2]
CONFIGS = ROOT / "configs"
RUNS_ON = re.compile(r"^# Runs on: (?:(\d+) × (\S+) of cluster\.yaml|one machine of (\d+) cores)$", re.MULTILINE)


def runs_on(path: Path) -> re.Match[str]:
    """The line in which a file says what it runs on: number and type of nodes, or the cores of a machine."""
    line = RUNS_ON.search(path.read_text())
    assert line, f"{path} does not say what it runs on: '# Runs on: 1 × NODE-TYPE of cluster.yaml'"
    return line


def shipped_runs() -> dict[str, list[Path]]:
    """Files that are given together, by a name: each run's, and each size behind every run on a cluster's node."""
    runs, found = {}, {}
    for path in sorted(CONFIGS.glob("*.toml")):
        settings = tomllib.loads(path.read_text())
        if "base" in settings:  # a study
            continue
        (runs if "model" in settings else found)[path.stem] = path
    alone = {name: [path] for name, path in runs.items()}
    on_nodes = [path for path in runs.values() if runs_on(path).group(1)]
    sized = {f"{run.stem}+{name}": [run, size] for name, size in found.items() for run in on_nodes}
    return alone | sized


def shipped_studies() -> list[Path]:
    return [path for path in sorted(CONFIGS.glob("*.toml")) if "base" in tomllib.loads(path.read_text())]


def node_types() -> dict[str, Node]:
    found = {}
    for name, kind in yaml.safe_load((ROOT / "cluster.yaml").read_text())["available_node_types"].items():
        has, memory = kind["resources"], kind.get("labels", {}).get(MEMORY_LABEL)
        found[name] = Node(
            name=name,
            cpus=has["CPU"],
            accelerators=(1.0,) * has.get("GPU", 0),
            sandbox=has.get("sandbox", 0),
            accelerator_gib=float(memory) if memory else None,
        )
    return found


def nodes_for(config: Config, *files: Path, types: dict[str, Node] | None = None) -> list[Node]:
    """What the last of `files` says it runs on; of a cluster, with the head and the sandbox nodes that it needs.

    `types`: those of another description of a cluster than cluster.yaml.
    """
    count, kind, cores = runs_on(files[-1]).groups()
    boxes = config.executor.replicas * config.executor.boxes
    if cores:
        return [Node(name="this machine", cpus=float(cores), sandbox=boxes)]
    types = types or node_types()
    sandboxes = -(-boxes // int(types["sandbox"].sandbox))
    return [types["head"], *[types[kind]] * int(count), *[types["sandbox"]] * sandboxes]
