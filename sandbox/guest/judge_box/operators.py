"""What Python's operators do with an object of the program, for tests about classes.

An operation whose other operand may be an expected value is never forwarded for its answer: the program's word would
be its own verdict. Among objects of classes that the tests name it is its word about itself, as in plain asserts.
"""

from collections.abc import Callable, Generator
from typing import Any

from sandbox.guest.exceptions import IMPORTED, MAIN
from sandbox.guest.program_box.special import BINARY, COMPARISONS, IN_PLACE
from sandbox.protocol.plain import Record

VALUES = (bool, int, float, complex, str, bytes, list, tuple, dict, set, frozenset, type(None))
"""Kinds that cross as values: what does not is none of them, whatever its class says."""
named_classes: set[str] = set()
"""Of the program, that the tests asked for: names in lower case are functions'."""
sure_classes: set[str] = set()
"""Those that the tests use as a class. What they only call may be a function, and a class hidden there."""
_entered: list[int] = []
"""How many questions had been asked when each `with` began that is not over."""


class Operators:
    """Special methods of `Remote`."""

    __slots__ = ()
    _number: int
    _type: str
    _made: bool
    """By a call of a class that the tests named."""
    _seen: bool
    """Whether it came of an operation with a value of the tests: then it may know an expected one."""

    def _special(self, name: str, *values: Any) -> Any:
        raise NotImplementedError

    def _unjudgeable(self, text: str) -> BaseException:
        raise NotImplementedError

    def _questions(self) -> int:
        raise NotImplementedError

    @property
    def _named(self) -> bool:
        return self._type in named_classes

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if isinstance(other, Operators):
            return other._number == self._number or (self._named and other._named and bool(self._special("eq", other)))
        if self._made and other is not None and self._special("compares"):
            raise self._unjudgeable(f"a {self._type} of the program is compared with a value of the tests")
        return False

    def __hash__(self) -> int:
        """Its own, if tests may have it compared with others of its kind; a dictionary finds it so."""
        return int(self._special("hash")) if self._named else object.__hash__(self)

    def _compare(self, name: str, other: object) -> bool:
        if not (isinstance(other, Operators) and self._named and other._named):
            if self._made:
                raise self._unjudgeable(f"a {self._type} of the program is compared with a value of the tests")
            self._refuse()
        return bool(self._special(name, other))

    def _operate(self, name: str, other: object) -> Any:
        """Among two of the program's, whatever comes of it; with a value of the tests, another object."""
        if not self._named:
            self._refuse()
        made = self._special(name, other)
        if isinstance(other, Operators) and other._named:
            return made
        if not isinstance(made, Operators):
            raise self._unjudgeable(
                f"what a {self._type} of the program makes of a value of the tests cannot be trusted"
            )
        object.__setattr__(made, "_seen", True)
        return made

    def _convert(self, name: str, *values: Any) -> Any:
        if not self._named:
            self._refuse()
        if self._seen or self._type not in sure_classes:
            raise self._unjudgeable(
                f"what a {self._type} of the program makes of a value of the tests cannot be trusted"
            )
        return self._special(name, *values)

    def _refuse(self) -> None:
        raise TypeError(f"{self._type} object: only plain values can be compared or computed with")

    def __contains__(self, item: object) -> bool:
        if self._type in sure_classes:
            return bool(self._special("contains", item))
        return any(item is one or item == one for one in self)  # type: ignore[attr-defined]

    def __delitem__(self, key: object) -> None:
        self._special("delitem", key)

    def __delattr__(self, name: str) -> None:
        self._special("delattr", name)

    def __format__(self, spec: str) -> str:
        return str(self._special("format", spec))

    def __enter__(self) -> Any:
        made = self._special("enter")
        _entered.append(self._questions())
        return made

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        """The program ends no failing assert and no exception in which it had a part: it would end its own failures."""
        asked = self._questions() - _entered.pop()
        if error is None or not isinstance(error, Exception):
            if error is None:
                self._special("exit", None)
            return False
        text = "" if isinstance(error, AssertionError) else str(error)
        if not self._special("exit", {"type": type(error).__name__, "text": text}) or isinstance(error, AssertionError):
            return False
        if asked:
            raise self._unjudgeable(f"a {self._type} of the program ends an exception that it may have caused")
        return True

    def __fspath__(self) -> str:
        return str(self._special("fspath"))

    def __reversed__(self) -> Any:
        return self._special("reversed")

    def __copy__(self) -> Any:
        return self._special("copy")

    def __deepcopy__(self, memo: object) -> Any:
        return self._special("deepcopy")

    def __await__(self) -> Generator[Any, Any, Any]:
        return self._special("await")
        yield

    def __aiter__(self) -> Any:
        return self._special("aiter")

    async def __anext__(self) -> Any:
        return self._special("anext")

    async def __aenter__(self) -> Any:
        return self._special("aenter")

    async def __aexit__(self, *_: object) -> None:
        self._special("aexit", None)


def is_instance(value: object, cls: Any) -> bool:
    """`isinstance`, also of an object of the program and a class that is not its own."""
    if isinstance(cls, tuple):
        return any(is_instance(value, one) for one in cls)
    if isinstance(value, Record) and isinstance(cls, type):
        return isinstance(value, cls) or bool(value.kept._special("kind", _module_of(cls), cls.__qualname__))
    value = value.kept if isinstance(value, Record) else value
    if not isinstance(value, Operators) or isinstance(cls, Operators):
        return isinstance(value, cls)
    if not isinstance(cls, type):
        return isinstance(value, cls)
    if issubclass(cls, VALUES) and value._type not in sure_classes:
        return False
    return cls is object or bool(value._special("kind", _module_of(cls), cls.__qualname__))


def _module_of(cls: type) -> str:
    """Of the preamble's classes it is the program's."""
    return IMPORTED if cls.__module__ == MAIN else cls.__module__


def class_of(value: object) -> Any:
    """`type` of one argument. No kind of value is the class of what does not cross as one."""
    value = value.kept if isinstance(value, Record) else value
    if not isinstance(value, Operators):
        return type(value)
    cls = value._special("class")
    return type(value) if isinstance(cls, type) else cls


def _method(kind: str, name: str) -> Callable[..., Any]:
    def method(self: Operators, *values: Any) -> Any:
        return getattr(self, kind)(name, *values)

    return method


for _name in BINARY:
    _plain = _name.rstrip("_")
    setattr(Operators, f"__{_plain}__", _method("_operate", _name))
    setattr(Operators, f"__r{_plain}__", _method("_operate", f"r{_plain}"))
for _name in IN_PLACE:
    setattr(Operators, f"__{_name}__", _method("_operate", _name))
for _name in COMPARISONS[1:]:
    setattr(Operators, f"__{_name}__", _method("_compare", _name))
for _name in ("neg", "pos", "invert", "abs", "round", "float", "int", "index", "complex", "bytes"):
    setattr(Operators, f"__{_name}__", _method("_convert", _name))
