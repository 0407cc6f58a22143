"""JavaScript on the host: what literals mean, when values are equal, how they are shown."""

import itertools
import json
import math
import shutil
import subprocess
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.judging import answers
from sandbox.languages import javascript_values as values
from sandbox.languages.javascript import value_difference
from sandbox.languages.javascript_equality import Expected, is_expected
from sandbox.languages.javascript_source import parse_literal, read_tokens


def read(source: str) -> Any:
    return parse_literal(read_tokens(source))


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("0x1F", 31.0),
        ("0b101", 5.0),
        ("1_000.5e-1", 100.05),
        (".5", 0.5),
        ("-Infinity", -math.inf),
        ("123456789012345678901234567890n", 123456789012345678901234567890),
        ("-5n", -5),
        (r"'it\'s \x41\u0042\u{43}\n'", "it's ABC\n"),
        (r'"\ud83d\ude00"', "😀"),
        (r'"\ud83d"', "\ud83d"),
        ("`a\nb`", "a\nb"),
        ("[1, 'x', null, undefined, true,]", [1.0, "x", None, values.UNDEFINED, True]),
        ("{a: {'b c': [1]}, 1.0: 2, \"d\": -0, if: 3}", {"a": {"b c": [1.0]}, "1": 2.0, "d": 0.0, "if": 3.0}),
        ("({})", {}),
        ("new Set([1, 1])", values.Collection("Set", [1.0])),
        ("new Map([[1, 'a']])", values.Collection("Map", [(1.0, "a")])),
        ("new Uint8Array([1, 2])", values.Collection("Uint8Array", [1.0, 2.0])),
        ("new Date('1970-01-02')", values.Collection("Date", 86_400_000.0)),
        ("JSON.stringify([1, 'é'])", '[1,"é"]'),
    ],
)
def test_literals(source: str, value: Any) -> None:
    assert read(source) == value and type(read(source)) is type(value)


@pytest.mark.parametrize(
    "source",
    ["f(1)", "x", "1 + 1", "[1,,2]", "{a}", "{...b}", "{f() {}}", "{__proto__: null}", "-'1'", "+1n", "010", "'\\7'",
     "new Foo(1)", "new Map([1])", "[1", "/a/", "() => 1", "[" * 200 + "]" * 200, "{get a() {}}", "a.b", "1 2", ""],
)  # fmt: skip
def test_what_is_no_literal(source: str) -> None:
    with pytest.raises((ValueError, RecursionError)):
        read(source)


@pytest.mark.parametrize(
    ("tree", "source", "strict", "loose"),
    [
        (1, "1.0", True, True),
        (1.0, "1", True, True),
        (1, "1n", False, True),
        ({"int": "0x1"}, "1n", True, True),
        (-0.0, "0", False, True),
        (0, "-0", False, True),
        ({"number": "NaN"}, "NaN", True, True),
        ({"undefined": 0}, "undefined", True, True),
        ([1, {"hole": 0}], "[1, undefined]", False, False),
        ([1, 2], "[2, 1]", False, False),
        ([1], "{0: 1}", False, False),
        ({"object": [["b", 2], ["a", 1]]}, "{a: 1, b: 2}", True, True),
        ({"object": [["a", {"undefined": 0}]]}, "{}", False, False),
        ({"object": [["a", 1], ["b", 2]]}, "{a: 1}", False, False),
        ({"instance": ["Point", [["a", 1]]]}, "{a: 1}", False, True),
        ({"instance": ["null prototype", []]}, "{}", False, True),
        ({"map": [[1, "a"], ["1", "b"]]}, "new Map([['1', 'b'], [1, 'a']])", True, True),
        ({"map": [[1, "a"]]}, "new Map([['1', 'a']])", False, False),
        ({"set": [[1], [2]]}, "new Set([[2], [1]])", True, True),
        ({"set": [[1], [1]]}, "new Set([[1], [2]])", False, False),
        ({"typed": ["Uint8Array", [1]]}, "new Uint8Array([1])", True, True),
        ({"typed": ["Uint8Array", [1]]}, "new Int8Array([1])", False, False),
        ({"typed": ["Uint8Array", [1]]}, "[1]", False, False),
        ({"date": 0}, "new Date(0)", True, True),
        ({"date": 0}, "0", False, False),
        ({"opaque": "Proxy"}, "{}", False, False),
        ({"opaque": "Promise"}, "1", False, False),
        ("\ud83d\ude00", "'😀'", True, True),
        (1e21, "1000000000000000000000", True, True),
        (18446744073709552000, "18446744073709551616", True, True),
    ],
)
def test_equality(tree: Any, source: str, strict: bool, loose: bool) -> None:
    value = read(source)
    assert (value_difference(tree, Expected(value, "deepStrictEqual"), None) is None) is strict
    assert (value_difference(tree, Expected(value, "deepEqual"), None) is None) is loose


