"""What a question handed over: which of its objects the program has changed in place."""

import json
from collections.abc import Callable
from typing import Any

from sandbox.protocol import codec, frames
from sandbox.protocol.sharing import Met, Shallow, Sharing

MOST = frames.MAX_FRAME // 2
"""Items: what came in one message has fewer."""


class Given:
    """`decode` makes values of trees, and tells a `Met` of their objects."""

    def __init__(self, keep: codec.Keep, decode: Callable[[Any, Met], Any]) -> None:
        self.keep, self.decode = keep, decode

    def changed(self, trees: list[Any], values: list[Any], met: Met) -> list[tuple[int, Any]]:
        """Those with other content than their trees say, with their numbers: by their texts, in which 1 is not 1.0."""
        if not met.objects or self._are_equal(trees, values):
            return []
        before = Met()
        for tree in trees:
            self.decode(tree, before)
        pairs = zip(before.objects, met.objects, strict=True)
        texts = [(self._text(was, before), self._text(now, met)) for was, now in pairs]
        return [(number, met.objects[number]) for number, (was, now) in enumerate(texts) if was != now]

    def _are_equal(self, trees: list[Any], values: list[Any]) -> bool:
        sharing = Sharing()
        for tree, value in zip(trees, values, strict=True):
            if isinstance(tree, dict) and "iterator" in tree:
                return False  # its numbers are hidden in there
            if json.dumps(codec.encode_value(value, self.keep, MOST, sharing)) != json.dumps(tree):
                return False
        return True

    def _text(self, value: object, met: Met) -> str:
        """What an object holds itself: of another one that was given, only which it is."""
        return json.dumps(codec.Encoder(self.keep, MOST, sharing=Shallow(met.objects)).content(value, 1))
