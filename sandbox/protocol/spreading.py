"""Items that a set or a dictionary takes in about linear time: others are made to cost whoever receives them an hour.

Hashes of numbers are known, and those of texts where the seed is (in every box). Equal ones make a table quadratic, and
so do different ones that are chosen to find their places taken, one after the other.
"""

import sys
from collections.abc import Sequence
from itertools import islice, pairwise
from typing import Any

COLLISIONS, NUMBER_COLLISIONS = (64, 16), 1000
"""Items of one set or dictionary with the same hash: more are no accident, and inserting them is quadratic.

Numbers are compared at once, and honest ones collide: of the powers of two, every 61st. -1 and -2 collide, and so do
tuples of them: 64; sets of those: 16; sets of such sets: none, since what comparing takes is a product over the levels.
"""
FEW = 1000
"""Items that cost little, however they are chosen."""
STEPS, STEPS_EACH = 3_000_000, 64
"""Places tried in vain, in all sizes of the table: an accident is below both. Chosen items need thousands each."""
LINEAR, SHIFT, WORD = 9, 5, (1 << 64) - 1
"""How CPython looks for a place: in a set nine neighbours first; then elsewhere, by five more bits of the hash."""


def spread(items: list[Any], in_set: bool = False) -> list[Any]:
    """The items, if they can be put into a dictionary or a set in about linear time. Raises ValueError or TypeError."""
    hashes = list(map(hash, items))
    ordered = sorted(hashes)
    if any(map(int.__eq__, ordered, ordered[1:])):
        repeated = {one for one, other in pairwise(ordered) if one == other}
        colliding = [item for item, value in zip(items, hashes, strict=True) if value in repeated]
        levels = max(map(_levels, colliding))
        most = COLLISIONS[levels] if levels < len(COLLISIONS) else 1
        if all(type(item) is int or type(item) is float for item in colliding):
            most = NUMBER_COLLISIONS
        if any(map(int.__eq__, ordered, ordered[most:])):
            raise ValueError("too many items with one hash")
    if len(items) > FEW and not _has_own_places(items, ordered):
        _try_places(hashes, in_set)
    return items


def _levels(item: Any) -> int:
    """How many sets lie within each other in a hashable value."""
    if type(item) is not tuple and type(item) is not frozenset:
        return 0
    return max(map(_levels, item), default=0) + (type(item) is frozenset)


def _has_own_places(items: Sequence[Any], ordered: list[int]) -> bool:
    """Whether nothing can be chosen: texts whose hashes nobody knows, or a range of numbers without many gaps."""
    if sys.flags.hash_randomization and set(map(type, items)) == {str}:
        return True
    return ordered[0] >= 0 and ordered[-1] < 1 << (3 * len(items) // 2).bit_length() - 1


def _try_places(hashes: list[int], in_set: bool) -> None:
    """As the table grows: each of its sizes with what it holds then. Raises ValueError."""
    size = 2 << (5 * len(hashes) // 3).bit_length()  # a small set has a table larger than it needs
    left = max(STEPS, STEPS_EACH * len(hashes))
    while size > FEW:
        left -= _steps(hashes, size, in_set, left)
        size //= 2


def _steps(hashes: list[int], size: int, in_set: bool, most: int) -> int:
    """How many places are tried in vain in a table of that size, until it is full enough to grow. Raises ValueError."""
    mask, taken, steps = size - 1, bytearray(size), 0
    for value in islice(hashes, 2 * size // 3):
        place = value & mask
        if taken[place]:
            perturb = value & WORD
            while taken[place]:
                near = taken.find(0, place, place + LINEAR + 1) if in_set and place + LINEAR <= mask else -1
                if near >= 0:
                    place = near
                    break
                perturb >>= SHIFT
                place = (place * 5 + perturb + 1) & mask
                steps += 1
            if steps > most:
                raise ValueError("items chosen to have no place")
        taken[place] = 1
    return steps
