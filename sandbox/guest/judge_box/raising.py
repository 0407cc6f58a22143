"""A program's exceptions, raised again among its tests: what they expect is caught, what they do not is reported.

Classes of the program become stand-ins of the same name; built-in ones, and some of the standard library, are
themselves. Only names and a text cross, so that nothing else of an exception can be read.
"""

import builtins
import importlib
from typing import Any

SILENT = (StopIteration, StopAsyncIteration, GeneratorExit)
"""A program that raises one of these must not cut short a loop of the tests, unless they name it."""
LIBRARY = {
    **{"json.decoder.JSONDecodeError": "json", "struct.error": "struct", "binascii.Error": "binascii"},
    **{"zlib.error": "zlib", "re.error": "re", "re.PatternError": "re", "_csv.Error": "csv", "_queue.Empty": "queue"},
    **{"queue.Full": "queue", "statistics.StatisticsError": "statistics", "numpy.linalg.LinAlgError": "numpy.linalg"},
    **{f"decimal.{name}": "decimal" for name in ("InvalidOperation", "DivisionByZero", "Overflow", "DecimalException")},
}
"""Exceptions that tests may expect by the class of a library, and the module that has it."""

expected: set[str] = set()
"""Names of exceptions that the test which runs catches, or helpers of all tests."""
_stand_ins: dict[str, type[Exception]] = {}


def stand_in(name: str) -> type[Exception]:
    """Of an exception class of the program, the same for raising and for catching it."""
    return _stand_ins.setdefault(name, type(name, (Exception,), {}))


def exception(raised: dict[str, Any]) -> BaseException:
    """The program's exception again: of its own classes' stand-ins, and of the same classes that are not its own."""
    own = [stand_in(name) for name in raised.get("own", ()) if name.isidentifier()]
    others = [cls for name in raised.get("others", ()) if (cls := _known(name))]
    others = others or [_known(f"builtins.{raised['base']}") or RuntimeError]
    tried = ((*own, *others), (*own, others[0]), tuple(own), (others[0],))
    made = (_made(raised, bases) for bases in tried if bases)
    error = next((one for one in made if one is not None), None) or RuntimeError(raised["text"])
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
        return getattr(importlib.import_module(LIBRARY[name]), attribute, None) if name in LIBRARY else None
    cls = getattr(builtins, attribute, None)
    if not (isinstance(cls, type) and issubclass(cls, BaseException)):
        return None
    quiet = issubclass(cls, SILENT) or not issubclass(cls, Exception)
    return RuntimeError if quiet and attribute not in expected else cls
