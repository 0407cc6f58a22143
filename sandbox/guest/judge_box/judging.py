"""The child of a judge box: it runs the trusted tests, and knows the program only through its answers.

Names that the tests do not define are asked for; a function, class or object of the program is a `Remote`,
good for calling, reading and passing back.
"""

import ast
import builtins
import importlib
import json
import math
import random
import types
from collections.abc import Callable
from functools import partial
from typing import Any

from sandbox.guest.channel import send_message
from sandbox.guest.exceptions import describe_exception
from sandbox.guest.judge_box import remote
from sandbox.guest.judge_box.asserts import (
    LIBRARIES,
    AssertRewriter,
    bound_names,
    caught_by_case,
    caught_errors,
    class_names,
    defined_functions,
    used_modules,
)
from sandbox.guest.judge_box.cases import TestCases
from sandbox.guest.judge_box.comparing import Comparison, Mismatch, with_expected_first
from sandbox.guest.judge_box.examples import Example
from sandbox.guest.judge_box.figures import share_figures
from sandbox.guest.judge_box.inspecting import ask_of_objects
from sandbox.guest.judge_box.operators import class_of, is_instance, sure_classes
from sandbox.guest.judge_box.places import PREAMBLE, SETUP, TEST, place_of_error, place_of_source
from sandbox.guest.judge_box.raising import expected, know_errors, stand_in
from sandbox.guest.judge_box.remote import Remote, TooMuch, Unjudgeable, fetch_name
from sandbox.guest.surroundings import SEED, Surroundings
from sandbox.protocol import codec
from sandbox.protocol.replicas import plain_classes

ASKING = ("__isinstance__", "__type__")
COMPARATORS = {"isclose": "math", "allclose": "numpy"}
"""Functions that tests call without importing them. A program's own would accept whatever it likes."""
SHOWN_ITEMS = 1000
"""Of a value in a message, which takes fewer characters: a message of millions of parts is none that the host reads."""
NO_MEMORY = {"raised": {"type": "MemoryError", "base": "MemoryError", "text": ""}}


class Names(dict[str, Any]):
    """The tests' global names. What they lack and Python lacks is asked of the program.

    Modules are the judge's own, imported by the tests or not: `math.isclose` of a program would accept itself.
    """

    def __init__(self, modules: dict[str, set[str]], errors: set[str], tested: str | None, entry: str | None) -> None:
        super().__init__(__name__="__main__", __builtins__=builtins, __file__="/tmp/tests.py")
        self.modules, self.errors, self.tested, self.entry = modules, errors, tested, entry

    def __missing__(self, name: str) -> Any:
        if hasattr(builtins, name) or name.startswith("__"):
            raise KeyError(name)
        if name in self.modules:
            self[name] = self._module(name)
            return self[name]
        if name != self.tested and (name in COMPARATORS or (self.tested and hasattr(math, name))):
            return getattr(importlib.import_module(COMPARATORS.get(name, "math")), name)
        return self.of_program(name)

    def _module(self, name: str) -> Any:
        """A module, or what it has by its own name (`datetime.now()`), whichever has all that the tests read of it."""
        module = importlib.import_module(LIBRARIES.get(name, name))
        lacking = self.modules[name] - {*dir(module)}
        inner = getattr(module, name, None)
        return inner if lacking and self.modules[name] <= {*dir(inner)} else module

    def of_program(self, name: str) -> Any:
        """What the program has by a name, whatever else is called like it."""
        return stand_in(name) if name in self.errors else fetch_name(name)


class Untouched(Names):
    """Until the tests look the program's function up: what fails before that is their own doing."""

    def __getitem__(self, name: str) -> Any:
        if name == self.entry:
            self.__class__ = Names  # type: ignore[assignment]
        return dict.__getitem__(self, name)


