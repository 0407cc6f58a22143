"""A value takes the content of another one in place, so that whoever holds it, or a part of it, sees the change.

Base types' own methods do it: a subclass, which crosses as what it is a kind of, stays one.
"""

from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

from sandbox.protocol.arrays import is_array

MUTABLE = list | dict | set | bytearray | deque
Key = Callable[[object], str]
"""A text of a value, the same for the same content."""


def may_change(value: object) -> bool:
    """Whether it, or what a tuple holds, can be given other content."""
    if isinstance(value, tuple):
        return any(map(may_change, value))
    return isinstance(value, MUTABLE) or is_array(value)


def merge(target: Any, value: Any, key: Key) -> None:
    """Give `target` the content of `value`, which is of the same kind."""
    if isinstance(target, tuple):
        for part, left in zip(target, value, strict=False):
            merge(part, left, key)
    elif isinstance(target, list):
        list.__setitem__(target, slice(None), _matched(list.__iter__(target), value, key))
    elif isinstance(target, dict):
        items = {name: merged(dict.get(target, name), item, key) for name, item in value.items()}
        dict.clear(target)
        dict.update(target, items)
    elif isinstance(target, set):
        set.clear(target)
        set.update(target, value)
    elif isinstance(target, bytearray):
        bytearray.__setitem__(target, slice(None), value)
    elif isinstance(target, deque):
        parts = _matched(deque.__iter__(target), value, key)
        deque.clear(target)
        deque.extend(target, parts)
    elif is_array(target):
        target[...] = value


def _matched(old: Iterable[Any], new: Iterable[Any], key: Key) -> list[Any]:
    """The new items: old ones where their content is there, wherever; old ones that changed, if none came or went."""
    before, items = list(old), list(new)
    if not any(map(may_change, before)):
        return items
    stock: dict[str, list[Any]] = {}
    for item in reversed(before):
        if may_change(item):
            stock.setdefault(key(item), []).append(item)
    found = [stock.get(key(item), []) if may_change(item) else [] for item in items]
    kept = [places.pop() if places else None for places in found]
    if len(before) != len(items):
        return [item if one is None else one for one, item in zip(kept, items, strict=True)]
    used = set(map(id, kept))
    return [
        one if one is not None else item if id(was) in used else merged(was, item, key)
        for one, was, item in zip(kept, before, items, strict=True)
    ]


def merged(old: Any, new: Any, key: Key) -> Any:
    """`old` with the content of `new`, if it can be given that; else `new`."""
    if not isinstance(old, list | dict | set | bytearray | deque) or not isinstance(old, type(new)):
        return new
    merge(old, new, key)
    return old
