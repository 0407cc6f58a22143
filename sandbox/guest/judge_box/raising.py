"""A program's exceptions, raised again among its tests: what they expect is caught, what they do not is reported.

Classes of the program become stand-ins of the same name; built-in ones, and those of libraries, are themselves.
Names, a text and attributes with plain values cross, so that nothing else of an exception can be read.
"""

import builtins
import contextlib
import sys
from typing import Any

from sandbox.protocol import codec
from sandbox.protocol.names import PROGRAM_MODULES

SILENT = (StopIteration, StopAsyncIteration, GeneratorExit)
"""A program that raises one of these must not cut short a loop of the tests, unless they name it."""
LEADING = {"unittest", "doctest", "asyncio", "concurrent", "bdb", "pdb", "threading", "_thread"}
LEADING |= {"sandbox", "pytest", "__main__", *PROGRAM_MODULES}
"""Modules whose exceptions say what becomes of a test, or of a task; and the tests' own."""

NOTED = ("raised", "case")
"""Attributes by which the judge box knows an exception again."""
expected: set[str] = set()
"""Names of exceptions that the test which runs catches, or helpers of all tests."""
_stand_ins: dict[str, type[Exception]] = {}


def stand_in(name: str) -> type[Exception]:
    """Of an exception class of the program, the same for raising and for catching it."""
    return _stand_ins.setdefault(name, type(name, (Exception,), {}))


def know_errors(names: dict[str, Any]) -> None:
    """Exceptions that the preamble defines, which programs raise and tests catch."""
    for name, cls in names.items():
        if isinstance(cls, type) and issubclass(cls, Exception) and cls.__module__ == names["__name__"]:
            _stand_ins[name] = cls


def exception(raised: dict[str, Any]) -> BaseException:
    """The program's exception again: of its own classes' stand-ins, and of the same classes that are not its own."""
    own = [stand_in(name) for name in raised.get("own", ()) if name.isidentifier()]
    others = [cls for name in raised.get("others", ()) if (cls := _known(name))]
    others = others or [_known(f"builtins.{raised['base']}") or RuntimeError]
    tried = ((*own, *others), (*own, others[0]), tuple(own), (others[0],))
    made = (_made(raised, bases) for bases in tried if bases)
    error = next((one for one in made if one is not None), None) or RuntimeError(raised["text"])
    for name, tree in raised.get("attributes", {}).items():
        if not name.startswith("_") and name not in NOTED and not hasattr(error, name):  # what it has is the tests' own
            with contextlib.suppress(ValueError, TypeError, AttributeError):
                setattr(error, name, codec.decode_value(tree))
    error.raised = raised  # type: ignore[attr-defined]
    return error


def _made(raised: dict[str, Any], bases: tuple[type[BaseException], ...]) -> BaseException | None:
    """None if no such class can be, or be made without what only the program knows."""
    try:
        cls = type(raised["type"], bases, {"__str__": lambda self: raised["text"]})
        return cls.__new__(cls, raised["text"])  # type: ignore[return-value]
    except Exception:
        return None


def _known(name: str) -> type[BaseException] | None:
    module, _, attribute = name.rpartition(".")
    if module != "builtins":
        return _of_library(module, attribute)
    cls = getattr(builtins, attribute, None)
    if not (isinstance(cls, type) and issubclass(cls, BaseException)):
        return None
    quiet = issubclass(cls, SILENT) or not issubclass(cls, Exception)
    return RuntimeError if quiet and attribute not in expected else cls


def _of_library(module: str, attribute: str) -> type[BaseException] | None:
    """A class of a library, if its module is there; none by which a runner of tests is led."""
    cls = None if module.partition(".")[0] in LEADING else getattr(sys.modules.get(module), attribute, None)
    return cls if isinstance(cls, type) and issubclass(cls, Exception) and not issubclass(cls, SILENT) else None
