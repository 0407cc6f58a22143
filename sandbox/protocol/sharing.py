"""Which object is which: an object that can change and comes again is named, not written again.

Both sides number such objects in the order in which a message has them. {"same": 3} is the fourth of it; in an answer
{"given": 3} is the fourth that the question handed over. So the same object twice is one object on the other side, too,
and a list may hold itself. Objects that cannot change are values: two equal tuples are as good as one.
"""

from collections.abc import Sequence
from typing import Any

NEW = {"opaque": "new"}


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


class Anything(Met):
    """Lets every reference pass, for who looks at one message of several. No key: what it stands for can change."""

    def add(self, value: Any) -> Any:
        return value

    def referred(self, tag: str, number: Any) -> Any:
        if type(number) is not int:
            raise ValueError("no such object")
        return []
