"""What the schema says of each setting: the source of `mucode config` and of docs/configuration.md."""

import ast
import inspect
import itertools
import json
import textwrap
import types
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from pipeline.config.fields import OneOf, is_marked
from pipeline.config.presets import PROTOCOLS
from pipeline.config.schema import Config
from sandbox.registry import Registry

BOUNDS = {"ge": "at least", "gt": "more than", "le": "at most", "lt": "less than"}
OR_UNSET = " or unset"
KINDS = {bool: "true or false", int: "integer", float: "number", str: "text", type(None): "unset"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One setting as a person meets it. `rows` are allowed names with their descriptions; `presets` by protocol."""

    key: str
    values: str
    default: str
    description: str
    changes_data: bool
    rows: dict[str, str] = field(default_factory=dict)
    presets: dict[str, str] = field(default_factory=dict)


def all_settings() -> dict[str, Setting]:
    """Every setting of a config by its key `section.name`, in the order of the schema."""
    sections = {f"{name}.": section_type(field) for name, field in Config.model_fields.items()}
    return {
        key: setting for prefix, section in sections.items() for key, setting in model_settings(section, prefix).items()
    }


def model_settings(model: type[BaseModel], prefix: str = "") -> dict[str, Setting]:
    """Every field of a model by `prefix` + name, in the order of the model."""
    descriptions = field_descriptions(model)
    keys = {name: prefix + name for name in model.model_fields}
    return {key: _setting(key, model.model_fields[name], descriptions[name]) for name, key in keys.items()}


def field_descriptions(section: type[BaseModel]) -> dict[str, str]:
    """The docstring under each field of a section, "" if there is none; those of its bases too. Reads its source."""
    found = dict.fromkeys(section.model_fields, "")
    for base in reversed([one for one in section.__mro__ if issubclass(one, BaseModel) and one is not BaseModel]):
        (definition,) = ast.parse(textwrap.dedent(inspect.getsource(base))).body
        assert isinstance(definition, ast.ClassDef)
        for field_node, text in itertools.pairwise(definition.body):
            match field_node, text:
                case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(said))):
                    found[name] = " ".join(said.split())
    return found


def section_type(info: FieldInfo) -> type[BaseModel]:
    """The class of a section of the config."""
    assert isinstance(info.annotation, type) and issubclass(info.annotation, BaseModel)
    return info.annotation


def section_summary(name: str) -> str:
    """What a section of the config is about."""
    return model_summary(section_type(Config.model_fields[name]))


def model_summary(model: type[BaseModel]) -> str:
    """The first line of a model's docstring."""
    return (inspect.getdoc(model) or "").partition("\n")[0]


def toml_value(value: Any) -> str:
    """A value as a TOML file would have it; "unset" for None, which TOML cannot say."""
    return "unset" if value is None else json.dumps(value, ensure_ascii=False)


def _setting(key: str, info: FieldInfo, description: str) -> Setting:
    rows = next((one for one in map(_rows, _metadata(info)) if one), {})
    section, _, name = key.partition(".")
    presets = {
        protocol: toml_value(row.settings[section][name])
        for protocol, row in PROTOCOLS.items()
        if name in row.settings.get(section, {})
    }
    return Setting(
        key=key,
        values=_values(info, rows),
        default="required" if info.is_required() else toml_value(info.get_default(call_default_factory=True)),
        description=description,
        changes_data=not is_marked(info, "operational"),
        rows=rows,
        presets=presets,
    )


def _metadata(info: FieldInfo) -> Iterator[Any]:
    """What annotations say beside types, those within tuples and unions too."""
    yield from info.metadata
    yield from _nested_metadata(info.annotation)


def _nested_metadata(annotation: Any) -> Iterator[Any]:
    yield from getattr(annotation, "__metadata__", ())
    for part in typing.get_args(annotation):
        yield from _nested_metadata(part)


def _rows(mark: Any) -> dict[str, str]:
    if not isinstance(mark, OneOf):
        return {}
    rows = {name: mark.table[name] for name in mark.names()}
    return {name: getattr(row, "description", "") or getattr(row, "title", "") for name, row in rows.items()}


def _values(info: FieldInfo, rows: Mapping[str, str]) -> str:
    bounds = ", ".join(words for mark in info.metadata for words in _bounds(mark))
    kind = _kind(info.annotation, rows)
    open_table = any(isinstance(mark, OneOf) and isinstance(mark.table, Registry) for mark in _metadata(info))
    other = [kind.removesuffix(OR_UNSET) + f" {bounds}".rstrip(), *(["package.module:NAME"] if open_table else [])]
    return ", or ".join([*other, *(["unset"] if kind.endswith(OR_UNSET) else [])])


def _kind(annotation: Any, rows: Mapping[str, str]) -> str:
    origin, parts = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        bounds = [words for mark in parts[1:] for words in _bounds(mark)]
        return f"{_kind(parts[0], rows)} {', '.join(bounds)}".strip()
    if origin is Literal:
        return " | ".join(toml_value(part) for part in parts)
    if origin is tuple:
        return f"list of: {_kind(parts[0], rows)}"
    if origin in (typing.Union, types.UnionType):
        return " or ".join(_kind(part, rows) for part in parts)
    if annotation is str and rows:
        return " | ".join(map(toml_value, rows))
    if origin is dict:
        return "tables of settings"
    return "table" if isinstance(annotation, type) and issubclass(annotation, BaseModel) else KINDS[annotation]


def _bounds(mark: Any) -> Iterator[str]:
    if hasattr(mark, "metadata"):  # a Field within Annotated
        for inner in mark.metadata:
            yield from _bounds(inner)
    for name, words in BOUNDS.items():
        if (bound := getattr(mark, name, None)) is not None:
            yield f"{words} {bound:g}"
    if pattern := getattr(mark, "pattern", None):
        yield f"matching {pattern}"
