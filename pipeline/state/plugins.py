"""Plug-ins of a run: which rows of other packages its settings name, and where those come from.

    settings ("run.strategy", "eval.selectors", …)  the rows that fields of type OneOf(REGISTRY) name
    problems.train, .validation, .test              the data set, and the languages and checkers of its problems

Names alone are read here; a plug-in is imported by `load_plugins`, before any work, and then by whoever uses it.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter

from actors.storage.run_storage import parse_typed
from pipeline.config.rows import NamedRow, plugin_tables, rows_of_settings
from pipeline.config.schema import Config
from pipeline.state.problems import SPLITS, ProblemSplits
from sandbox.checkers import CHECKERS
from sandbox.languages import LANGUAGES
from sandbox.plugins import Origin, plugin_origin
from sandbox.problems.load import DATA_SETS, parse_name, split_names
from sandbox.registry import Registry

if TYPE_CHECKING:
    from pipeline.state.store import Store  # imports pyarrow, which a dry run does without

PLUGINS = "plugins.json"
"""File of a run directory: the plug-ins that its last driver imported, with their labels."""


@dataclass(frozen=True, slots=True)
class PluginLabel:
    """How people call a row of another package."""

    kind: str
    name: str
    label: str


_LABELS = TypeAdapter(list[PluginLabel])


def rows_named(config: Config, splits: ProblemSplits, fields: Sequence[str] | None = None) -> Iterator[NamedRow]:
    """Rows that the settings name, shipped ones too. `fields`: sections or fields to look at; None: all."""
    yield from rows_of_settings(config, fields)
    for split in SPLITS:
        if fields is None or "problems" in fields or f"problems.{split}" in fields:
            yield from _rows_of_split(config, splits, split)


def plugin_origins(rows: Iterable[NamedRow]) -> list[Origin]:
    """Where those of the rows come from that are not shipped, each once. Raises RegistryError for an unknown name."""
    found = (_origin(table, name) for table, name in dict.fromkeys(rows) if name not in table)
    return [one for one in found if one is not None]


def load_plugins(
    config: Config, splits: ProblemSplits, tell: Callable[[Origin], None], fields: Sequence[str] | None = None
) -> None:
    """Import every plug-in that the settings name; `tell` is told of each before, as an import may take its time.
    `fields`: as in `rows_named`.

    Raises RegistryError if one cannot be imported or is of another type.
    """
    loaded: set[NamedRow] = set()
    for row in rows_named(config, splits, fields):  # a data set comes before the languages of its problems
        origin = None if row.name in row.table or row in loaded else _origin(*row)
        if origin is not None:
            tell(origin)
            assert row.table[row.name] is not None
            loaded.add(row)


def store_plugins(store: "Store", config: Config, splits: ProblemSplits) -> None:
    """Note in the run directory which plug-ins are used and how people call them, for commands that only read."""
    labels = {(table.kind, name): table.label(name) for table, name in rows_named(config, splits) if name not in table}
    rows = [asdict(one) | {"label": labels[one.kind, one.name]} for one in plugin_origins(rows_named(config, splits))]
    if rows or store.exists(PLUGINS):
        store.write(json.dumps(rows, indent=1).encode(), PLUGINS)


def stored_plugins(store: "Store") -> list[dict[str, str]]:
    """`kind`, `name` and `label` of the plug-ins that a run noted. Raises DamagedError."""
    try:
        data = store.read(PLUGINS)
    except (FileNotFoundError, NotADirectoryError):
        return []
    return parse_plugins(data, f"{store.root}/{PLUGINS}")


def parse_plugins(data: bytes, where: str) -> list[dict[str, str]]:
    """As `stored_plugins`. Raises DamagedError."""
    return [asdict(row) for row in parse_typed(data, where, _LABELS)]


def read_plugin_labels(store: "Store") -> None:
    """Tell the tables the labels that a run stored, so that nothing has to be imported to show them."""
    tell_plugin_labels(stored_plugins(store))


def tell_plugin_labels(plugins: Iterable[dict[str, str]]) -> None:
    """As `stored_plugins` gives them."""
    by_kind = {table.kind: table for table in plugin_tables()}
    for row in plugins:
        if row["kind"] in by_kind:
            by_kind[row["kind"]].tell_label(row["name"], row["label"])


def _rows_of_split(config: Config, splits: ProblemSplits, split: str) -> Iterator[NamedRow]:
    specs = map(parse_name, split_names(getattr(config.problems, split)))
    yield from (NamedRow(DATA_SETS, spec.row) for spec in specs if spec is not None)
    problems = splits.problems(config, split)
    yield from (NamedRow(LANGUAGES, name) for name in dict.fromkeys(problem.language for problem in problems))
    yield from (NamedRow(CHECKERS, name) for name in dict.fromkeys(problem.checker for problem in problems))


@cache
def _origin(table: Registry[Any], name: str) -> Origin | None:
    """Once per process: its files are not expected to change under a running driver."""
    return plugin_origin(table, name)
