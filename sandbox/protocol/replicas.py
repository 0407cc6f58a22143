"""Objects of the preamble's classes, which both boxes define: each box has its own of them, under one number, and what
happens to one happens to the other before its next message.

A class that the program has made anew under such a name is replicated from when the tests hand over one of its objects;
until then the program's stay behind handles. Only the state crosses, attribute by attribute, as plain values: methods
are each side's own, and so is what a `cached_property` keeps. A number below 0 tells a replica from a handle.
"""

import json
import re
import sys
from abc import ABC, ABCMeta
from collections.abc import Callable, Collection, Iterable
from enum import Enum
from functools import cache, cached_property
from itertools import count
from typing import Any, Generic, Protocol

from sandbox.protocol import constants
from sandbox.protocol.codec import NAME
from sandbox.protocol.merging import merged

MOST = 20_000
"""Objects at a time. All of them are looked at for each message."""
TESTS, PROGRAM = -2, -1
"""The first number of an object that this side made; the other ones follow at a distance of two."""
HASHING = re.compile(r'"(?:set|frozenset|dict|ordered|counter|defaults|keys|items)": ')
EMPTY_BASES: tuple[Any, ...] = (ABC, Generic, Protocol)
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
        self.encode, self.decode, self.current = encode, decode, current
        self.define(classes)
        self.fresh = count(first, -2)
        self.active: set[str] = set()
        self.places: dict[int, list[Any]] = {}  # each alone in a list, so that its references can be counted
        self.numbers: dict[int, int] = {}
        self.texts: dict[int, str] = {}
        self.queue: list[int] = []

    def define(self, classes: dict[str, type]) -> None:
        """The classes whose objects both sides have from now on."""
        self.classes, self.constants = classes, constants.Constants(classes, self.current)

    def tree(self, value: object) -> dict[str, Any] | None:
        """What stands for an object of a replicated class; None for another one, or if there are too many."""
        if (member := self.constants.tree(value)) is not None:
            return member
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
        return self.constants.find(number) if number <= constants.FIRST else self.places[number][0]

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
        """Of the other side. All objects are there before the first gets its state: they refer to each other. What
        hashes them comes after the rest of their state, which their hashes may be made of."""
        told = message.get("replicas", {})
        for key, (name, _) in told.items():
            if int(key) not in self.places:
                self._add(int(key), self._made(int(key), name))
            self.active.add(name)
        late: list[tuple[Any, str, Any]] = []
        for key, (_, state) in told.items():
            value = self.find(int(key))
            _check_state(value, state)
            for name, tree in state.items():
                if _hashes_objects(tree):
                    late.append((value, name, tree))
                else:
                    self._set(value, name, tree)
        self._set_late(late)
        for key in told:
            self.texts[int(key)] = json.dumps(self._trees(self.find(int(key))))

    def _set_late(self, parts: list[tuple[Any, str, Any]]) -> None:
        """In whatever order works: what is hashed in one may hold another. Raises ValueError if none does."""
        while parts:
            rest = [part for part in parts if not self._is_set(*part)]
            if len(rest) == len(parts):
                self._set(*rest[0])
            parts = rest

    def _is_set(self, value: Any, name: str, tree: Any) -> bool:
        try:
            self._set(value, name, tree)
        except ValueError:
            return False
        return True

    def _set(self, value: Any, name: str, tree: Any) -> None:
        _set_part(value, name, self.decode(tree), self._text)

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
        if issubclass(cls, Enum) or name not in self.classes:
            return None
        known = cls is self.classes[name] or (name in self.active and cls is self.current(name))
        return name if known else None

    def _made(self, number: int, name: str) -> object:
        """Raises ValueError for a member of an enumeration: all of these are there, and they do not change."""
        if number <= constants.FIRST or name in self.constants.classes:
            raise ValueError(f"a {name} cannot be made")
        cls = self.current(name)
        return object.__new__(cls if isinstance(cls, type) else self.classes[name])

    def _trees(self, value: object) -> dict[str, Any]:
        return {name: self.encode(part) for name, part in _state(value).items()}

    def _text(self, value: object) -> str:
        return json.dumps(self.encode(value))


def plain_classes(names: dict[str, Any]) -> dict[str, type]:
    """Classes that a module's text defines and whose objects are their attributes, nothing more; and enumerations."""
    found: dict[str, type] = {}
    for name, value in names.items():
        own = isinstance(value, type) and value.__name__ == name and value.__module__ == names["__name__"]
        if own and (issubclass(value, Enum) or _is_plain(value, names["__name__"])):
            found[name] = value
    return found


def _is_plain(cls: type, module: str) -> bool:
    own = [one for one in cls.__mro__[:-1] if one not in EMPTY_BASES]
    special = any({"__new__", "__del__", "__getattribute__"} & vars(one).keys() for one in own)
    return not special and all(type(one) in (type, ABCMeta) and one.__module__ == module for one in own)


def _hashes_objects(tree: Any) -> bool:
    """Whether objects are in sets or keys of dictionaries there, perhaps."""
    text = json.dumps(tree) if isinstance(tree, dict | list) else ""
    return '"handle": -' in text and HASHING.search(text) is not None


@cache
def _cached(cls: Any) -> frozenset[str]:
    """Names under which its objects keep what a method of theirs has computed once."""
    names = [(name, value) for one in cls.__mro__ for name, value in vars(one).items()]
    return frozenset(name for name, value in names if isinstance(value, cached_property))


@cache
def _slots(cls: Any) -> list[str]:
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
    cls: Any = type(value)
    slots = {name: getattr(value, name) for name in _slots(cls) if hasattr(value, name)}
    return slots | {name: part for name, part in getattr(value, "__dict__", {}).items() if name not in _cached(cls)}


def _check_state(value: Any, names: Collection[str]) -> None:
    """Before an object gets attributes of these names, those of others go.

    Raises TypeError for the name of a method or property, in whose place it would be found.
    """
    cls: Any = type(value)
    for name in names:
        if name not in _slots(cls) and hasattr(getattr(cls, name, None), "__get__"):
            raise TypeError(f"an object of class {cls.__name__} cannot have an attribute {name!r} of its own")
    for name in _state(value).keys() - {*names}:
        object.__delattr__(value, name)


def _set_part(value: Any, name: str, part: Any, text: Callable[[object], str]) -> None:
    """Give an object an attribute; what can be changed in place is."""
    cls: Any = type(value)
    if name in _slots(cls):
        object.__setattr__(value, name, merged(getattr(value, name, None), part, text))
    else:
        value.__dict__[name] = merged(value.__dict__.get(name), part, text)


def _references() -> int:
    """Of a part that only its container holds, when it is looked at in a loop over that."""
    places: list[list[object]] = [[]]
    for part in places:
        return sys.getrefcount(part)
    raise AssertionError


ALONE = _references()
"""How many references an object has that nobody holds: whether one is held shows in `sys.getrefcount`."""
