"""Plain values, texts and comparisons on the host: no Docker."""

import contextlib
import copy
import itertools
import json
from collections import Counter, OrderedDict, defaultdict, deque, namedtuple
from decimal import Decimal
from fractions import Fraction
from pathlib import PurePosixPath
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox import rendering
from sandbox.judging import answers
from sandbox.languages import python
from sandbox.protocol.codec import Encoder, Opaque, Rest, decode_value, encode_value, split_value

plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary(),
    lambda inner: (
        st.lists(inner)
        | st.lists(inner).map(tuple)
        | st.dictionaries(st.text(), inner)
        | st.frozensets(st.integers())
        | st.sets(st.text())
    ),
)


@given(plain)
def test_plain_values_come_back_with_their_types(value: Any) -> None:
    back = decode_value(encode_value(value))
    assert back == value
    assert repr(type(back)) == repr(type(value))


def carried(value: Any, most: int) -> tuple[Any, int]:
    """A value that comes in messages of about so many items, and how many there were."""
    rests: dict[int, Rest] = {}

    def later(rest: Rest) -> int:
        rests[len(rests)] = rest
        return len(rests) - 1

    tree = Encoder(None, most, later).tree(value, 0)
    more = lambda number: json.loads(json.dumps(rests[number](Encoder(None, most, later))))  # noqa: E731
    return decode_value(tree, more=more, split=split_value), 1 + len(rests)


@given(plain, st.integers(0, 9))
def test_values_in_several_messages_are_the_same_values(value: Any, most: int) -> None:
    back, _ = carried(value, most)
    assert back == value
    assert repr(type(back)) == repr(type(value))


@pytest.mark.parametrize(
    "value",
    [
        [(n, str(n)) for n in range(400)],
        {n: [n] * 5 for n in range(400)},
        ([*range(4000)], {*range(4000)}),
        {"a": {"b": {"c": [["d"] * 4000]}}},
        [("a", "", "b") * 5] * 200 + [("a~b", "~")] * 200 + [("",), ("", ""), (), ("~",)],
        deque(frozenset({n}) for n in range(400)),
    ],
)
def test_no_message_has_more_items_than_asked_whatever_the_shape(value: Any) -> None:
    back, messages = carried(value, 1000)
    assert back == value and 4 <= messages <= 20


@pytest.mark.parametrize(
    "value", [10**400, -(2**62), 2 + 3j, range(3), deque([1]), Fraction(1, 3), Decimal("1.50"), {(1, 2): [{3}]}, ...]
)
def test_the_rarer_ones_too(value: Any) -> None:
    assert decode_value(encode_value(value)) == value


def test_views_of_dictionaries_are_views_again() -> None:
    """Equal to sets, in their own order, once for each loop over them."""
    table = {"b": [1], "a": [2]}
    keys, items, values = (decode_value(encode_value(view)) for view in (table.keys(), table.items(), table.values()))
    assert keys == {"a", "b"} and [*keys] == [*keys] == ["b", "a"]
    assert items == table.items() and [*items] == [("b", [1]), ("a", [2])]
    assert [*values] == [[1], [2]] and values != [[1], [2]]
    assert rendering.show_value(keys) == "dict_keys(['b', 'a'])"


def test_honest_collisions_are_no_attack() -> None:
    powers = {2**n: n for n in range(5000)}
    assert decode_value(encode_value(powers)) == powers
    numbers = [float("nan") for _ in range(500)]
    assert len(decode_value(encode_value(set(numbers)))) == 500
    ends = itertools.product((-1, -2), repeat=6)
    edges = itertools.combinations(itertools.product((-1, -2), repeat=3), 2)
    cube = {frozenset(edge) for edge in edges if sum(map(int.__ne__, *edge)) == 1}
    for value in (set(ends), {2.0**n for n in range(-1070, 1020)}, {(2**n, 0) for n in range(2200)}, cube):
        assert decode_value(encode_value(value)) == value


@pytest.mark.parametrize(
    "value",
    [
        OrderedDict([("b", 1), ("a", 2)]),
        Counter("aab"),
        defaultdict(list, {"a": [1]}),
        {"nested": [OrderedDict(), Counter(), defaultdict(int)]},
    ],
)
def test_kinds_of_dictionaries_keep_what_they_are(value: Any) -> None:
    back = decode_value(encode_value(value))
    assert back == value and type(back) is type(value) and list(back) == list(value)
    assert repr(back) == repr(value)


