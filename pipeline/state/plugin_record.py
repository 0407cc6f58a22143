"""What a run directory notes of its plug-ins, so that commands that only read it import none."""

import json
from dataclasses import asdict

from pipeline.config.rows import plugin_tables
from pipeline.config.schema import Config
from pipeline.state.plugins import plugin_origins, rows_named
from pipeline.state.problems import ProblemSplits
from pipeline.state.store import Store

PLUGINS = "plugins.json"
"""File of a run directory: the plug-ins that its last driver imported, with their labels."""


def store_plugins(store: Store, config: Config, splits: ProblemSplits) -> None:
    """Note in the run directory which plug-ins are used and how people call them, for commands that only read."""
    labels = {(table.kind, name): table.label(name) for table, name in rows_named(config, splits) if name not in table}
    rows = [asdict(one) | {"label": labels[one.kind, one.name]} for one in plugin_origins(rows_named(config, splits))]
    if rows or store.exists(PLUGINS):
        store.write(json.dumps(rows, indent=1).encode(), PLUGINS)


def read_plugin_labels(store: Store) -> None:
    """Tell the tables the labels that a run stored, so that nothing has to be imported to show them."""
    by_kind = {table.kind: table for table in plugin_tables()}
    for row in store.read_json(PLUGINS) or []:
        if row["kind"] in by_kind:
            by_kind[row["kind"]].tell_label(row["name"], row["label"])
