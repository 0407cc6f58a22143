"""Which object is which, and what a program did to its arguments: between the two sides of a conversation."""

import itertools
import math
import time
from collections import OrderedDict, deque
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from sandbox.guest.judge_box import remote
from sandbox.protocol.codec import decode_value, encode_value
from sandbox.protocol.merging import merge
from sandbox.protocol.sharing import Met
from tests.support.values.boxes import TwoBoxes

HELD: list[Any] = []


def program(patch: pytest.MonkeyPatch, function: Any) -> Any:
    """The tests' view of it."""
    TwoBoxes(patch, {"f": function})
    return remote.fetch_name("f")


def test_an_argument_that_comes_twice_is_one_object(monkeypatch: pytest.MonkeyPatch) -> None:
    shared = [1]
    f = program(monkeypatch, lambda a, b, c: (a is b, a is c["x"], a.append(2)))
    assert f(shared, shared, {"x": shared}) == (True, True, None) and shared == [1, 2]


def test_what_is_returned_may_be_a_part_of_an_argument(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [[1], [2]]
    assert program(monkeypatch, lambda a: a[1])(rows) is rows[1]
    assert program(monkeypatch, lambda a: {"in": [a[0], a]})(rows)["in"][1] is rows
    row, again = program(monkeypatch, lambda: [HELD] * 2)()
    assert row is again


def test_a_value_may_hold_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    ring: list[Any] = [1]
    ring.append({"ring": (ring,)})
    assert program(monkeypatch, lambda a: a[1]["ring"][0] is a)(ring)
    grown = program(monkeypatch, lambda a: a.append(a))
    grown(ring)
    assert ring[2] is ring and len(ring) == 3


def test_parts_stay_the_objects_that_they_were(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = [1], [2]
    rows = [first, second, first]
    program(monkeypatch, lambda a: (a.reverse(), a[0].append(0), a.pop()))(rows)
    assert rows[0] is first and rows[1] is second and first == [1, 0] and len(rows) == 2


def test_a_change_is_seen_that_equality_does_not_see(monkeypatch: pytest.MonkeyPatch) -> None:
    values = [0.0, 1, 1]
    program(monkeypatch, lambda a: a.__setitem__(slice(None), [-0.0, True, 1.0]))(values)
    assert repr(values) == "[-0.0, True, 1.0]"


def test_what_a_call_changed_before_it_failed_is_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    values = [1]
    with pytest.raises(ZeroDivisionError):
        program(monkeypatch, lambda a: (a.append(2), 1 / 0))(values)
    assert values == [1, 2]


def test_an_ordered_dictionary_that_is_changed_keeps_an_order(monkeypatch: pytest.MonkeyPatch) -> None:
    table = OrderedDict(a=1, b=2)
    program(monkeypatch, lambda a: (a.move_to_end("a"), a.update(c=3)))(table)
    assert [*table.items()] == [("b", 2), ("a", 1), ("c", 3)]
    merge(table, OrderedDict(c=1, a=2), repr)
    assert [*table] == ["c", "a"]


def test_a_lent_list_that_comes_to_hold_itself_holds_itself() -> None:
    mine, theirs = [[1]], [[1]]
    theirs.append(theirs)  # type: ignore[arg-type]
    merge(mine, theirs, lambda value: str(encode_value(value)))
    assert mine[1] is mine


def test_views_of_texts_pass_the_hosts_check(monkeypatch: pytest.MonkeyPatch) -> None:
    assert program(monkeypatch, lambda: {"a": "b"}.items())() == {"a": "b"}.items()


@pytest.mark.parametrize("text", ["\ud83d" + "\ude00", "a\udc00", "\U0001f600"])
def test_halves_of_a_character_stay_halves(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    f = program(monkeypatch, lambda a: [len(a[0]), *a])
    assert f([text, 1]) == [len(text), text, 1] and f([text, "b"])[1:] == [text, "b"]


@pytest.mark.parametrize("value", [Decimal("3" * 10_001), Fraction(1, 1 << 20_000), [[]]])
def test_too_large_a_value_of_the_tests_is_theirs(monkeypatch: pytest.MonkeyPatch, value: Any) -> None:
    """A program that cannot be given it is not to blame."""
    for _ in range(200 if value == [[]] else 0):
        value = [value]
    with pytest.raises(remote.TooMuch, match="cannot be passed to the program"):
        program(monkeypatch, lambda a: None)(value)


def test_a_program_gets_numbers_of_numpy_and_bounded_queues(monkeypatch: pytest.MonkeyPatch) -> None:
    f = program(monkeypatch, lambda a, b, c: (str(a.dtype), b.dtype.itemsize, c.append(3)))
    queue = deque([1, 2], 2)
    assert f(np.float32(0.5), np.array(["a"], "U9"), queue) == ("float32", 36, None) and queue == deque([2, 3], 2)
    lists = np.empty(2, object)
    lists[:] = [[1], [2]]
    assert program(monkeypatch, lambda a: a.shape)(lists) == (2,)


@pytest.mark.parametrize(
    "tree", [{"same": 0}, {"same": -1}, {"same": "0"}, [{"same": 1}], {"given": 0}, {"same": True}]
)
def test_no_reference_leads_to_nothing(tree: Any) -> None:
    with pytest.raises(ValueError, match="not a plain value"):
        decode_value(tree, met=Met())
    with pytest.raises(ValueError, match="not a plain value"):
        decode_value([[], tree])


def test_what_can_change_is_no_key() -> None:
    for tree in ({"set": [{"given": 0}]}, {"dict": [[{"given": 0}, 1]]}):
        with pytest.raises(ValueError, match="not a plain value"):
            decode_value(tree, met=Met([[]]))


def test_numbers_that_collide_beside_a_set_of_sets_are_no_attack() -> None:
    keys = [-1, -(2**62), frozenset([frozenset([1])])]
    assert [*decode_value(encode_value(dict(zip(keys, itertools.count()))))] == keys


def test_an_array_takes_no_room_on_the_host_for_what_it_claims() -> None:
    claims = [{"ndarray": ["object", [], [4_000_000], ""]}] * 2000
    began = time.process_time()
    assert len(decode_value(claims)) == 2000 and time.process_time() - began < 1
    for shape in ([1 << 40], [-1], [1] * 33, "x"):
        with pytest.raises(ValueError, match="not a plain value"):
            decode_value({"ndarray": ["object", [], shape, ""]})


def test_a_nan_stays_the_same_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Plain asserts find lists equal that hold the same one."""
    own = float("nan")
    assert program(monkeypatch, lambda a: [[*a], 1])([own, own])[0] == [own, own]
    assert program(monkeypatch, lambda: [1.0, np.nan])() == [1.0, np.nan]
    assert program(monkeypatch, lambda: {math.nan})() == {math.nan}
    assert program(monkeypatch, lambda: [float("nan"), math.nan])() != [np.nan, math.nan]
    for tree in ({"nan": "os"}, {"nan": {"same": 0}}, {"nan": {"given": 0}}):
        with pytest.raises(ValueError, match="not a plain value"):
            decode_value(tree, met=Met([[]]))