def run_tests(body: bytes) -> None:
    """Run tests. The body: preamble, setup, entry_point (or null), tested (or null), tests, stop, float_tol."""
    request = json.loads(body)
    random.seed(0)  # tests that draw their inputs draw the same ones for everybody
    trees = [ast.parse(source) for source in (request["preamble"], request["setup"], *request["tests"])]
    modules, comparison = used_modules(trees), Comparison(request["float_tol"])
    common = caught_errors(trees[:2])
    expected.update(common)
    names = Untouched(modules, caught_errors(trees), request["tested"], request["entry_point"])
    trusted = set(modules) | defined_functions(trees) | {*dir(builtins), *ASKING}
    asserts = AssertRewriter(trusted, set(modules), bound_names(trees))
    sure_classes.update(class_names(trees))
    names["__equal__"], names["__expected_first__"] = comparison.equal, comparison.expected_first
    names["__with_expected_first__"] = with_expected_first
    names["__plain__"] = lambda *values: not any(isinstance(value, Remote) for value in values)
    names["__isinstance__"], names["__type__"] = is_instance, class_of
    names["__expect__"], names["__names__"] = Example, names
    remote.surroundings = _carried(request["surroundings"])
    share_figures(remote.ask_pyplot)
    ask_of_objects()
    cases = TestCases(names, comparison, names.of_program)
    files = (PREAMBLE, SETUP, *[TEST] * len(request["tests"]))
    preamble, setup, *tests = [_compiled(asserts, tree, name) for tree, name in zip(trees, files, strict=True)]
    if (failure := _attempt(preamble, names)) is not None:
        send_message({"preamble": failure})
        return
    remote.replicate(plain_classes(names))
    know_errors(names)
    failure = _fetched(request["entry_point"], names) or _attempt(setup, names)
    if failure is not None:
        send_message({"test": 0, "failure": failure})
        return
    for index, code in enumerate(tests):
        tree = trees[index + 2]
        cases.begin(partial(_expect, common, tree))
        failure = _attempt(code, names, partial(cases.run, tree))
        _report(index, failure, cases.source.all_skipped)
        if failure is not None and request["stop"]:
            return
    send_message({"finished": True})


def _carried(kinds: list[str]) -> Surroundings:
    """What is around the tests; it is told when they seed the generators that they share with the program."""
    around = Surroundings(kinds, strict=True)
    for name in ("random", "numpy.random") if SEED in kinds else ():
        module: Any = importlib.import_module(name)
        module.seed = _seeding(module.seed, partial(around.seeded.add, name))
    return around


def _seeding(seed: Callable[..., None], told: Callable[[], None]) -> Callable[..., None]:
    def seeds(*args: Any, **named: Any) -> None:
        seed(*args, **named)
        told()

    return seeds


def _expect(common: set[str], tree: ast.Module, case: str | None = None) -> None:
    """Exceptions may come as what they are if whatever runs now catches them: one test function, or none of them."""
    expected.clear()
    expected.update(common | caught_by_case(tree, case))


def _fetched(name: str | None, names: Names) -> dict[str, Any] | None:
    """The tested function, whatever else is called like it. A failure if the program lacks it."""
    try:
        if name:
            names[name] = fetch_name(name)
    except Exception as error:
        return _failure(error)
    return None


def _report(index: int, failure: dict[str, Any] | None, skipped: bool) -> None:
    try:
        send_message({"test": index, "failure": failure} | ({"skipped": True} if skipped else {}))
    except MemoryError:
        send_message({"test": index, "failure": NO_MEMORY})


def _compiled(asserts: AssertRewriter, tree: ast.Module, name: str) -> types.CodeType | dict[str, Any]:
    """What a tree says, or why that cannot be executed."""
    try:
        code: types.CodeType = compile(asserts.visit(tree), name, "exec", dont_inherit=True)
        return code
    except Exception as error:
        return {"unjudgeable": f"it does not compile ({type(error).__name__}: {error})", **place_of_source(name)}


def _attempt(
    code: types.CodeType | dict[str, Any], names: Names, then: Callable[[], None] = lambda: None
) -> dict[str, Any] | None:
    """Execute trusted source, and what comes after it. None if it passed, else what happened."""
    if isinstance(code, dict):
        return code
    try:
        exec(code, names)
        then()
    except BaseException as error:
        try:
            own = isinstance(names, Untouched) or isinstance(error, TooMuch)
            return _failure(error) | place_of_error(error) | ({"untouched": True} if own else {})
        except BaseException:  # a value that fills the memory, or is nested beyond the stack
            return NO_MEMORY
    return None


def _failure(error: BaseException) -> dict[str, Any]:
    case = getattr(error, "case", None)
    return _what_happened(error) | ({"case": case[:1000]} if case else {})


def _what_happened(error: BaseException) -> dict[str, Any]:
    if isinstance(error, Unjudgeable):
        return {"unjudgeable": str(error)}
    if isinstance(error, Mismatch):
        said = {"said": _text(error)} if error.said else {}
        return {"got": _shown(error.got), "expected": _shown(error.expected), **said}
    raised = getattr(error, "raised", None)
    if raised is not None:
        return {"raised": raised}
    if isinstance(error, AssertionError):
        return {"assertion": _text(error)}
    return {"raised": describe_exception(error)}


def _text(error: AssertionError) -> str:
    """What the tests' author wrote. It may hold an object of the program, whose text may be an error."""
    try:
        return str(error)[:1000]
    except Exception as other:
        return type(other).__name__


def _shown(value: object) -> Any:
    """A tree for a message only: objects of the program appear by their type."""

    def name(kept: object) -> dict[str, str]:
        return {"opaque": kept._type if isinstance(kept, Remote) else type(kept).__name__}

    return codec.encode_value(value, name, SHOWN_ITEMS)
