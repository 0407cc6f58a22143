"""Rows that other packages make: what their fields may hold, and whose function raised."""

import json
import pickle
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

import pytest

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


def fail(text: str) -> None:
    json.loads(text)


def leave(text: str) -> None:
    raise SystemExit(text)


def test_what_a_foreign_function_raises_keeps_its_type_and_says_whose_it_was() -> None:
    row = with_named_functions(Row(function=fail, label="x"), "selector mine:ROW")  # type: ignore[arg-type]
    assert row.label == "x" and name_of(row.function) == "function of selector mine:ROW"
    named = pickle.loads(pickle.dumps(row.function))  # as Ray sends it to an actor
    with pytest.raises(json.JSONDecodeError) as caught:
        named("{")
    (note,) = caught.value.__notes__
    line = fail.__code__.co_firstlineno + 1
    assert note == f"raised by function of selector mine:ROW ({__file__}, line {line})"


def test_a_foreign_function_cannot_end_an_actor_without_a_word() -> None:
    with pytest.raises(RuntimeError, match=re.escape("it called sys.exit('bye')")) as caught:
        NamedFunction(leave, "tell of feedback style mine:ROW")("bye")
    assert "raised by tell of feedback style mine:ROW (" in caught.value.__notes__[0]


def test_functions_of_this_project_stay_what_they_are() -> None:
    """Some are compared by identity, and what they raise is caught by its type or told already."""
    row = with_named_functions(Row(key=name_of), "selector mine:ROW")  # type: ignore[arg-type]
    assert row.key is name_of and isinstance(row.function, NamedFunction)


def test_a_syntax_error_says_its_place_itself() -> None:
    assert place(SyntaxError("x")) == "" == place(ValueError("never raised"))
