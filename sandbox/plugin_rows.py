"""Rows and records that other packages make: what their fields may hold, and whose function it was that raised."""

import inspect
import pickle
import traceback
from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass, replace
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin

from sandbox.errors import UserError

Row = TypeVar("Row")
OWN_PACKAGES = frozenset({"sandbox", "actors", "pipeline"})
SHOWN = 60
"""Characters of a value in a message."""


def misfit(record: object) -> str | None:
    """What is wrong with the first field whose value is not of its declared type; None if all are, or it has none."""
    for field in fields(record) if is_dataclass(record) and not isinstance(record, type) else ():
        value = getattr(record, field.name)
        if not _suits(value, field.type):
            shown = " ".join(repr(value).split())
            shown = shown if len(shown) <= SHOWN else shown[: SHOWN - 1] + "…"
            return f"{field.name} is {shown}, expected {_said(field.type)}"
        if (wrong := _wrong_parameters(value, field.type)) is not None:
            return f"{field.name} cannot be called with {wrong}"
    return None


def with_named_functions(row: Row, owner: str) -> Row:
    """The row, with what its functions raise saying that it came from `owner`; functions of this project stay."""
    if not is_dataclass(row) or isinstance(row, type):
        return row
    values = {field.name: getattr(row, field.name) for field in fields(row)}
    foreign = {name: value for name, value in values.items() if _is_foreign_function(value)}
    named = {name: NamedFunction(value, f"{name} of {owner}") for name, value in foreign.items()}
    return replace(row, **named) if named else row


@dataclass(frozen=True, slots=True)
class NamedFunction:
    """A function of another package. What it raises keeps its type, and a note says which function it was.

    A SystemExit becomes a RuntimeError: it would end an actor, or mucode, without a word. What cannot be sent to
    another process with its note becomes a ValueError or a RuntimeError.
    """

    function: Callable[..., Any]
    name: str

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        try:
            return self.function(*arguments, **named)
        except UserError:  # says itself what to do
            raise
        except (Exception, SystemExit) as error:
            signed = self._signed(error)
            if signed is error:
                raise
            raise signed from error

    def _signed(self, error: BaseException) -> BaseException:
        """The error with a note; a plain one in its place if it would end its process, or lose the note on its way."""
        code = getattr(self.function, "__code__", None)
        note = f"raised by {self.name}{place(error, code.co_filename if code else '')}"
        error.add_note(note)
        if isinstance(error, Exception) and _travels(error):
            return error
        kind = ValueError if isinstance(error, ValueError) else RuntimeError
        plain = kind(f"{type(error).__name__}: {error}").with_traceback(error.__traceback__)
        plain.add_note(note)
        return plain


def _travels(error: Exception) -> bool:
    """Whether it comes out of another process with its notes: json's errors, say, are made anew without them."""
    try:
        there = pickle.loads(pickle.dumps(error))
    except Exception:  # an __init__ of its own is a common cause
        return False
    return getattr(there, "__notes__", None) == error.__notes__


def name_of(function: Callable[..., object]) -> str:
    """As in "tell of feedback style my_package.rows:MINE"; of a function of this project its own name."""
    return function.name if isinstance(function, NamedFunction) else getattr(function, "__name__", repr(function))


def place(error: BaseException, file: str = "") -> str:
    """Where it was raised, as " (FILE, line N)", in `file` if it came by there; "" for a SyntaxError, which says it."""
    frames = traceback.extract_tb(error.__traceback__)
    frame = next((one for one in reversed(frames) if one.filename == file), frames[-1] if frames else None)
    return "" if isinstance(error, SyntaxError) or frame is None else f" ({frame.filename}, line {frame.lineno})"


def _is_foreign_function(value: object) -> bool:
    module = getattr(value, "__module__", None) or ""
    return callable(value) and not isinstance(value, type) and module.partition(".")[0] not in OWN_PACKAGES


def _suits(value: object, kind: Any) -> bool:
    """Whether a value may be of a type, as far as that can be seen."""
    origin, within = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        return any(_suits(value, one) for one in within)
    if origin is Literal:
        return value in within
    if origin is Callable or getattr(kind, "_is_protocol", False):
        return callable(value)
    if origin is tuple and within[1:] == (...,):
        return isinstance(value, tuple) and all(_suits(one, within[0]) for one in value)
    plain = float | int if kind is float else origin or kind
    return not isinstance(plain, type | UnionType) or (isinstance(value, plain) and misfit(value) is None)


def _wrong_parameters(value: object, kind: Any) -> str | None:
    """How a function that the type calls by position cannot be called; None if it can, or does not say."""
    kinds = get_args(kind) if get_origin(kind) in (Union, UnionType) else (kind,)
    counts = [len(get_args(one)[0]) for one in kinds if get_origin(one) is Callable]
    if not counts or not callable(value):
        return None
    try:
        signature = inspect.signature(value)
    except (TypeError, ValueError):  # of functions written in C
        return None
    try:
        signature.bind(*[None] * counts[0])
    except TypeError as error:
        return f"{counts[0]} argument{'s' * (counts[0] > 1)}: {error}"
    return None


def _said(kind: Any) -> str:
    if get_origin(kind) is Callable or getattr(kind, "_is_protocol", False):
        return "a function"
    if get_origin(kind) in (Union, UnionType):
        return " or ".join(map(_said, get_args(kind)))
    if get_origin(kind) is Literal:
        return " or ".join(map(repr, get_args(kind)))
    if get_origin(kind) is tuple:
        return f"a tuple of {_said(get_args(kind)[0])}"
    return "None" if kind is NoneType else str(getattr(kind, "__name__", kind))