def test_a_factory_that_is_not_plain_stays_where_it_is() -> None:
    back = decode_value(encode_value(defaultdict(lambda: 1, a=2)))
    assert back == {"a": 2} and back.default_factory is None
    kept = decode_value(encode_value(defaultdict(lambda: 1), lambda value: {"handle": 0, "type": "f"}), lambda *_: list)
    assert kept["missing"] == []


@pytest.mark.parametrize("handle", [{"type": "x"}, {"handle": "0", "type": "x"}, {"handle": 0, "type": [["x"]]}])
def test_a_handle_is_a_number_and_a_name(handle: Any) -> None:
    with pytest.raises(ValueError, match="not a plain value"):
        decode_value(handle | {"handle": handle.get("handle", True)}, lambda number, name: None)


LEAVES = [{"tuple": [*signs]} for signs in itertools.product((-1, -2), repeat=7)]
"""Tuples with one hash, 128 of them, since -1 and -2 have one."""


def sets(items: list[Any], size: int, count: int) -> list[Any]:
    """Frozensets of these with one hash, alike in all but one item."""
    return [{"frozenset": [*items[: size - 1], items[size - 1 + n]]} for n in range(count)]


def test_collisions_in_sets_of_sets_do_not_multiply() -> None:
    edges = {frozenset({(n, 0), (0, n)}) for n in range(-9, 9)}
    assert decode_value(encode_value(edges)) == edges
    for built in (LEAVES, sets(LEAVES, 4, 17), sets(sets(LEAVES, 8, 8), 7, 2)):
        with pytest.raises(ValueError):
            decode_value({"set": built})
        with pytest.raises(ValueError):
            decode_value({"dict": [[{"tuple": [key]}, 0] for key in built]})


def test_subclasses_are_flattened_and_objects_are_opaque() -> None:
    class Liar(int):
        def __eq__(self, other: object) -> bool:
            return True

        __hash__ = int.__hash__

    assert type(decode_value(encode_value(Liar(3)))) is int
    assert decode_value(encode_value(Counter("aa"))) == {"a": 2}
    opaque = decode_value(encode_value(object()))
    assert isinstance(opaque, Opaque) and opaque != opaque


@pytest.mark.parametrize("value", [[*range(99)], {n: [n] for n in range(99)}, {*range(99)}, [[[n]] for n in range(99)]])
def test_a_value_that_is_cut_equals_nothing_and_is_as_small_as_asked(value: Any) -> None:
    assert decode_value(encode_value(value, most=1000)) == value
    cut, again = (decode_value(encode_value(value, most=50)) for _ in range(2))
    assert cut != again and rendering.show_value(cut)[:4] == rendering.show_value(value)[:4] and 5 < len(cut) < 60


@pytest.mark.parametrize(
    "tree",
    [
        {"nonsense": 1},
        {"tuple": 3},
        {"set": [[1]]},
        {"int": 5},
        {"dict": [[1]]},
        {"a": 1, "b": 2},
        {"handle": 0, "type": "x"},
        {"fraction": [1, 0]},
        {"decimal": "x"},
        {},
        {"ndarray": []},
        {"complex": [1]},
        {"complex": ["x", {}]},
        {"range": [0, 1, 0]},
        {"timedelta": [10**30]},
        {"handle": 0},
        {"set": [n * ((1 << 61) - 1) for n in range(1, 300_000)]},
        {"dict": [[{"tuple": [n * ((1 << 61) - 1)]}, 0] for n in range(1, 100)]},
        {"fraction": [{"int": "0x" + "f" * 3_000_000}, {"int": "0x" + "e" * 2_999_999 + "3"}]},
        {"decimal": "3" * 3_000_000},
        {"cut": [[1], 0]},
        {"tuple": {"cut": [[1], 0]}},
        {"texts": "a~b"},
    ],
)
def test_malformed_trees_are_refused(tree: Any) -> None:
    with pytest.raises(ValueError):
        decode_value(tree)


