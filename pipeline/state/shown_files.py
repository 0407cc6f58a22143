"""Files of a run directory that reports show, whatever version wrote them: settings, versions, and times."""

import posixpath
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field, TypeAdapter

from actors.storage.run_storage import Count, Time, parse_typed
from pipeline.state.run_files import CONFIG, RunFiles

if TYPE_CHECKING:
    from pipeline.state.store import Store  # imports pyarrow

ENVIRONMENT, SPANS = "environment.json", "spans.jsonl"


@dataclass(frozen=True, slots=True)
class _StoredRun:
    """What a report computes with; the rest it only shows."""

    iterations: Count | None = None
    strategy: str = "mucode"


@dataclass(frozen=True, slots=True)
class _Stored:
    run: _StoredRun = field(default_factory=_StoredRun)


@dataclass(frozen=True, slots=True)
class Span:
    """A line of spans.jsonl: a stage, or a driver's `start` or whole `run`; `start` is a Unix time."""

    name: str
    start: Time
    seconds: Annotated[float, Field(ge=0, le=1e10, allow_inf_nan=False)]
    iteration: Count | None = None


_STORED, _SPAN = TypeAdapter(_Stored), TypeAdapter(Span)
_SECTIONS, _VERSIONS = TypeAdapter(dict[str, dict[str, Any]]), TypeAdapter(dict[str, Any])


def stored_settings(store: "Store") -> dict[str, dict[str, Any]]:
    """The run's config as it was written; {} if there is none. Raises DamagedError."""
    try:
        data, where = store.read(CONFIG), posixpath.join(store.root, CONFIG)
    except FileNotFoundError:
        return {}
    parse_typed(data, where, _STORED)
    return parse_typed(data, where, _SECTIONS)


def stored_environment(store: "Store") -> dict[str, Any]:
    """What the last driver ran with; {} if nothing says so. Raises DamagedError."""
    try:
        return parse_typed(store.read(ENVIRONMENT), posixpath.join(store.root, ENVIRONMENT), _VERSIONS)
    except FileNotFoundError:
        return {}


def stored_spans(store: "Store | RunFiles") -> list[Span]:
    """The times of what was carried out; [] if no tracker wrote them down. Raises DamagedError."""
    try:
        lines = store.read(SPANS).splitlines()
    except FileNotFoundError:
        return []
    return [parse_typed(line, posixpath.join(store.root, SPANS), _SPAN) for line in lines]
