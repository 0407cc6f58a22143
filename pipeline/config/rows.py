"""Which tables of rows the settings name, and which rows: read off the fields of type OneOf(REGISTRY)."""

import typing
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from pipeline.config.fields import OneOf
from pipeline.config.schema import Config
from sandbox.checkers import CHECKERS
from sandbox.languages import LANGUAGES
from sandbox.problems.load import DATA_SETS
from sandbox.registry import Registry


class NamedRow(NamedTuple):
    """A row that a setting names, by its table and its name there."""

    table: Registry[Any]
    name: str


def rows_of_settings(config: Config, fields: Sequence[str] | None = None) -> Iterator[NamedRow]:
    """Rows that fields name, shipped ones too. `fields`: sections or fields to look at; None: all."""
    for section_name in Config.model_fields:
        section = getattr(config, section_name)
        for name, field in type(section).model_fields.items():
            if fields is None or section_name in fields or f"{section_name}.{name}" in fields:
                tables = _tables([*field.metadata, field.annotation])
                yield from (NamedRow(table, row) for table in tables for row in _names(getattr(section, name)))


def plugin_tables() -> list[Registry[Any]]:
    """Every table that takes rows of other packages: those of settings, of data sets and of languages."""
    sections = (field.annotation for field in Config.model_fields.values())
    fields = [field for section in sections if section is not None for field in section.model_fields.values()]
    named = [table for field in fields for table in _tables([*field.metadata, field.annotation])]
    return list(dict.fromkeys([*named, DATA_SETS, LANGUAGES, CHECKERS]))


def _tables(annotations: Iterable[Any]) -> Iterator[Registry[Any]]:
    """Registries that annotations name, those within tuples and unions too."""
    for one in annotations:
        if isinstance(one, OneOf) and isinstance(one.table, Registry):
            yield one.table
        yield from _tables([*getattr(one, "__metadata__", ()), *typing.get_args(one)])


def _names(value: Any) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value or ())
