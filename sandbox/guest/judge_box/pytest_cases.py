"""Functions as pytest collects them, run without pytest: fixtures, parameters, marks, `raises` and `approx`.

What acts on the process (`monkeypatch`, `capsys`, …) cannot be judged, because it is not the program's process.
"""

import contextlib
import inspect
import itertools
import math
import re
import types
import unittest
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from sandbox.guest.judge_box import remote
from sandbox.guest.judge_box.unittest_cases import Cases

Given = dict[str, Any]
Mark = tuple[str, tuple[Any, ...], dict[str, Any]]


class Raised:
    """What `raises` gives: the exception, once it is there."""

    value: Any = None

    @property
    def type(self) -> type[BaseException]:
        return type(self.value)

    def match(self, pattern: str) -> bool:
        """Raises AssertionError if the text has no such place."""
        assert re.search(pattern, str(self.value)), f"{pattern!r} is not found in {str(self.value)!r}"
        return True


class Raising:
    """The context of `raises`."""

    def __init__(self, kinds: Any, match: str | None) -> None:
        self.kinds, self.pattern, self.raised = kinds, match, Raised()

    def __enter__(self) -> Raised:
        return self.raised

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> bool:
        if error is None:
            kinds = self.kinds if isinstance(self.kinds, tuple) else (self.kinds,)
            raise AssertionError(f"{' or '.join(kind.__name__ for kind in kinds)} not raised")
        if not isinstance(error, self.kinds):
            return False
        self.raised.value = error
        return self.pattern is None or self.raised.match(self.pattern)


def raises(kinds: Any, *call: Any, match: str | None = None, **named: Any) -> Any:
    if not call:
        return Raising(kinds, match)
    with Raising(kinds, match) as raised:
        call[0](*call[1:], **named)
    return raised


class approx:
    """A number, or a list, tuple or dictionary of numbers, that another one is near to."""

    __hash__ = None  # type: ignore[assignment]
    __array_ufunc__ = None

    def __init__(self, expected: Any, rel: float | None = None, abs: float | None = None, nan_ok: bool = False) -> None:
        self.expected, self.rel, self.abs, self.nan_ok = expected, rel, abs, nan_ok

    def __repr__(self) -> str:
        return f"approx({self.expected!r})"

    def __eq__(self, got: object) -> bool:
        return self._near(got, self.expected)

    def _near(self, got: Any, expected: Any) -> bool:
        got, expected = (value.tolist() if hasattr(value, "tolist") else value for value in (got, expected))
        if isinstance(expected, dict):
            same = isinstance(got, dict) and got.keys() == expected.keys()
            return same and all(self._near(got[key], expected[key]) for key in expected)
        if isinstance(expected, list | tuple):
            same = isinstance(got, list | tuple) and len(got) == len(expected)
            return same and all(map(self._near, got, expected))
        if not isinstance(expected, int | float) or isinstance(expected, bool):
            return bool(got == expected)
        if not isinstance(got, int | float) or isinstance(got, bool):
            return False
        if math.isnan(expected):
            return self.nan_ok and math.isnan(got)
        relative = self.rel if self.rel is not None else (1e-6 if self.abs is None else 0.0)
        room = max(relative * math.fabs(expected), self.abs if self.abs is not None else 1e-12)
        return bool(got == expected) or (math.isfinite(expected) and math.fabs(got - expected) <= room)


class _Marks:
    """`pytest.mark.…`: what is not known by name changes nothing."""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def mark(*args: Any, **kwargs: Any) -> Any:
            def decorate(target: Any) -> Any:
                target.pytestmark = [*getattr(target, "pytestmark", []), (name, args, kwargs)]
                return target

            plain = len(args) == 1 and not kwargs and (inspect.isfunction(args[0]) or inspect.isclass(args[0]))
            if plain and name not in ("parametrize", "skipif", "usefixtures"):
                return mark()(args[0])
            return decorate

        return mark


def fixture(function: Any = None, *, scope: str = "function", autouse: bool = False, **more: Any) -> Any:
    if function is None:
        return lambda target: fixture(target, scope=scope, autouse=autouse, **more)
    function.pytest_fixture = {"scope": scope, "autouse": autouse, "name": function.__name__, **more}
    return function


def skip(reason: str = "", **_: object) -> NoReturn:
    raise unittest.SkipTest(reason)


def fail(reason: str = "", **_: object) -> NoReturn:
    raise AssertionError(reason)


@dataclass(frozen=True)
class Parameters:
    """One row of `parametrize`, as `pytest.param` gives it."""

    values: tuple[Any, ...]


def param(*values: Any, marks: Any = (), **_: object) -> Parameters:
    if marks:
        raise remote.Unjudgeable("marks of a single row of parameters are not understood")
    return Parameters(values)


def stand_in() -> types.ModuleType:
    """A module `pytest`."""
    module = types.ModuleType("pytest")
    own = {"raises": raises, "approx": approx, "fixture": fixture, "skip": skip, "fail": fail, "param": param}
    vars(module).update(own, mark=_Marks())
    return module


