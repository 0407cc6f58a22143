"""Plug-ins of a run: which rows of other packages its settings name, and where those come from.

    settings ("run.strategy", "eval.selectors", …)  the rows that fields of type OneOf(REGISTRY) name
    problems.train, .validation, .test              the data set, and the languages of its problems

Names alone are read here; a plug-in is imported by `load_plugins`, before any work, and then by whoever uses it.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Any

from pipeline.config.rows import NamedRow, rows_of_settings
from pipeline.config.schema import Config
from pipeline.state.problems import SPLITS, ProblemSplits
from sandbox.languages import LANGUAGES
from sandbox.plugins import Origin, origin
from sandbox.problems.load import DATA_SETS, parse_name
from sandbox.registry import Registry


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


def load_plugins(config: Config, splits: ProblemSplits) -> list[Origin]:
    """Import every plug-in that the settings name. Raises RegistryError if one cannot be or is of another type."""
    rows = [row for row in dict.fromkeys(rows_named(config, splits)) if row.name not in row.table]
    for table, name in rows:
        assert table[name] is not None
    return plugin_origins(rows)


def _rows_of_split(config: Config, splits: ProblemSplits, split: str) -> Iterator[NamedRow]:
    spec = parse_name(getattr(config.problems, split))
    if spec is not None:
        yield NamedRow(DATA_SETS, spec.row)
    languages = dict.fromkeys(problem.language for problem in splits.problems(config, split))
    yield from (NamedRow(LANGUAGES, language) for language in languages)


@cache
def _origin(table: Registry[Any], name: str) -> Origin | None:
    """Once per process: its files are not expected to change under a running driver."""
    return origin(table, name)
