"""What is wrong with a setting, in one line: its name, its value, what was expected, and where it was said.

eval.selectors = 'pt': expected a list, as in ["pt"] (from c.toml)
"""

import difflib
import json
import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import PydanticUndefined

Path = tuple[str | int, ...]
"""Names of sections and fields, and positions in lists, as in ("eval", "selectors", 0)."""

TEXT, LIST, TABLE = "text in quotes", "a list", "a section of settings"
WHOLE_NUMBER, NUMBER = "a whole number", "a number"
TYPES = {
    **dict.fromkeys(("int_type", "int_parsing", "int_from_float", "int_parsing_size"), WHOLE_NUMBER),
    **dict.fromkeys(("float_type", "float_parsing"), NUMBER),
    **dict.fromkeys(("bool_type", "bool_parsing"), "true or false"),
    **dict.fromkeys(("string_type", "string_sub_type", "string_unicode"), TEXT),
    **dict.fromkeys(("list_type", "tuple_type", "set_type", "frozen_set_type", "iterable_type"), LIST),
    **dict.fromkeys(("dict_type", "mapping_type", "model_type", "model_attributes_type", "dataclass_type"), TABLE),
}
"""Kind of a mistake of type, as pydantic names it -> what was expected."""
BOUNDS = {
    "greater_than_equal": "at least {ge}",
    "greater_than": "more than {gt}",
    "less_than_equal": "at most {le}",
    "less_than": "less than {lt}",
    "multiple_of": "a multiple of {multiple_of}",
    "finite_number": "a finite number",
    "too_short": "at least {min_length} entries",
    "too_long": "at most {max_length} entries",
    "string_too_short": "at least {min_length} letters",
    "string_too_long": "at most {max_length} letters",
    "string_pattern_mismatch": "text of the form {pattern}",
    "literal_error": "{expected}",
    "enum": "{expected}",
    "union_tag_invalid": "{discriminator} to be one of {expected_tags}",
    "missing": "a value",
}
"""The same for mistakes of value, with what pydantic says of the limit."""
SINGULAR = {"1 entries": "1 entry", "1 letters": "1 letter"}
ONE = re.compile(rf"\b({'|'.join(SINGULAR)})\b")
SHOULD = "Input should "
OWN = ("value_error", "assertion_error")
"""Mistakes that a validator of ours found: its text is meant for people."""
SHOWN_CHARACTERS = 80
MOST_LINES = 10
"""Of mistakes; a list may have thousands of wrong entries."""


class Sources:
    """Which file or option said which settings."""

    def __init__(self) -> None:
        self._of: dict[Path, str] = {}

    def note(self, data: Any, source: str, *path: str) -> None:
        """`source` said all of `data`, which stands at `path`; what it says anew counts for it alone."""
        if isinstance(data, dict) and data and len(path) < 2:
            for name, value in data.items():
                self.note(value, source, *path, name)
        else:
            self._of[path] = source

    def find(self, path: Path) -> str:
        """Who said the setting at `path`; of a section, all who said something in it. "" if nobody is known."""
        for end in range(len(path), 0, -1):
            if path[:end] in self._of:
                return self._of[path[:end]]
        within = [source for one, source in self._of.items() if one[: len(path)] == path]
        return " and ".join(dict.fromkeys(within))


class _Mistake(NamedTuple):
    path: Path
    value: Any
    own: str
    """The text of a validator of ours; "" of others."""
    expected: tuple[str, ...]
    """What would have been right: several of a setting that may be of several types."""


def explain_mistakes(error: ValidationError, model: type[BaseModel], sources: Sources | None = None) -> list[str]:
    """A line for each mistake that pydantic found in the data of `model`."""
    lines: list[str] = []
    merged: dict[Path, _Mistake] = {}
    for item in error.errors():
        if _follows(item):
            continue
        place = (sources or Sources()).find(item["loc"])
        suffix = f" (from {place})" if place else ""
        if item["type"] == "extra_forbidden":
            lines.append(_explain_unknown(item["loc"], model) + suffix)
            continue
        path = _named(item["loc"], model)
        own = item["msg"].partition(", ")[2] if item["type"] in OWN else ""
        known = merged.get(path)
        expected = (*(known.expected if known else ()), *([] if own else [_expectation(item)]))
        merged[path] = _Mistake(path, item["input"], own or (known.own if known else ""), expected)
    for mistake in merged.values():
        place = (sources or Sources()).find(mistake.path)
        lines.append(_explain(mistake, model) + (f" (from {place})" if place else ""))
    more = len(lines) - MOST_LINES
    return [*lines[:MOST_LINES], f"and {more} more"] if more > 1 else lines