class PytestCases:
    """Runs functions and classes whose names say that they are tests. `cases` counts, `names` holds the fixtures."""

    def __init__(self, cases: Cases, names: Given) -> None:
        self.cases, self.names = cases, names
        self.lasting = contextlib.ExitStack()
        self.known: Given = {}

    def run(self, functions: Sequence[str], classes: Sequence[str]) -> None:
        """Raises what the first failing one raised, with its name as its `case`."""
        self.cases.begin()
        with self.lasting:
            for name in functions:
                self._run_function(name, self.names[name], None)
            for name in classes:
                cls = self.names[name]
                for method in [key for key in vars(cls) if key.startswith("test") and callable(getattr(cls, key))]:
                    self._run_function(f"{name}.{method}", getattr(cls, method), cls)

    def _run_function(self, name: str, function: Callable[..., object], cls: type | None) -> None:
        marks = [*getattr(function, "pytestmark", []), *getattr(cls, "pytestmark", [])]
        rows = list(_rows(marks))
        for number, given in enumerate(rows):
            begun = remote.questions()
            self.cases.enter(name.rpartition(".")[2])
            try:
                _obey(marks)
                self._run_once(function, given, cls)
                self.cases.judged += 1
            except unittest.SkipTest:
                self.cases.skip(begun)
            except BaseException as error:
                error.case = f"{name}[{number}]" if len(rows) > 1 else name  # type: ignore[attr-defined]
                raise

    def _run_once(self, function: Callable[..., object], given: Given, cls: type | None) -> None:
        if inspect.iscoroutinefunction(function):
            raise remote.Unjudgeable("nothing awaits an asynchronous test")
        with contextlib.ExitStack() as stack:
            here = cls and cls()
            for name in [name for name, value in [*self.names.items()] if _is_fixture(value, autouse=True)]:
                self._fixture(name, given, stack)
            for begin, end in (("setup_method", "teardown_method"), ("setUp", "tearDown")):
                if hasattr(here, begin):
                    _call_with_room(getattr(here, begin), function)
                if hasattr(here, end):
                    stack.callback(_call_with_room, getattr(here, end), function)
            wanted = [*inspect.signature(function).parameters.values()][cls is not None :]
            named = {one.name: one.default for one in wanted if one.default is not one.empty} | given
            arguments = {one.name: self._value(one.name, named, stack) for one in wanted}
            function(*([here] if cls else []), **arguments)

    def _value(self, name: str, given: Given, stack: contextlib.ExitStack) -> Any:
        return given[name] if name in given else self._fixture(name, given, stack)

    def _fixture(self, name: str, given: Given, stack: contextlib.ExitStack) -> Any:
        """A fixture's value, made once per test, or once for all if its scope is wider."""
        made = next((value for value in [*self.names.values()] if _is_fixture(value, name)), None)
        if made is None:
            raise remote.Unjudgeable(f"there is no fixture {name} here")
        about = made.pytest_fixture
        if about.get("params"):
            raise remote.Unjudgeable(f"the fixture {name} has parameters")
        once = about["scope"] == "function"
        known, stack = (given, stack) if once else (self.known, self.lasting)
        if name not in known:
            wanted = inspect.signature(made).parameters
            value = made(**{part: self._value(part, given, stack) for part in wanted})
            if inspect.isgenerator(value):
                stack.callback(next, value, None)
                value = next(value)
            known[name] = value
        return known[name]


def _is_fixture(value: object, name: str | None = None, autouse: bool = False) -> bool:
    about = getattr(value, "pytest_fixture", None) if inspect.isfunction(value) else None
    return about is not None and (name is None or about["name"] == name) and about["autouse"] >= autouse


def _rows(marks: Iterable[Mark]) -> Iterator[Given]:
    """Every combination of the parameters."""
    tables = [list(_table(*args, **kwargs)) for name, args, kwargs in marks if name == "parametrize"]
    for rows in itertools.product(*tables):
        yield {name: value for row in rows for name, value in row.items()}


def _table(names: Any, rows: Iterable[Any], indirect: object = False, **_: object) -> Iterator[Given]:
    if indirect:
        raise remote.Unjudgeable("parameters that go through a fixture are not understood")
    names = [name.strip() for name in names.split(",") if name.strip()] if isinstance(names, str) else [*names]
    for row in rows:
        values = row.values if isinstance(row, Parameters) else (row,) if len(names) == 1 else tuple(row)
        yield dict(zip(names, values, strict=True))


def _obey(marks: Iterable[Mark]) -> None:
    """Raises SkipTest, or Unjudgeable for what is not understood."""
    for name, args, _ in marks:
        if name == "skip" or (name == "skipif" and args[0]):
            raise unittest.SkipTest("by a mark")
        if name in ("xfail", "usefixtures", "asyncio"):
            raise remote.Unjudgeable(f"pytest.mark.{name} is not understood")


def _call_with_room(function: Callable[..., object], about: object) -> None:
    """`setup_method` may take the method or not."""
    function(*[about][: len(inspect.signature(function).parameters)])