NODE = """
const assert = require('assert')
const is = (test) => { try { test(); return true } catch { return false } }
const rows = LEFT.map((l) => RIGHT.map((r) => [
  l === r, l == r, is(() => assert.strictEqual(l, r)), is(() => assert.equal(l, r)),
  is(() => assert.deepStrictEqual(l, r)), is(() => assert.deepEqual(l, r)),
]))
console.log(JSON.stringify(rows))
"""
RELATIONS = ("===", "==", "strictEqual", "equal", "deepStrictEqual", "deepEqual")
PRIMITIVES = (
    "0", "-0", "1", "1.73", "NaN", "Infinity", "true", "false", "null", "undefined", "0n", "1n", "255n", "10n ** 30n",
    "''", "' '", "'1'", "'1.73'", "' 1.730\\n'", "'1.'", "'.5'", "0.5", "'0xff'", "'-0x1'", "'1e0'", "'true'", "'NaN'",
    "'Infinity'", "'-Infinity'", "'1n'", "'\\u00a01\\ufeff'", "'\\u0661'", "'1_0'", "'+1'", "1e30", "'1e30'",
)  # fmt: skip


@pytest.mark.skipif(not shutil.which("node"), reason="no Node.js here: apt-get install nodejs")
def test_primitives_are_equal_when_node_says_so() -> None:
    source = NODE.replace("LEFT", f"[{','.join(PRIMITIVES)}]").replace("RIGHT", f"[{','.join(PRIMITIVES)}]")
    done = subprocess.run(["node", "-e", source], capture_output=True, text=True, timeout=60, check=True)
    powers = [source.replace("10n ** 30n", f"{10**30}n") for source in PRIMITIVES]
    values_here = [read(source) for source in powers]
    here = [[[is_expected(got, Expected(value, relation), None) for relation in RELATIONS] for value in values_here]
            for got in values_here]  # fmt: skip
    assert here == json.loads(done.stdout)


def test_objects_are_not_converted() -> None:
    for tree in ([1], {"object": [["valueOf", {"opaque": "function"}]]}, {"opaque": "Number"}, {"date": 1}):
        for relation in RELATIONS:
            assert value_difference(tree, Expected(1.0, relation), None) is not None
            assert value_difference(tree, Expected("1", relation), None) is not None
    assert value_difference([["1.50"]], Expected([[1.5]], "deepEqual"), None) is None


def test_numbers_in_sets_have_no_hash_that_a_program_knows() -> None:
    """-1 and -2 have one in Python, and so have the arrays of them: 8192 here, compared with each other for minutes."""
    arrays = [list(signs) for signs in itertools.product((-1, -2), repeat=13)]
    assert len({hash(values.canonical_value(values.decode_value(array))) for array in arrays}) == len(arrays)
    zero, minus, one, big, true = (
        values.canonical_value(values.decode_value(tree)) for tree in (0, -0.0, 1, {"int": "0x1"}, True)
    )
    assert zero == minus and len({zero, one, big, true}) == 4


