"""Which object is which: an object that can change and comes again is named, not written again.

Both sides number such objects in the order in which a message has them. {"same": 3} is the fourth of it; in an answer
{"given": 3} is the fourth that the question handed over. So the same object twice is one object on the other side, too,
and a list may hold itself. Objects that cannot change are values: two equal tuples are as good as one.
"""

import math
import sys
from collections.abc import Sequence
from typing import Any

NEW = {"opaque": "new"}
CONSTANTS = ("math", "numpy")
"""Modules that have a `nan`, one for everybody in a process."""


def _constant(name: str) -> Any:
    return getattr(sys.modules.get(name), "nan", math.nan)


class Sharing:
    """The side that makes trees. `given`: what the question handed over, by its numbers."""

    def __init__(self, given: Sequence[object] = ()) -> None:
        self.objects: list[object] = []  # held, or another object would get its identity
        self.places: dict[int, int] = {}
        self.given = {id(value): number for number, value in enumerate(given)}

    def reference(self, value: object) -> dict[str, Any] | None:
        """What stands for an object that is known; None for one that is new, which has a number from now on."""
        if (number := self.given.get(id(value))) is not None:
            return {"given": number}
        number = self.places.setdefault(id(value), len(self.objects))
        if number < len(self.objects):
            return {"same": number}
        self.objects.append(value)
        return None

    def nan(self, value: float) -> Any:
        """A NaN equals nothing but itself, where Python looks whether it is: in a list, a set, a dictionary."""
        name = next((name for name in CONSTANTS if value is _constant(name)), None)
        return {"nan": name or self.reference(value)}

    def skip(self) -> None:
        """A number for what only holds others."""
        self.objects.append(None)


class Shallow(Sharing):
    """Looks no further than to what is given: of anything else it says that it is new."""

    def reference(self, value: object) -> dict[str, Any]:
        number = self.given.get(id(value))
        return NEW if number is None else {"given": number}


class Met:
    """The side that makes values. `given`: what the question handed over, if this is the answer."""

    def __init__(self, given: Sequence[object] = ()) -> None:
        self.objects: list[Any] = []
        self.given = given

    def add(self, value: Any) -> Any:
        """An object that is begun: what it holds comes later, and may be itself."""
        self.objects.append(value)
        return value

    def referred(self, tag: str, number: Any) -> Any:
        """Raises ValueError if there is no such object."""
        objects = self.objects if tag == "same" else self.given
        if type(number) is not int or not 0 <= number < len(objects):
            raise ValueError("no such object")
        return objects[number]

    def nan(self, body: Any) -> Any:
        """Of what `Sharing.nan` says."""
        if isinstance(body, dict):
            ((tag, number),) = body.items()
            found = self.referred(tag, number)
            if type(found) is not float:
                raise ValueError("no NaN")
            return found
        return self.add(float("nan")) if body is None else _constant(CONSTANTS[CONSTANTS.index(body)])


class Anything(Met):
    """Lets every reference pass, for who looks at one message of several. No key: what it stands for can change."""

    def add(self, value: Any) -> Any:
        return value

    def referred(self, tag: str, number: Any) -> Any:
        if type(number) is not int:
            raise ValueError("no such object")
        return []

    def nan(self, body: Any) -> Any:
        return math.nan
