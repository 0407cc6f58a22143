"""Sets and dictionaries of a program cost whoever receives them about linear time, whatever their items are."""

import os
import random
import subprocess
import sys
from typing import Any

import pytest

from sandbox.protocol import spreading
from sandbox.protocol.codec import decode_value
from sandbox.protocol.spreading import spread

BITS = 15
SIZE = 1 << BITS


def chosen() -> list[int]:
    """Numbers with hashes of their own. The first take the places that the last ones look at, one after the other."""
    orbit = [0]
    while len(orbit) < 45 * SIZE // 100:
        orbit.append((5 * orbit[-1] + 1) % SIZE)
    places, draw, late = {place: at for at, place in enumerate(orbit)}, random.Random(1), set[int]()
    while len(late) < SIZE // 6:
        number = SIZE * draw.randrange(1, 64) + orbit[draw.randrange(len(orbit) // 3)]
        place, perturb = number % SIZE, number
        while place in places and perturb:
            perturb >>= spreading.SHIFT
            place = (place * 5 + perturb + 1) % SIZE
        if places.get(place, SIZE) < len(orbit) // 3:
            late.add(number)
    return [*orbit, *late]


def test_numbers_that_find_their_places_taken_are_refused() -> None:
    numbers = chosen()
    assert len({*map(hash, numbers)}) == len(numbers)  # none has the hash of another
    with pytest.raises(ValueError, match="chosen to have no place"):
        spread(numbers)
    with pytest.raises(ValueError, match="not a plain value"):
        decode_value({"dict": [[number, 0] for number in numbers]})
    with pytest.raises(ValueError, match="not a plain value"):
        decode_value({"keys": numbers})


HONEST: dict[str, list[Any]] = {
    "any numbers": [*{random.Random(2).randrange(10**12) for _ in range(20_000)}, *range(10**15, 10**15 + 20_000)],
    "a range": [*range(20_000)],
    "a range below zero": [-number for number in range(20_000)],
    **{f"multiples of 2**{bits}": [number << bits for number in range(20_000)] for bits in (8, 20, 30, 40, 45)},
    "powers of two": [2**number for number in range(5000)],
    "squares": [number**2 for number in range(20_000)],
    "eighths": [number / 8 for number in range(20_000)],
    "thousandths": [number / 1000 for number in range(20_000)],
    "smooth numbers": [2**a * 3**b for a in range(60) for b in range(60)],
    "a grid": [(row, column) for row in range(140) for column in range(140)],
    "edges": [frozenset((number, number + 1)) for number in range(20_000)],
    "texts": [str(number) for number in range(20_000)],
    "nothing": [],
}


@pytest.mark.parametrize("in_set", [False, True])
@pytest.mark.parametrize("name", HONEST)
def test_honest_items_are_no_attack(name: str, in_set: bool) -> None:
    assert spread(HONEST[name], in_set) is HONEST[name]


def test_texts_are_looked_at_where_their_hashes_are_known() -> None:
    """As in every box; the host's own seed is nobody's business."""
    program = (
        "from sandbox.protocol import spreading as s; t = [str(n) for n in range(2000)]; n = sorted(map(hash, t))\n"
    )
    program += "print(s._has_own_places(t, n))"
    for seed, known in (("0", "False"), ("random", "True")):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        done = subprocess.run(
            [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
        )
        assert done.stdout.strip() == known