@pytest.mark.parametrize(
    "handle",
    [
        {"handle": 0, "type": "x", "junk": [[]]},
        {"handle": 0, "type": "x" * 1000},
        {"handle": 0, "type": 5},
        {"handle": [0], "type": "x"},
        {"handle": 0},
    ],
)
def test_a_handle_is_a_number_and_a_name_and_nothing_else(handle: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        decode_value(handle, lambda number, name: None)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ([3], "[3]"),
        ((1,), "(1,)"),
        ({"b", "a"}, "{'a', 'b'}"),
        (set(), "set()"),
        ({1: {2: ()}}, "{1: {2: ()}}"),
        ("a\x1b[31m\n", "'a\\x1b[31m\\n'"),
        (1.0, "1.0"),
        (list(range(100)), "[" + ", ".join(map(str, range(100)))[:198] + "…"),
        (Opaque("Node"), "<Node object>"),
        ({Opaque("Node")}, "{<Node object>}"),
        (Fraction(10**6000, 7), "<Fraction with too many digits>"),
        (range(10**6000), "<range with too many digits>"),
    ],
)
def test_values_are_shown_as_python_writes_them(value: Any, text: str) -> None:
    assert rendering.show_value(value) == text


def test_nested_sets_are_shown_in_linear_time() -> None:
    """Sorting by the text of each item, then writing it again, doubled the work with every level."""
    value: frozenset[Any] = frozenset()
    for _ in range(140):
        value = frozenset([value])
    assert len(rendering.show_value(value)) <= rendering.LIMIT


TAGS = ["tuple", "dict", "set", "int", "bytes", "complex", "range", "fraction", "decimal", "datetime", "timedelta"]
tags = st.sampled_from(
    [*TAGS, "ndarray", "cut", "texts", "opaque", "handle", "deque", "value", "raised", "type", "text", "changed"]
)
claim = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(tags, inner, max_size=2),
)


@given(st.dictionaries(tags | st.just("failed"), claim), plain)
def test_no_message_raises_on_the_host(message: dict[str, Any], expected: Any) -> None:
    """Whatever raises there would end as the sandbox's own failure, which is not the program's to choose."""
    assert answers.value_failure(message, expected, 1e-6) is None or True
    answers.loading_failure(message)
    with contextlib.suppress(ValueError):
        answers.plain_answer(message)
    shown = {"got": message.get("value"), "expected": 0}
    assert answers.test_failure(shown, 0, SimpleNamespace(language=python.LANGUAGE, checks=())) is not None  # type: ignore[arg-type]


def test_errors_are_one_clean_line() -> None:
    text = rendering.describe_error("KeyError", "<Node at 0x7f3a2b1c9d50>\n\x1b[2J" + "x" * 500)
    assert text.startswith("KeyError: <Node at 0x…> ?[2Jxxx")
    assert len(text) <= len("KeyError: ") + 200 and "\n" not in text


@pytest.mark.parametrize("value", [slice(1, None, 2), PurePosixPath("/tmp/x"), slice("a", 1.5)])
def test_slices_and_paths_come_back(value: Any) -> None:
    assert decode_value(json.loads(json.dumps(encode_value(value)))) == value


def test_a_tuple_of_a_class_of_its_own_has_items_and_a_handle() -> None:
    point = namedtuple("point", "x y")(1, [2])
    encoder = Encoder(lambda value: {"handle": 7, "type": type(value).__name__}, 100)
    assert encoder.tree(point, 0) == {"tuple": [1, [2]]}
    encoder.records = 1
    tree = encoder.tree([point, point], 0)
    assert tree == [{"record": [[1, [2]], {"handle": 7, "type": "point"}]}, {"tuple": [1, [2]]}]
    back, _ = decode_value(tree, lambda number, name: SimpleNamespace(x=number, name=name))
    assert back == (1, [2]) and (back.x, back.name) == (7, "point")
    assert encoder.tree(back, 0) == {"handle": 7, "type": "SimpleNamespace"}
    assert type(copy.deepcopy(back)) is tuple


def test_values_of_pandas_are_shown_where_pandas_is_not() -> None:
    back = decode_value({"library": ["DataFrame", [], {"tuple": []}]})
    assert rendering.show_value(back) == "<DataFrame object>" and back != back
    with pytest.raises(ValueError, match="not a plain value"):
        decode_value({"library": ["DataFrame", {"library": 1}]})
