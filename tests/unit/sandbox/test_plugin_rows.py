"""Rows that other packages make: what their fields may hold, and whose function raised."""

import json
import pickle
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import pytest

from sandbox.errors import UserError
from sandbox.plugin_rows import NamedFunction, misfit, name_of, place, with_named_functions


class Loader(Protocol):
    def __call__(self, path: str, *, dtype: str) -> str: ...


def add(one: int, two: int) -> int:
    return one + two


def load(path: str, *, dtype: str) -> str:
    return path


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    label: str = "l"
    function: Callable[[int, int], int] = add
    load: Loader = load
    key: Callable[["Row"], int] | None = None
    kind: Literal["a", "b"] = "a"
    weight: float = 1.0
    bound: int | Literal["all"] = "all"
    files: tuple[str, ...] = ()
    parts: tuple["Row", ...] = ()


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, None),
        ({"weight": 2, "bound": 3, "key": name_of, "kind": "b", "files": ("x",), "function": max}, None),
        ({"label": None}, "label is None, expected str"),
        ({"function": "add"}, "function is 'add', expected a function"),
        ({"load": 3}, "load is 3, expected a function"),
        ({"function": name_of}, "function cannot be called with 2 arguments: too many positional arguments"),
        ({"key": add}, "key cannot be called with 1 argument: missing a required argument: 'two'"),
        ({"key": 7}, "key is 7, expected a function or None"),
        ({"kind": "c"}, "kind is 'c', expected 'a' or 'b'"),
        ({"bound": None}, "bound is None, expected int or 'all'"),
        ({"files": "x"}, "files is 'x', expected a tuple of str"),
        ({"files": ["x"]}, "files is ['x'], expected a tuple of str"),
        ({"files": ("x", 3)}, "files is ('x', 3), expected a tuple of str"),
    ],
)
def test_the_first_field_of_another_type_is_named(fields: dict[str, object], said: str | None) -> None:
    assert misfit(Row(**fields)) == said  # type: ignore[arg-type]


class OddError(Exception):
    """Cannot be read back: its `__init__` wants what its `args` do not hold."""

    def __init__(self, first: str, second: str) -> None:
        super().__init__(first + second)


def look_up(text: str) -> None:
    dict[str, str]()[text]


def parse(text: str) -> None:
    json.loads(text)


def complain(text: str) -> None:
    raise OddError(text, "!")


def leave(text: str) -> None:
    raise SystemExit(text)


@pytest.mark.parametrize(
    ("function", "raised", "said"),
    [
        (look_up, KeyError, "'{'"),
        (parse, ValueError, "JSONDecodeError: Expecting property name"),
        (complain, RuntimeError, "OddError: {!"),
        (leave, RuntimeError, "SystemExit: {"),
    ],
)
def test_what_a_foreign_function_raises_says_whose_it_was_in_any_process(
    function: Callable[..., Any], raised: type[Exception], said: str
) -> None:
    """A SystemExit would end an actor without a word; the others come through pickle as Ray sends them."""
    row = with_named_functions(Row(function=function, label="x"), "selector mine:ROW")
    assert row.label == "x" and name_of(row.function) == "function of selector mine:ROW"
    named = pickle.loads(pickle.dumps(row.function))
    with pytest.raises(raised, match=f"^{re.escape(said)}") as caught:
        named("{")
    line = function.__code__.co_firstlineno + 1
    there = pickle.loads(pickle.dumps(caught.value))
    assert there.__notes__ == [f"raised by function of selector mine:ROW ({__file__}, line {line})"]


def test_an_error_for_people_stays_as_it_is() -> None:
    def refuse() -> None:
        raise UserError("raise rollouts.samples")

    with pytest.raises(UserError, match=r"^raise rollouts.samples$") as caught:
        NamedFunction(refuse, "load of data set mine:ROW")()
    assert not hasattr(caught.value, "__notes__")


def test_functions_of_this_project_stay_what_they_are() -> None:
    """Some are compared by identity, and what they raise is caught by its type or told already."""
    row = with_named_functions(Row(key=name_of), "selector mine:ROW")  # type: ignore[arg-type]
    assert row.key is name_of and isinstance(row.function, NamedFunction)


def test_a_syntax_error_says_its_place_itself() -> None:
    assert place(SyntaxError("x")) == "" == place(ValueError("never raised"))