def test_tolerance() -> None:
    assert value_difference(0.30000000000000004, Expected(0.3), None) is not None
    assert value_difference([0.30000000000000004], Expected([0.3]), 1e-6) is None
    assert value_difference(0.33, Expected(0.33 + 1e-7, "<", 1e-6), None) is None
    assert value_difference("0.33", Expected(0.33, "<", 1e-6), None) is None
    assert value_difference(1000.5, Expected(1000.0, "<", 0.5), None) is not None
    assert value_difference(1000.5, Expected(1000.0, "<=", 0.5), None) is None
    for tree in (math.inf, {"number": "NaN"}, [0.33], "x", {"undefined": 0}, {"int": "0x1"}):
        failure = answers.value_failure({"value": tree}, Expected(0.33, "<", 1e-6), None, value_difference)
        assert failure is not None


@pytest.mark.parametrize(
    ("tree", "expected", "right"),
    [
        (-0.0, "0", True),
        (2.0000001, "2", True),
        ({"int": "0x2"}, "2", False),
        ({"int": "0x3"}, "2n", False),
        (True, "1.0000001", False),
        ({"map": [["b", 2], ["a", [1.0000001]]]}, "new Map([['a', [1]], ['b', 2]])", True),
        ({"map": [["a", 2], ["a", [1]]]}, "new Map([['a', [1]], ['b', 2]])", False),
        ({"map": [[1.0000001, 2]]}, "new Map([[1, 2]])", False),
        ({"set": [3, 1.0000001, "x"]}, "new Set(['x', 1, 3])", True),
        ({"set": [3, 1.1]}, "new Set([1, 3])", False),
        ({"set": [1, "y"]}, "new Set(['x', 1])", False),
        ({"date": 1000.0000001}, "new Date(1000)", False),
    ],
)
def test_a_tolerance_of_the_problem_holds_for_every_number(tree: Any, expected: str, right: bool) -> None:
    assert (value_difference(tree, Expected(read(expected)), 1e-6) is None) is right


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (1.0, "1"),
        (-1.5, "-1.5"),
        (100.0, "100"),
        (1e21, "1e+21"),
        (1.5e21, "1.5e+21"),
        (1e20, "100000000000000000000"),
        (2.0**64, "18446744073709552000"),
        (1e-6, "0.000001"),
        (1.5e-7, "1.5e-7"),
        (0.1, "0.1"),
        (-0.0, "0"),
        (5e-324, "5e-324"),
        (math.inf, "Infinity"),
    ],
)
def test_numbers_as_javascript_writes_them(number: float, text: str) -> None:
    """Expected texts by ECMA-262, 6.1.6.1.20."""
    assert values.number_text(number) == text


def test_values_as_javascript_writes_them() -> None:
    tree = [1, -0.0, 'a"b', None, True, {"undefined": 0}, {"int": "-0x2"}, {"object": [["x y", {"map": [[1, 2]]}]]}]
    tree += [{"instance": ["Point", [["x", 1]]]}, {"opaque": "Promise"}, {"set": [1]}]
    shown = '[1, -0, "a\\"b", null, true, undefined, -2n, {"x y": new Map([[1, 2]])}, Point {x: 1}, <Promise>'
    assert values.show_value(values.decode_value(tree)) == f"{shown}, new Set([1])]"
    assert len(values.show_value(values.decode_value([["x" * 300] * 300]))) == 200


TAGS = st.sampled_from(["object", "instance", "map", "set", "typed", "date", "int", "undefined", "hole", "opaque", "x"])
trees = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just("Uint8Array"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TAGS, inner, max_size=2),
)


@given(trees)
def test_no_message_raises_on_the_host(tree: Any) -> None:
    for expected in (1.0, [], {}, values.Collection("Map", []), values.Collection("Set", [1.0])):
        failure = answers.value_failure({"value": tree}, Expected(expected), 1e-6, value_difference)
        assert failure is None or failure[1]
