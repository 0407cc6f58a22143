"""How many references an object has that nobody holds: whether one is held shows in `sys.getrefcount`."""

import sys


def _references() -> int:
    """Of a part that only its container holds, when it is looked at in a loop over that."""
    places: list[list[object]] = [[]]
    for part in places:
        return sys.getrefcount(part)
    raise AssertionError


ALONE = _references()
