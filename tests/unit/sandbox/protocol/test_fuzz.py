"""Generated values cross and come back as they were: types, order, which object is which; or are refused by name.

A failing value is told as the Python that makes it. `make test-all` carries 100,000 of them.
"""

import json
from collections.abc import Callable
from functools import partial
from itertools import count
from typing import Any

import pytest

from sandbox.guest.judge_box import remote
from sandbox.guest.program_box import objects
from sandbox.protocol import arrays
from sandbox.protocol.codec import Encoder, Rest, decode_value, split_value
from sandbox.protocol.sharing import Met, Sharing
from tests.support.values.boxes import TwoBoxes
from tests.support.values.changes import change
from tests.support.values.recipes import REFUSED, Recipe, made
from tests.support.values.sameness import difference

EXACT, WIDEST = (partial(arrays.make_array, numbers) for numbers in (arrays.exact_numbers, arrays.widest_numbers))
pytestmark = pytest.mark.filterwarnings("ignore")


class Refused(Exception):
    """By these names."""


def carried(value: Any, most: int, array: Callable[..., Any]) -> Any:
    """As between boxes, in messages of about so many items. Raises Refused."""
    rests: dict[int, Rest] = {}
    numbers, refused = count(), []

    def later(rest: Rest) -> int:
        rests[number := next(numbers)] = rest
        return number

    def keep(value: object) -> dict[str, str]:
        refused.append(type(value).__name__)
        return {"opaque": type(value).__name__}

    def wire(tree: Any) -> Any:
        return json.loads(json.dumps(tree))

    def more(number: int) -> Any:
        return wire(rests.pop(number)(Encoder(keep, most, later)))

    tree = wire(Encoder(keep, most, later, Sharing()).tree(value, 0))
    back = decode_value(tree, None, array, more, split_value, Met())
    if refused:
        raise Refused(*refused)
    return back


def check_crossing(seed: int) -> None:
    source = Recipe(seed).source
    widest = bool(seed % 2)
    wrong = difference(made(source), carried(made(source), (10**6, 3, 40)[seed % 3], (EXACT, WIDEST)[widest]), widest)
    assert not wrong, f"{wrong}\nseed {seed}:\n{source}"


def check_refusal(seed: int) -> None:
    """With something among it that does not cross."""
    source = Recipe(seed, refused=True).source
    names = {name for text, name in REFUSED.items() if text in source}
    try:
        back = carried(made(source), 10**6, EXACT)
    except Refused as refused:
        assert set(refused.args) <= names, f"{refused.args}\nseed {seed}:\n{source}"
    else:
        assert not difference(made(source), back), f"seed {seed}:\n{source}"


def after(call: Callable[..., Any], source: str, seed: int) -> tuple[Any, ...]:
    """The arguments, of which one is a part of another and one comes twice, and what is returned or raised."""
    value = made(source)
    more = [value, 1]
    try:
        returned = call(seed, value, more, again=value)
    except ValueError as error:
        returned = str(error)
    return value, more, returned


def check_changes(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a program did to its arguments, it did to the tests' own."""
    monkeypatch.setattr(objects.codec, "MESSAGE_ITEMS", (100_000, 3)[seed % 2])
    TwoBoxes(monkeypatch, {"change": change})
    source = Recipe(seed, 3).source
    wrong = difference(after(change, source, seed), after(remote.fetch_name("change"), source, seed), widest=True)
    assert not wrong, f"{wrong}\nseed {seed}:\n{source}"


def test_values_come_back_as_they_were() -> None:
    for seed in range(1500):
        check_crossing(seed)


def test_what_does_not_cross_is_refused_by_name() -> None:
    for seed in range(500):
        check_refusal(seed)


def test_arguments_are_changed_as_in_one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    for seed in range(800):
        check_changes(seed, monkeypatch)


@pytest.mark.slow
def test_seventy_thousand_values() -> None:
    for seed in range(10_000, 70_000):
        check_crossing(seed)
    for seed in range(70_000, 80_000):
        check_refusal(seed)


@pytest.mark.slow
def test_thirty_thousand_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    for seed in range(10_000, 40_000):
        check_changes(seed, monkeypatch)


def test_the_generator_reaches_every_kind() -> None:
    """Every tag of the codec, references among them."""
    from sandbox.protocol import decoding

    found: set[str] = set()

    def look(tree: Any) -> None:
        if isinstance(tree, dict):
            found.update(tree)
        for part in tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ():
            look(part)

    for seed in range(600):
        look(Encoder(None, 10**6, lambda rest: 0, Sharing()).tree(made(Recipe(seed).source), 0))
        look(Encoder(None, 3, lambda rest: 0, Sharing()).tree(made(Recipe(seed).source), 0))
    tags = {*decoding._CHANGING, *decoding._SEQUENCES, *decoding._SCALARS}
    assert found >= tags - {"opaque"} | {"items", "ndarray", "same", "cut", "texts"}
