"""What Python's operators ask of an object of the program, by the names of the special methods."""

import asyncio
import builtins
import copy
import importlib
import operator
import os
import sys
from collections.abc import Callable
from typing import Any

COMPARISONS = ("eq", "lt", "le", "gt", "ge")
BINARY = ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "and_", "or_", "xor", "lshift", "rshift")
PYPLOT = ("close", "clf", "cla", "gcf", "gca", "sca", "get_fignums", "fignum_exists", "figure", "subplots", "show")
"""Of matplotlib.pyplot, what is about the current figures and takes no data."""
IN_PLACE = tuple(f"i{name.rstrip('_')}" for name in BINARY)


def _reflected(name: str) -> Callable[[Any, Any], Any]:
    return lambda value, other: getattr(operator, name)(other, value)


def _leave(value: Any, raised: dict[str, str] | None) -> bool:
    """`with` is over. An exception of the tests comes as one of the same name and text."""
    if raised is None:
        return bool(type(value).__exit__(value, None, None, None))
    cls = getattr(builtins, raised["type"], RuntimeError)
    error = cls(raised["text"])
    return bool(type(value).__exit__(value, cls, error, None))


def _run(awaitable: Any) -> Any:
    async def wait() -> Any:
        return await awaitable

    return _loop().run_until_complete(wait())


_loops: list[asyncio.AbstractEventLoop] = []


def _loop() -> asyncio.AbstractEventLoop:
    """One for the whole run, so that what waits in it goes on later."""
    if not _loops:
        _loops.append(asyncio.new_event_loop())
        asyncio.set_event_loop(_loops[0])
    return _loops[0]


def _is_kind(value: object, module: str, name: str) -> bool:
    cls = getattr(sys.modules.get(module), name, None)
    named = any((one.__module__, one.__qualname__) == (module, name) for one in type(value).__mro__)
    return named or (isinstance(cls, type) and isinstance(value, cls))


def _says(value: object, name: str) -> Any:
    module, _, function = name.partition(".")
    return getattr(importlib.import_module(module), function)(value)


OPERATIONS: dict[str, Callable[..., Any]] = {
    **{name: getattr(operator, name) for name in (*COMPARISONS, *BINARY, *IN_PLACE)},
    **{f"r{name.rstrip('_')}": _reflected(name) for name in BINARY},
    **{"neg": operator.neg, "pos": operator.pos, "invert": operator.invert, "abs": abs, "round": round},
    **{"float": float, "int": int, "index": operator.index, "complex": complex, "bytes": bytes},
    **{"contains": operator.contains, "delitem": operator.delitem, "delattr": delattr, "format": format},
    **{"reversed": reversed, "copy": copy.copy, "deepcopy": copy.deepcopy, "class": type, "kind": _is_kind},
    "fspath": os.fspath,
    "hash": hash,
    "says": _says,
    "enter": lambda value: type(value).__enter__(value),
    "exit": _leave,
    "await": _run,
    "aiter": lambda value: type(value).__aiter__(value),
    "anext": lambda value: _run(type(value).__anext__(value)),
    "aenter": lambda value: _run(type(value).__aenter__(value)),
    "aexit": lambda value, raised: _run(type(value).__aexit__(value, None, None, None)),
    "compares": lambda value: type(value).__eq__ is not object.__eq__,
}