def _follows(item: Any) -> bool:
    """Whether a list counts as too short only since an entry of it is wrong, which has a line of its own."""
    return item["type"] == "too_short" and len(item["input"]) >= item["ctx"]["min_length"]


def _explain(mistake: _Mistake, model: type[BaseModel]) -> str:
    name = ".".join(map(str, mistake.path))
    if mistake.own:
        section = isinstance(mistake.value, dict | BaseModel) or not name
        shown = name if section else f"{name} = {_shown(mistake.value)}"
        known = not name or mistake.own.startswith((f"{name} ", f"{name}.", f"{name}:"))
        return mistake.own if known else f"{shown}: {mistake.own}"
    expected = " or ".join(dict.fromkeys(mistake.expected))
    if expected == BOUNDS["missing"]:
        return f"{name} is not set: expected a value{_example(mistake, model)}"
    return f"{name or 'the file'} = {_shown(mistake.value)}: expected {expected}{_example(mistake, model)}"


def _expectation(item: Any) -> str:
    """What was expected, of a kind that no table has too: pydantic's words for it."""
    kind = item["type"]
    if kind in TYPES:
        return TYPES[kind]
    if kind in BOUNDS:
        return ONE.sub(lambda one: SINGULAR[one[0]], BOUNDS[kind].format(**item.get("ctx", {})))
    said = str(item["msg"])
    if said.startswith(SHOULD):
        return said.removeprefix(SHOULD).removeprefix("be ")
    return f"something else ({said})"


def _example(mistake: _Mistake, model: type[BaseModel]) -> str:
    """How a value of the right type is written, if its type was wrong."""
    types = [one for one in mistake.expected if one in TYPES.values()]
    if not types:
        return ""
    if TABLE in types:
        return f", as in [{mistake.path[0]}]" if len(mistake.path) == 1 else ""
    if LIST in types and isinstance(mistake.value, str | int | float):
        return f", as in {json.dumps([mistake.value])}"
    default = _default(mistake.path, model)
    return f", as in {json.dumps(default)}" if default not in (None, "", ()) else ""


def _default(path: Path, model: type[BaseModel]) -> Any:
    """The default of the field at `path`; None if it has none, or is within a list."""
    *sections, name = path
    for section in sections:
        inner = model.model_fields[section].annotation if section in model.model_fields else None
        if not (isinstance(inner, type) and issubclass(inner, BaseModel)):
            return None
        model = inner
    field = model.model_fields.get(str(name))
    found = field.get_default(call_default_factory=False) if field is not None else None
    return None if found is PydanticUndefined or isinstance(found, BaseModel) else found


def _named(loc: Sequence[str | int], model: type[BaseModel]) -> Path:
    """The part of a mistake's place that a file has: without pydantic's names for the members of a union."""
    named: list[str | int] = []
    kinds: list[Any] = [model]
    for step in loc:
        models = [one for one in kinds if isinstance(one, type) and issubclass(one, BaseModel)]
        fields = [one.model_fields[str(step)] for one in models if step in one.model_fields]
        mapped = any(getattr(one, "__origin__", None) is dict for one in kinds)
        if not (fields or isinstance(step, int) or mapped):
            continue
        named.append(step)
        kinds = [one for field in fields for one in _members(field.annotation)] if fields else kinds
        if not fields:
            kinds = [inner for one in kinds for argument in get_args(one) for inner in _members(argument)]
    return tuple(named)


def _members(annotation: Any) -> Iterator[Any]:
    """A type, and those that it is a union or an annotation of."""
    yield annotation
    if getattr(annotation, "__origin__", None) not in (dict, list, tuple):
        for inner in get_args(annotation):
            yield from _members(inner)


def _explain_unknown(loc: Path, model: type[BaseModel]) -> str:
    names = [step for step in loc if isinstance(step, str)]
    known = [key for key in _known_keys(model) if key.count(".") == len(names) - 1]
    close = difflib.get_close_matches(".".join(names)[:SHOWN_CHARACTERS], known, n=1, cutoff=0.0)
    nearest = f"; the nearest valid one is {close[0]!r}" if close else ""
    return f"unknown config key {_shown('.'.join(map(str, loc)))}{nearest}"


def _known_keys(model: type[BaseModel]) -> Iterator[str]:
    """Dotted names of fields, of those within sections too, whether a field holds one section or several."""
    for name, field in model.model_fields.items():
        yield name
        for kind in (field.annotation, *get_args(field.annotation)):
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                yield from (f"{name}.{inner}" for inner in _known_keys(kind))


def _shown(value: Any) -> str:
    try:
        text = repr(value)
    except ValueError:  # Python writes no integer of thousands of digits
        text = "a number of thousands of digits"
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}…"
