"""Objects of the preamble's classes, which both boxes define: each box has its own of them, under one number, and what
happens to one happens to the other before its next message.

A class is replicated from when the tests hand over one of its objects; until then the program's stay behind handles.
Only the state crosses, attribute by attribute, as plain values: methods are each side's own. A number below 0 tells a
replica from a handle.
"""

import json
import sys
from collections.abc import Callable, Iterable
from itertools import count
from typing import Any

from sandbox.protocol.codec import NAME
from sandbox.protocol.merging import merged
from sandbox.protocol.references import ALONE

MOST = 20_000
"""Objects at a time. All of them are looked at for each message."""
TESTS, PROGRAM = -2, -1
"""The first number of an object that this side made; the other ones follow at a distance of two."""
Encode = Callable[[object], Any]


class Replicas:
    """`encode` makes trees of attributes, `decode` values of trees.

    `current` finds what has the name of a class now: a program may have made a class of its own.
    """

    def __init__(
        self,
        classes: dict[str, type],
        first: int,
        encode: Encode,
        decode: Callable[[Any], Any],
        current: Callable[[str], Any] = lambda name: None,
    ) -> None:
        self.classes, self.encode, self.decode, self.current = classes, encode, decode, current
        self.fresh = count(first, -2)
        self.active: set[str] = set(classes if first == TESTS else ())
        self.places: dict[int, list[Any]] = {}  # each alone in a list, so that its references can be counted
        self.numbers: dict[int, int] = {}
        self.texts: dict[int, str] = {}
        self.queue: list[int] = []

    def tree(self, value: object) -> dict[str, Any] | None:
        """What stands for an object of a replicated class; None for another one, or if there are too many."""
        number = self.numbers.get(id(value))
        if number is None:
            if self._name(type(value)) is None or len(self.places) >= MOST:
                return None
            number = self._add(next(self.fresh), value)
        return {"handle": number, "type": str(type(value).__name__)[:NAME]}

    def is_full(self, value: object) -> bool:
        """Whether `tree` gave None for the number of objects."""
        return self._name(type(value)) is not None and len(self.places) >= MOST

    def find(self, number: int) -> Any:
        """Raises KeyError for a number that stands for nothing."""
        return self.places[number][0]

    def changes(self) -> dict[str, Any]:
        """What goes with a message: the state of each object that is new or has changed."""
        told: dict[str, Any] = {}
        self.queue = [*self.places]
        for number in self.queue:  # which grows while attributes are looked at
            value = self.find(number)
            state = self._trees(value)
            if (text := json.dumps(state)) != self.texts.get(number):
                told[str(number)], self.texts[number] = [self._name(type(value)), state], text
        return {"replicas": told} if told else {}

    def take(self, message: dict[str, Any]) -> None:
        """Of the other side. All objects are there before the first gets its state: they refer to each other."""
        told = message.get("replicas", {})
        for key, (name, _) in told.items():
            if int(key) not in self.places:
                self._add(int(key), self._made(name))
            self.active.add(name)
        for key, (_, state) in told.items():
            _set_state(self.find(int(key)), {name: self.decode(tree) for name, tree in state.items()}, self._text)
        for key in told:
            self.texts[int(key)] = json.dumps(self._trees(self.find(int(key))))

    def release(self) -> list[int]:
        """The numbers of objects that nobody refers to any more, and that are forgotten here."""
        gone = []
        for number in [*self.places]:
            for value in self.places[number]:
                if sys.getrefcount(value) <= ALONE:
                    gone.append(number)
            self.forget(gone[-1:] if number in gone[-1:] else ())  # at once, so that what it held may follow
        return gone

    def forget(self, numbers: Iterable[int]) -> None:
        for number in numbers:
            (value,) = self.places.pop(number)
            del self.numbers[id(value)]
            self.texts.pop(number, None)

    def _add(self, number: int, value: object) -> int:
        self.places[number], self.numbers[id(value)] = [value], number
        self.queue.append(number)
        return number

    def _name(self, cls: type) -> str | None:
        name = str(cls.__name__)
        return name if name in self.active and cls in (self.classes.get(name), self.current(name)) else None

    def _made(self, name: str) -> object:
        cls = self.current(name)
        return object.__new__(cls if isinstance(cls, type) else self.classes[name])

    def _trees(self, value: object) -> dict[str, Any]:
        return {name: self.encode(part) for name, part in _state(value).items()}

    def _text(self, value: object) -> str:
        return json.dumps(self.encode(value))


def plain_classes(names: dict[str, Any]) -> dict[str, type]:
    """Classes that a module's text defines and whose objects are their attributes, nothing more."""
    found: dict[str, type] = {}
    for name, value in names.items():
        if type(value) is type and value.__name__ == name and _is_plain(value, names["__name__"]):
            found[name] = value
    return found


def _is_plain(cls: type, module: str) -> bool:
    *own, _ = cls.__mro__
    special = any({"__new__", "__del__", "__getattribute__"} & vars(one).keys() for one in own)
    return not special and all(type(one) is type and one.__module__ == module for one in own)


def _slots(cls: type) -> list[str]:
    """Names of its slots, as they are reached from outside."""
    found = []
    for one in cls.__mro__:
        named = vars(one).get("__slots__", ())
        for name in (named,) if isinstance(named, str) else named:
            private = name.startswith("__") and not name.endswith("__")
            found.append(f"_{one.__name__.lstrip('_')}{name}" if private else name)
    return [name for name in found if name not in ("__dict__", "__weakref__")]


def _state(value: object) -> dict[str, Any]:
    """Its attributes, of a slot or of its dictionary."""
    slots = {name: getattr(value, name) for name in _slots(type(value)) if hasattr(value, name)}
    return {**slots, **getattr(value, "__dict__", {})}


def _set_state(value: Any, state: dict[str, Any], text: Callable[[object], str]) -> None:
    """Give an object these attributes and no others; what can be changed in place is.

    Raises TypeError for the name of a method or property, in whose place it would be found.
    """
    cls, slots, old = type(value), _slots(type(value)), _state(value)
    for name in state:
        if name not in slots and hasattr(getattr(cls, name, None), "__get__"):
            raise TypeError(f"an object of class {cls.__name__} cannot have an attribute {name!r} of its own")
    for name in old.keys() - state.keys():
        object.__delattr__(value, name)
    for name, part in state.items():
        new = merged(old[name], part, text) if name in old else part
        if name in slots:
            object.__setattr__(value, name, new)
        else:
            value.__dict__[name] = new
