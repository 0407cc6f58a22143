"""A stage: a named step, what it reads, and what it returns."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from actors.storage.checkpoint import Checkpoint


@dataclass(frozen=True, kw_only=True)
class StageOutput:
    """What a stage function returns beside the parts that it committed."""

    checkpoint: Checkpoint | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    expected_parts: int | None = None


@dataclass(frozen=True, kw_only=True)
class Stage:
    """A named step: `reads` are the config sections or fields that change its data."""

    name: str
    reads: tuple[str, ...]
    version: int
    function: Callable[..., StageOutput]
    derived: bool = False


def stage(
    name: str, *, reads: Iterable[str] = (), version: int = 1, derived: bool = False
) -> Callable[[Callable[..., StageOutput]], Stage]:
    """A stage function's decorator. A `derived` stage is computed again where its inputs changed."""

    def wrap(function: Callable[..., StageOutput]) -> Stage:
        return Stage(name=name, reads=tuple(reads), version=version, function=function, derived=derived)

    return wrap
