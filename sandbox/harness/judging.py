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
import sys
from typing import Any

from . import codec
from .child import claim, describe
from .comparing import close
from .remote import Remote, Unjudgeable, error_class, fetch

NUMPY = {"np": "numpy", "numpy": "numpy"}
COMPARATORS = {"isclose": "math", "allclose": "numpy"}
"""Functions that tests call without importing them. A program's own would accept whatever it likes."""
SHOWN_ITEMS = 1000
"""Of a value in a message, which takes fewer characters: a claim of millions of parts is none that the host reads."""
NO_MEMORY = {"raised": {"type": "MemoryError", "base": "MemoryError", "text": ""}}


class Mismatch(AssertionError):
    """`assert got == expected` did not hold. Tests may catch it as what it stands for."""

    def __init__(self, got: object, expected: object) -> None:
        super().__init__("mismatch")
        self.got, self.expected = got, expected


class Names(dict[str, Any]):
    """The tests' global names. What they lack and Python lacks is asked of the program.

    Modules are the judge's own, imported by the tests or not: `math.isclose` of a program would accept itself.
    """

    def __init__(self, modules: set[str], errors: set[str], tested: str | None, entry: str | None) -> None:
        super().__init__(__name__="__main__", __builtins__=builtins)
        self.modules, self.errors, self.tested, self.entry = modules, errors, tested, entry

    def __missing__(self, name: str) -> Any:
        if hasattr(builtins, name) or name.startswith("__"):
            raise KeyError(name)
        if name in self.modules:
            self[name] = importlib.import_module(NUMPY.get(name, name))
            return self[name]
        if name != self.tested and (name in COMPARATORS or (self.tested and hasattr(math, name))):
            return getattr(importlib.import_module(COMPARATORS.get(name, "math")), name)
        return error_class(name) if name in self.errors else fetch(name)


class Untouched(Names):
    """Until the tests look the program's function up: what fails before that is their own doing."""

    def __getitem__(self, name: str) -> Any:
        if name == self.entry:
            self.__class__ = Names  # type: ignore[assignment]
        return dict.__getitem__(self, name)


def used_modules(trees: list[ast.Module]) -> set[str]:
    """Names of modules that tests use as such: `name.attribute`."""
    used = {
        node.value.id
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
    }
    return used & (sys.stdlib_module_names | NUMPY.keys())


def caught_errors(trees: list[ast.Module]) -> set[str]:
    """Names behind `except`, alone or in a tuple."""
    kinds = [node.type for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ExceptHandler)]
    parts = [part for kind in kinds for part in (kind.elts if isinstance(kind, ast.Tuple) else [kind])]
    return {part.id for part in parts if isinstance(part, ast.Name)}


class _Asserts(ast.NodeTransformer):
    """`assert a == b` becomes a call that keeps both values; other asserts carry their own text.

    An expected value that asks nothing of the program is computed first, from arguments that are as they were:
    in `assert f(data) == data + data` the program could empty `data`.
    """

    def __init__(self, trusted: set[str]) -> None:
        self.trusted = trusted

    def visit_Assert(self, node: ast.Assert) -> ast.stmt:
        test = node.test
        if isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], ast.Eq):
            sides = [test.left, test.comparators[0]]
            if self._own(sides[0]) and not self._own(sides[1]):
                sides.reverse()  # it is written the other way round
            first = self._own(sides[1])
            name = ast.Name("__expected_first__" if first else "__equal__", ast.Load())
            call = ast.Expr(ast.Call(name, sides[::-1] if first else sides, []))
            return ast.fix_missing_locations(ast.copy_location(call, node))
        node.msg = ast.Constant(ast.unparse(test))
        return ast.fix_missing_locations(node)

    def _own(self, expected: ast.expr) -> bool:
        """Whether an expression calls nothing but what the tests, their modules or Python define."""
        for node in ast.walk(expected):
            if isinstance(node, ast.NamedExpr | ast.Await | ast.Yield | ast.YieldFrom):
                return False
            if isinstance(node, ast.Call):
                func = node.func.value if isinstance(node.func, ast.Attribute) else node.func
                if not isinstance(func, ast.Name) or func.id not in self.trusted or func.id == "next":
                    return False
        return True


def defined_functions(trees: list[ast.Module]) -> set[str]:
    return {node.name for tree in trees for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def main(body: bytes) -> None:
    """Run tests. The body: preamble, setup, entry_point (or null), tested (or null), tests, stop, float_tol."""
    request = json.loads(body)
    random.seed(0)  # tests that draw their inputs draw the same ones for everybody
    trees = [ast.parse(source) for source in (request["preamble"], request["setup"], *request["tests"])]
    modules, tolerance = used_modules(trees), request["float_tol"]
    names = Untouched(modules, caught_errors(trees), request["tested"], request["entry_point"])
    asserts = _Asserts(modules | defined_functions(trees) | set(dir(builtins)))

    def equal(got: object, expected: object) -> None:
        if not close(got, expected, tolerance):
            raise Mismatch(got, expected)

    names["__equal__"], names["__expected_first__"] = equal, lambda expected, got: equal(got, expected)
    preamble, setup, *tests = trees
    if (failure := _attempt(preamble, names, asserts)) is not None:
        claim({"preamble": failure})
        return
    failure = _fetched(request["entry_point"], names) or _attempt(setup, names, asserts)
    if failure is not None:
        claim({"test": 0, "failure": failure})
        return
    for index, tree in enumerate(tests):
        failure = _attempt(tree, names, asserts)
        _report(index, failure)
        if failure is not None and request["stop"]:
            return
    claim({"finished": True})


def _fetched(name: str | None, names: Names) -> dict[str, Any] | None:
    """The tested function, whatever else is called like it. A failure where the program lacks it."""
    try:
        if name:
            names[name] = fetch(name)
    except Exception as error:
        return _failure(error)
    return None


def _report(index: int, failure: dict[str, Any] | None) -> None:
    try:
        claim({"test": index, "failure": failure})
    except MemoryError:
        claim({"test": index, "failure": NO_MEMORY})


def _attempt(tree: ast.Module, names: Names, asserts: _Asserts) -> dict[str, Any] | None:
    """Execute trusted source. None if it passed, else what happened."""
    try:
        exec(compile(asserts.visit(tree), "tests.py", "exec", dont_inherit=True), names)
    except BaseException as error:
        try:
            return _failure(error) | ({"untouched": True} if isinstance(names, Untouched) else {})
        except BaseException:  # a value that fills the memory, or is nested beyond the stack
            return NO_MEMORY
    return None


def _failure(error: BaseException) -> dict[str, Any]:
    if isinstance(error, Unjudgeable):
        return {"unjudgeable": str(error)}
    if isinstance(error, Mismatch):
        return {"got": _shown(error.got), "expected": _shown(error.expected)}
    raised = getattr(error, "raised", None)
    if raised is not None:
        return {"raised": raised}
    if isinstance(error, AssertionError):
        return {"assertion": str(error)[:1000]}
    return {"raised": describe(error)}


def _shown(value: object) -> Any:
    """A tree for a message only: objects of the program appear by their type."""

    def name(kept: object) -> dict[str, str]:
        return {"opaque": kept._type if isinstance(kept, Remote) else type(kept).__name__}

    return codec.encode(value, name, SHOWN_ITEMS)
