"""Values of a program's objects that tests were given and may hold: what one side changes in place, the other sees."""

import json
from collections.abc import Callable
from itertools import count
from typing import Any

from sandbox.protocol import codec
from sandbox.protocol.merging import may_change, merge
from sandbox.protocol.sharing import Sharing


class Loans:
    """The program's side. A value is lent under a number until the tests hold it no more."""

    def __init__(self, keep: codec.Keep) -> None:
        self.keep = keep
        self.lent: dict[int, Any] = {}
        self.texts: dict[int, str] = {}
        self.places: dict[int, int] = {}  # by identity, which stays while the value is lent
        self.numbers = count()

    def lend(self, value: object) -> dict[str, int]:
        """The number of a value that tests can change; nothing for another one."""
        if not may_change(value):
            return {}
        number = self.places.setdefault(id(value), next(self.numbers))
        self.lent[number], self.texts[number] = value, self._text(value)
        return {"lent": number}

    def settle(self, message: dict[str, Any], decode: Callable[[Any], Any]) -> None:
        """What the tests changed since their last question, and what they hold no more."""
        for number, tree in message.get("back", {}).items():
            merge(self.lent[int(number)], decode(tree), self._text)
            self.texts[int(number)] = self._text(self.lent[int(number)])
        for number in message.get("free", ()):
            self.places.pop(id(self.lent.pop(number)), None)
            del self.texts[number]

    def news(self) -> dict[str, Any]:
        """What the program changed since."""
        changed = {}
        for number, value in self.lent.items():
            tree = self._tree(value)
            if (text := json.dumps(tree)) != self.texts[number]:
                changed[str(number)], self.texts[number] = tree, text
        return {"news": changed} if changed else {}

    def _tree(self, value: object) -> Any:
        return codec.encode_value(value, self.keep, sharing=Sharing())

    def _text(self, value: object) -> str:
        return json.dumps(self._tree(value))
