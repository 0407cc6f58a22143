"""A program that changes what it is given, in place and as a seed says. Also runs in a box, by its text."""

import random
from collections import Counter, deque

import numpy as np

LEAVES = [0, -0.0, float("inf"), None, "new", b"n", (1, 2), 10**30, True, "\ud83d\ude00"[:1]]


def changeable(values):
    """What can change of what is reached, each once, in an order that both sides agree on."""
    found, seen, waiting = [], set(), [*values]
    while waiting:
        value = waiting.pop(0)
        if isinstance(value, (list, dict, set, bytearray, deque, np.ndarray)):
            if id(value) in seen:
                continue
            seen.add(id(value))
            found.append(value)
        if isinstance(value, dict):
            waiting += value.values()
        elif isinstance(value, (list, tuple, deque)):
            waiting += value
        elif isinstance(value, np.ndarray) and value.dtype == object:
            waiting += value.flat
    return found


def change(seed, *values, **named):
    """What it returns may be new, a part of an argument, or hold some."""
    draw = random.Random(seed)
    found = changeable([*values, *named.values()])
    for _ in range(draw.randrange(4)):
        if found:
            change_one(draw, draw.choice(found), found)
    if draw.random() < 0.1:
        raise ValueError("changed, then failed")
    end = draw.randrange(6)
    if end == 0 and found:
        return draw.choice(found)
    if end == 1 and found:
        new = [draw.choice(found), {"part": draw.choice(found)}]
        new.append(new)
        return new
    return values if end == 2 else {"named": named, "twice": [values, values]} if end == 3 else None


def change_one(draw, value, found):
    part = draw.choice(found) if draw.random() < 0.4 else draw.choice(LEAVES)
    if draw.random() < 0.2:
        part = [part, draw.choice(found)] if draw.random() < 0.5 else (part, draw.choice(found))
    if isinstance(value, list):
        change_list(draw, value, part)
    elif isinstance(value, Counter):
        draw.choice([lambda: value.update("aab"), value.clear, lambda: value.subtract({"a": 1})])()
    elif isinstance(value, dict):
        change_dict(draw, value, part)
    elif isinstance(value, set):
        draw.choice([lambda: value.add("new"), value.clear, lambda: value.update({1, 2}), lambda: value.discard(1)])()
    elif isinstance(value, bytearray):
        draw.choice([lambda: value.append(7), value.reverse, value.clear, lambda: value.extend(b"xy")])()
    elif isinstance(value, deque):
        draw.choice([lambda: value.append(part), lambda: value.appendleft(part), value.reverse, value.clear,
                     lambda: value.rotate(1), lambda: value and value.pop()])()  # fmt: skip
    elif value.dtype == object:
        if value.size:
            value.reshape(-1)[draw.randrange(value.size)] = part
    elif value.size and value.dtype.kind in "iufcbUSM":
        value.fill({"U": "n", "S": b"n", "M": np.datetime64("2020-02-02")}.get(value.dtype.kind, 1))


def change_list(draw, value, part):
    at = draw.randrange(len(value) + 1)
    ways = [lambda: value.append(part), lambda: value.insert(at, part), value.reverse, value.clear,
            lambda: value.extend([part, part]), lambda: value.__setitem__(slice(0, 1), [part])]  # fmt: skip
    if at < len(value):
        ways += [lambda: value.__delitem__(at), lambda: value.__setitem__(at, part), lambda: value.pop(at)]
    if all(isinstance(item, int) for item in value):
        ways += [value.sort]
    draw.choice(ways)()


def change_dict(draw, value, part):
    keys = [*value]
    ways = [lambda: value.__setitem__("new", part), value.clear, lambda: value.update(again=part, more=1),
            lambda: value.setdefault("new", part), lambda: keys and value.popitem()]  # fmt: skip
    if keys:
        key = draw.choice(keys)
        ways += [lambda: value.pop(key, None), lambda: value.__setitem__(key, part)]
    if getattr(value, "default_factory", None) and value.default_factory not in (set,):
        ways.append(lambda: value["missing"])
    draw.choice(ways)()
