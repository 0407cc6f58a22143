"""A value takes the content of another one in place, so that whoever holds it, or a part of it, sees the change.

Base types' own methods do it: a subclass, which crosses as what it is a kind of, stays one.
"""

from collections import OrderedDict, deque
from collections.abc import Callable, Iterable
from typing import Any

from sandbox.protocol.arrays import is_array
from sandbox.protocol.tables import is_frame, refill_frame

MUTABLE = list | dict | set | bytearray | deque
Key = Callable[[object], str]
"""A text of a value, the same for the same content."""


def may_change(value: object) -> bool:
    """Whether it, or what a tuple holds, can be given other content."""
    if isinstance(value, tuple):
        return any(map(may_change, value))
    return isinstance(value, MUTABLE) or is_array(value) or is_frame(value)


def take_content(target: Any, value: Any) -> None:
    """As `refill`, of a value that may be of another kind: raises ValueError then."""
    kinds = [next((kind for kind in MUTABLE.__args__ if isinstance(one, kind)), None) for one in (target, value)]
    frames = is_frame(target) or is_frame(value)
    if kinds[0] is not kinds[1] or not may_change(target) or (frames and type(target) is not type(value)):
        raise ValueError("content of another kind")
    refill(target, value)


def refill(target: Any, items: Any) -> None:
    """Give `target` these items instead of its own."""
    if isinstance(target, list | bytearray):
        base: Any = list if isinstance(target, list) else bytearray
        base.__setitem__(target, slice(None), items)
    elif isinstance(target, dict):
        base = OrderedDict if isinstance(target, OrderedDict) else dict  # the latter leaves the order of one behind
        base.clear(target)
        base.update(target, items)
    elif isinstance(target, set):
        set.clear(target)
        set.update(target, items)
    elif isinstance(target, deque):
        deque.clear(target)
        deque.extend(target, items)
    elif is_array(target):
        if target.shape != items.shape:
            target.resize(items.shape, refcheck=False)
        target[...] = items
    elif is_frame(target):
        refill_frame(target, items)


def merge(target: Any, value: Any, key: Key) -> None:
    """Give `target` the content of `value`, which is of the same kind; its parts stay the objects that they were."""
    _Merge(key).whole(target, value)


def merged(old: Any, new: Any, key: Key) -> Any:
    """`old` with the content of `new`, if it can be given that; else `new`."""
    return _Merge(key).part(old, new)


class _Merge:
    def __init__(self, key: Key) -> None:
        self.key = key
        self.became: dict[int, Any] = {}  # a new value by its identity, and the old one that takes its place
        self.taken: set[int] = set()

    def whole(self, target: Any, value: Any) -> None:
        if isinstance(target, tuple):
            for old, new in zip(target, value, strict=False):
                if may_change(old) and id(new) not in self.became:
                    self.whole(old, new)
            return
        self.become(value, target)
        if isinstance(target, dict):
            refill(target, {name: self.part(dict.get(target, name), item) for name, item in value.items()})
        elif isinstance(target, list | deque):
            base: Any = list if isinstance(target, list) else deque
            refill(target, self.matched(base.__iter__(target), value))
        else:
            refill(target, value)

    def become(self, new: Any, old: Any) -> Any:
        self.became[id(new)] = old
        self.taken.add(id(old))
        return old

    def part(self, old: Any, new: Any) -> Any:
        """`old` with the content of `new`, if it can be given that and was not given another one; else `new`."""
        if id(new) in self.became:
            return self.became[id(new)]
        if not isinstance(old, MUTABLE) or not isinstance(old, type(new)) or id(old) in self.taken:
            return new
        self.whole(old, new)
        return old

    def known(self, item: Any, places: list[Any]) -> Any:
        if id(item) in self.became or not places:
            return self.became.get(id(item))
        return self.become(item, places.pop())

    def matched(self, old: Iterable[Any], new: Iterable[Any]) -> list[Any]:
        """The new items: old ones where their content is there; old ones that changed, if none came or went."""
        before, items = list(old), list(new)
        if not any(map(may_change, before)):
            return [self.became.get(id(item), item) for item in items]
        stock: dict[str, list[Any]] = {}
        for item in reversed(before):
            if may_change(item):
                stock.setdefault(self.key(item), []).append(item)
        found = [stock.get(self.key(item), []) if may_change(item) else [] for item in items]
        kept = [self.known(item, places) for item, places in zip(items, found, strict=True)]
        if len(before) != len(items):
            return [item if one is None else one for one, item in zip(kept, items, strict=True)]
        used = set(map(id, kept))
        return [
            one if one is not None else item if id(was) in used else self.part(was, item)
            for one, was, item in zip(kept, before, items, strict=True)
        ]
