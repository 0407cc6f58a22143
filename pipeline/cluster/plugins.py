"""Plug-ins on every node: each is imported there before any work, and must be the one that the driver has."""

from collections.abc import Sequence

import ray
from ray.exceptions import GetTimeoutError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from pipeline.config.rows import plugin_tables
from pipeline.errors import what_happened
from sandbox.errors import UserError
from sandbox.plugins import Origin, plugin_origin

PLUGIN_DEADLINE_S = 120.0
"""For all nodes to import all plug-ins, Ray's start of a worker process included."""


class PluginError(UserError, RuntimeError):
    """A node cannot import a plug-in, or has another version of it; nothing was begun."""


def require_on_every_node(plugins: Sequence[Origin]) -> None:
    """Import the plug-ins on every node of the cluster. Raises PluginError, which names the node."""
    if not plugins:
        return
    found = {node["NodeID"]: node["NodeManagerAddress"] for node in ray.nodes() if node["Alive"]}
    task = ray.remote(_import_plugins)
    asked = {
        node: task.options(
            num_cpus=0, max_retries=0, scheduling_strategy=NodeAffinitySchedulingStrategy(node, soft=False)
        ).remote(list(plugins))
        for node in found
    }
    for node, reference in asked.items():
        try:
            there: list[Origin] = ray.get(reference, timeout=PLUGIN_DEADLINE_S)
        except GetTimeoutError:
            raise PluginError(
                f"node {found[node]} did not import {', '.join(plugin.path for plugin in plugins)} in "
                f"{PLUGIN_DEADLINE_S:.0f} s; look whether it is busy, or whether one of them works while it is imported"
            ) from None
        except Exception as error:
            raise PluginError(f"node {found[node]}: {what_happened(error)}") from error
        _require_equal(found[node], plugins, there)


def _require_equal(address: str, here: Sequence[Origin], there: Sequence[Origin]) -> None:
    for mine, its in zip(here, there, strict=True):
        if mine != its:
            raise PluginError(
                f"node {address} has another {mine.kind} {mine.name!r}: there {its}; on the driver {mine}. "
                "Install the same package on every node"
            )


def _import_plugins(plugins: Sequence[Origin]) -> list[Origin]:
    """Runs on a node: where its plug-ins come from, each imported and checked by its table."""
    tables = {table.kind: table for table in plugin_tables()}
    found = []
    for plugin in plugins:
        table = tables[plugin.kind]
        assert table[plugin.name] is not None
        there = plugin_origin(table, plugin.name)
        assert there is not None
        found.append(there)
    return found
