"""What a section of settings is made of: its base class, its two kinds of marked fields, names of table rows."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator
from pydantic.fields import FieldInfo
from pydantic_core import CoreSchema, core_schema

from sandbox.registry import Registry
from sandbox.terminal import expand_home

MOST_SECONDS = 1e8
"""Of a deadline, three years: clocks of the operating system take ten times as much, and not all numbers."""
LARGEST = 10**15
"""Of a whole number: samples, tokens or seeds."""
MOST_THREADS = 1024
"""That one actor computes with: OpenMP ends the process where the machine does not give it as many."""


class Section(BaseModel):
    """A table of a TOML file: unknown keys are errors, values do not change, numbers are finite."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    @field_validator("*", mode="after")
    @classmethod
    def _fits(cls, value: Any) -> Any:
        """Whole numbers have no end in TOML, but where they are computed with."""
        for one in value if isinstance(value, tuple) else (value,):
            if isinstance(one, int) and not -LARGEST <= one <= LARGEST:
                raise ValueError(f"expected a number from -{LARGEST} to {LARGEST}")
        return value


HomePath = Annotated[str, AfterValidator(expand_home)]
"""A path, an address or a name; `~` at the start of the path is the home directory."""


def operational(default: Any, **kwargs: Any) -> Any:
    """A field that changes how a run is carried out, never what it produces."""
    return Field(default, json_schema_extra={"operational": True}, **kwargs)


def added(default: Any, **kwargs: Any) -> Any:
    """An identity field that came after 0.1.0: left out of the identity while it equals `default`.

    Run directories of earlier versions know nothing of it, and their stages keep the identity that they were made
    with. The default must therefore do what earlier versions did.
    """
    return Field(default, json_schema_extra={"added": True}, **kwargs)


def is_marked(field: FieldInfo, mark: str) -> bool:
    """Whether a field was declared by `operational` or `added`."""
    return isinstance(field.json_schema_extra, dict) and bool(field.json_schema_extra.get(mark))


def names_data(field: FieldInfo, value: Any) -> bool:
    """Whether a field's value is part of what identifies a stage's content."""
    if is_marked(field, "operational"):
        return False
    return not (is_marked(field, "added") and value == field.get_default(call_default_factory=True))


AS_STORED = {"names": "as stored"}
"""Validation context of settings that a run stored: its plug-ins need not be installed to read it."""


@dataclass(frozen=True)
class OneOf:
    """`Annotated[str, OneOf(TABLE)]`: the name of a row of `TABLE`, which is the only list of such names."""

    table: Mapping[str, Any]
    check_row: Callable[[str], str] | None = None
    """Says which rows of the table are meant, and raises ValueError for others; all of them if there is none."""

    def __get_pydantic_core_schema__(self, source: Any, handler: Callable[[Any], CoreSchema]) -> CoreSchema:
        return core_schema.with_info_after_validator_function(self._validate, handler(source))

    def _validate(self, name: str, info: core_schema.ValidationInfo) -> str:
        return name if info.context == AS_STORED else self.check(name)

    def check(self, name: str) -> str:
        """`name`, if there is such a row; plug-ins of a Registry too, which are not imported. Raises ValueError."""
        if self.check_row is not None:
            return self.check_row(name)
        if isinstance(self.table, Registry):
            return self.table.check(name)
        if name not in self.table:
            raise ValueError(f"expected one of {', '.join(self.table)}")
        return name

    def names(self) -> list[str]:
        """The shipped rows that may be named, in the order of the table."""
        return [name for name in self.table if self._allows(name)]

    def _allows(self, name: str) -> bool:
        try:
            self.check(name)
        except ValueError:
            return False
        return True
