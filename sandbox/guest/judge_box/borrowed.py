"""The tests' side of what they were given of the program's objects: copies that are kept equal to the originals.

Before each question the program is told what the tests changed in place, after it they are told what it changed. What
nobody holds any more is given back.
"""

import json
import sys
from collections.abc import Callable
from typing import Any

from sandbox.protocol.merging import may_change, merge
from sandbox.protocol.replicas import ALONE

Trees = Callable[[object], Any]


class Borrowed:
    """`encode` makes trees of values, `decode` values of trees."""

    def __init__(self, encode: Trees, decode: Callable[[Any], Any]) -> None:
        self.encode, self.decode = encode, decode
        self.values: dict[int, list[Any]] = {}  # alone in a list of one, so that its references can be counted
        self.texts: dict[int, str] = {}

    def settle(self) -> dict[str, Any]:
        """What goes with the next question."""
        back, free = {}, []
        for number, place in [*self.values.items()]:
            tree = self.encode(place[0])
            if (text := json.dumps(tree)) != self.texts[number]:
                back[str(number)], self.texts[number] = tree, text
            if not _are_held(place):
                free.append(number)
                del self.values[number], self.texts[number]
        return ({"back": back} if back else {}) | ({"free": free} if free else {})

    def take(self, answer: dict[str, Any]) -> None:
        """The program's changes."""
        for number, tree in answer.get("news", {}).items():
            if int(number) in self.values:
                self._change(int(number), self.decode(tree))

    def borrow(self, number: int, value: Any) -> Any:
        """A value that the program lent, the same one if it is lent already."""
        if not may_change(value):
            return value
        if number in self.values and type(self.values[number][0]) is type(value):
            self._change(number, value)
            return self.values[number][0]
        self.values[number], self.texts[number] = [value], self._text(value)
        return value

    def _change(self, number: int, value: Any) -> None:
        merge(self.values[number][0], value, self._text)
        self.texts[number] = self._text(self.values[number][0])

    def _text(self, value: object) -> str:
        return json.dumps(self.encode(value))


def _are_held(parts: Any) -> bool:
    """Whether anything but its container refers to one of the parts that can change, or to a part of those."""
    for part in dict.values(parts) if isinstance(parts, dict) else parts:
        if may_change(part) and (sys.getrefcount(part) > ALONE or (not _is_flat(part) and _are_held(part))):
            return True
    return False


def _is_flat(value: object) -> bool:
    return not isinstance(value, list | dict | tuple) and not hasattr(value, "rotate")
