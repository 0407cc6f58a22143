"""The child of a judge box: it runs the trusted tests, and knows the program only through its answers.

Names that the tests do not define are asked for; a function, class or object of the program is a `Remote`,
good for calling, reading and passing back. Comparisons and arithmetic with one are never forwarded: its
answer to `==` would be its own verdict, and the other operand the expected value.
"""

import ast
import builtins
import json
import random
from typing import Any, NoReturn

from . import codec
from .child import claim, describe, open_streams, order
from .comparing import close

SILENT = (StopIteration, StopAsyncIteration, GeneratorExit)
"""A program that raises one of these must not cut short a loop of the tests."""


class Mismatch(Exception):
    """`assert got == expected` did not hold."""

    def __init__(self, got: object, expected: object) -> None:
        super().__init__("mismatch")
        self.got, self.expected = got, expected


class Unjudgeable(TypeError):
    """A test wants something of a program's own object that only plain values can give."""


class Remote:
    """An object that lives in the program's box."""

    __slots__ = ("_number", "_type")
    __hash__ = object.__hash__

    def __init__(self, number: int, type_name: str) -> None:
        object.__setattr__(self, "_number", number)
        object.__setattr__(self, "_type", type_name)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        trees = [_encode(value) for value in args]
        named = {name: _encode(value) for name, value in kwargs.items()}
        answer = _ask("call", self._number, trees, named)
        for index, tree in answer.get("changed", {}).items():
            _replace(args[int(index)], _decode(tree))
        return _decode(answer["value"])

    def __getattr__(self, name: str) -> Any:
        return _decode(_ask("attr", self._number, name)["value"])

    def __setattr__(self, name: str, value: Any) -> None:
        _ask("setattr", self._number, name, _encode(value))

    def __getitem__(self, key: Any) -> Any:
        return _decode(_ask("item", self._number, _encode(key))["value"])

    def __setitem__(self, key: Any, value: Any) -> None:
        _ask("setitem", self._number, _encode(key), _encode(value))

    def __len__(self) -> int:
        return int(_ask("len", self._number)["value"])

    def __bool__(self) -> bool:
        return bool(_ask("bool", self._number)["value"])

    def __str__(self) -> str:
        return str(_ask("str", self._number)["value"])

    def __repr__(self) -> str:
        return str(_ask("repr", self._number)["value"])

    def __iter__(self) -> "Remote":
        return self if self._type == "iterator" else _decode(_ask("iter", self._number)["value"])

    def __next__(self) -> Any:
        answer = _ask("next", self._number)
        if answer.get("stop"):
            raise StopIteration
        return _decode(answer["value"])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Remote) and other._number == self._number

    def _refuse(self, *_: object) -> NoReturn:
        raise Unjudgeable(f"{self._type} object: only plain values can be compared or computed with")

    __lt__ = __le__ = __gt__ = __ge__ = _refuse
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = _refuse
    __abs__ = __neg__ = __float__ = __int__ = __index__ = __round__ = _refuse


class Names(dict[str, Any]):
    """The tests' global names. What they lack and Python lacks is asked of the program."""

    def __missing__(self, name: str) -> Any:
        if hasattr(builtins, name) or name.startswith("__"):
            raise KeyError(name)
        return fetch(name)


def fetch(name: str) -> Any:
    return _decode(_ask("get", name)["value"])


def _ask(*do: Any) -> dict[str, Any]:
    claim({"ask": {"do": do}})
    answer = order()
    if answer is None:
        raise SystemExit("the host ended the run")
    if "raised" in answer:
        raise _exception(answer["raised"])
    return answer


def _exception(raised: dict[str, str]) -> BaseException:
    """The program's exception again: a subclass of the same built-in one, so that tests can expect it."""
    base = getattr(builtins, raised["base"], RuntimeError)
    if not (isinstance(base, type) and issubclass(base, Exception)) or issubclass(base, SILENT):
        base = RuntimeError
    try:
        error: BaseException = type(raised["type"], (base,), {"raised": raised})(raised["text"])
    except TypeError:
        error = type(raised["type"], (RuntimeError,), {"raised": raised})(raised["text"])
    return error


def _encode(value: object) -> Any:
    return codec.encode(value, _handle)


def _handle(value: object) -> dict[str, Any]:
    if isinstance(value, Remote):
        return {"handle": value._number, "type": value._type}
    raise Unjudgeable(f"a {type(value).__name__} of the tests cannot be passed to the program")


def _decode(tree: Any) -> Any:
    return codec.decode(tree, Remote, _array)


def _array(dtype: str, items: Any) -> Any:
    import numpy

    return numpy.array(items, dtype=dtype)


def _replace(target: Any, value: Any) -> None:
    """Give an argument the content that the program left in it."""
    if isinstance(target, list | bytearray):
        target[:] = value
    elif isinstance(target, dict | set):
        target.clear()
        target.update(value)
    elif isinstance(target, codec.deque):
        target.clear()
        target.extend(value)


class _Asserts(ast.NodeTransformer):
    """`assert a == b` becomes a call that keeps both values; other asserts carry their own text."""

    def visit_Assert(self, node: ast.Assert) -> ast.stmt:
        test = node.test
        if isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], ast.Eq):
            name = ast.Name("__equal__", ast.Load())
            call = ast.Expr(ast.Call(name, [test.left, test.comparators[0]], []))
            return ast.fix_missing_locations(ast.copy_location(call, node))
        node.msg = ast.Constant(ast.unparse(test))
        return ast.fix_missing_locations(node)


def main(body: bytes) -> None:
    """Run tests. The body: preamble, setup, entry_point (or null), tests, stop, float_tol."""
    request = json.loads(body)
    open_streams(None)
    random.seed(0)  # tests that draw their inputs draw the same ones for everybody
    names = Names(__name__="__main__", __builtins__=builtins)
    tolerance = request["float_tol"]

    def equal(got: object, expected: object) -> None:
        if not close(got, expected, tolerance):
            raise Mismatch(got, expected)

    names["__equal__"] = equal
    if (failure := _attempt(request["preamble"], names)) is not None:
        claim({"preamble": failure})
        return
    try:
        if request["entry_point"]:
            names[request["entry_point"]] = fetch(request["entry_point"])
    except Exception as error:
        claim({"test": 0, "failure": _failure(error)})
        return
    if (failure := _attempt(request["setup"], names)) is not None:
        claim({"test": 0, "failure": failure})
        return
    for index, source in enumerate(request["tests"]):
        failure = _attempt(source, names)
        claim({"test": index, "failure": failure})
        if failure is not None and request["stop"]:
            return
    claim({"finished": True})


def _attempt(source: str, names: Names) -> dict[str, Any] | None:
    """Execute trusted source. None if it passed, else what happened."""
    try:
        exec(compile(_Asserts().visit(ast.parse(source)), "tests.py", "exec", dont_inherit=True), names)
    except BaseException as error:
        return _failure(error)
    return None


def _failure(error: BaseException) -> dict[str, Any]:
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
    return codec.encode(value, lambda kept: {"opaque": kept._type if isinstance(kept, Remote) else type(kept).__name__})
