"""JavaScript on the host: how tests split, and what is no test."""

import json
from pathlib import Path

import pytest

from sandbox.errors import ProblemError
from sandbox.languages import javascript
from sandbox.languages.javascript import split_statements, split_test
from sandbox.languages.javascript_equality import Expected
from sandbox.languages.javascript_order import expected_from_before
from sandbox.problems.jsonl import load_file


@pytest.mark.parametrize(
    ("test", "source", "expected"),
    [
        ("assert.strictEqual(f(1, 'a'), 2)", "f(1, 'a')", Expected(2.0, "strictEqual")),
        ("assert.deepStrictEqual(f([1]), [1, 2], 'why');", "f([1])", Expected([1.0, 2.0])),
        ("assert.strict.deepEqual(f(), {})", "f()", Expected({})),
        ("assert.deepEqual(f(), {a: 1})", "f()", Expected({"a": 1.0}, "deepEqual")),
        ("console.assert(f(3) == 1.5)", "f(3)", Expected(1.5, "==")),
        ("console.assert(f(3) === 'x')", "f(3)", Expected("x", "===")),
        ("assert(null === f(3))", "f(3)", Expected(None, "===")),
        ("assert.equal(f(x => x + 1, /a\\/)/g), -1)", "f(x => x + 1, /a\\/)/g)", Expected(-1.0, "equal")),
        ("assert.equal(f(new Pair(5, 24)), 3)", "f(new Pair(5, 24))", Expected(3.0, "equal")),
        ("assert.equal(f((a, b) => a.m(b)), 3)", "f((a, b) => a.m(b))", Expected(3.0, "equal")),
        ("assert.equal(f(1 /* is 2 */), 2)", "f(1 )", Expected(2.0, "equal")),
        ("assert.equal(f(0.1).toFixed(2), '0.10')", "f(0.1).toFixed(2)", Expected("0.10", "equal")),
        ("assert.equal(f(0).length, 3)", "f(0).length", Expected(3.0, "equal")),
        ("console.assert(Math.abs(f(1.33) - 0.33) < 1e-6)", "f(1.33)", Expected(0.33, "<", 1e-6)),
        ("assert.equal(await f(1), 2)", "await (async () => (await f(1)))()", Expected(2.0, "equal")),
        (
            "console.assert(JSON.stringify(f(1)) === JSON.stringify({b: 1, 10: [undefined, NaN], u: undefined}))",
            "JSON.stringify(f(1))",
            Expected('{"10":[null,null],"b":1}', "==="),
        ),
    ],
)
def test_a_test_that_splits(test: str, source: str, expected: Expected) -> None:
    call = split_test(test, "f", frozenset())
    assert call is not None
    assert (call.source, call.expected) == (source, expected)
    assert javascript.tested_name([test]) == "f"


@pytest.mark.parametrize(
    "test",
    [
        "assert.strictEqual(check(f(1), [1, 2]), true)",  # the answer would go in
        "assert.strictEqual(f(g(1)), 2)",
        "assert.strictEqual((f(1) === 2), true)",
        "assert.strictEqual(f(1) === 2, true)",
        "assert.strictEqual(f(1).includes(2), true)",
        "assert.strictEqual([f(1), 2], [2, 2])",
        "assert.strictEqual(f(1), g(1))",
        "assert.strictEqual(f(1), f(1))",
        "assert.strictEqual(f(1), [1,, 2])",
        "assert.strictEqual(f(`a${b}`), 1)",
        "assert.notStrictEqual(f(1), 2)",
        "assert.throws(() => f(1))",
        "console.assert(f(1) > 2)",
        "console.assert(f(1) === 2 && f(2) === 3)",
        "assert.equal(f(1), 2); sideEffect()",
        "assert.equal(helper(f(1)), 2)",
        "assert.equal(f(1, 2)",
        "assert.equal(f(1), [2])",  # never the same array
        "assert(f(1) === {})",
        "assert(f(1) == NaN)",
        "assert.equal(f(`${secret}`), 1)",  # a name inside
    ],
)
def test_a_test_that_does_not(test: str) -> None:
    assert split_test(test, "f", frozenset()) is None


def test_the_problems_own_helpers_are_not_the_programs() -> None:
    test = "assert.equal(f(Encoder.run('a')), 'a')"
    assert split_test(test, "f", frozenset()) is not None
    assert split_test(test, "f", javascript.defined_names("class Encoder { static run (x) { return x } }")) is None


WRAPPED = {
    "a function": """
const assert = require('node:assert');
function test() {
  let candidate = f;
  assert.deepEqual(candidate(1), 2);
  assert.deepEqual(candidate([3]), {candidate: 4});
}
test();
""",
    "an arrow": """
const testF = () => {
  console.assert(f(1) === 2)
  console.assert(
    f([3]) === 4 // the other
  )
}

testF()
""",
}


def test_assertions_come_out_of_the_functions_around_them() -> None:
    assert split_statements(WRAPPED["a function"]) == (
        "assert.deepEqual(f(1), 2)",
        "assert.deepEqual(f([3]), {candidate: 4})",
    )
    strict = "const assert = require('assert').strict\nassert.deepEqual(f(1), 2)"
    assert split_statements(strict) == split_statements(strict.replace("').strict", "/strict')"))
    assert split_statements(strict) == ("assert.strict.deepEqual(f(1), 2)",)
    assert [split_test(test, "f", frozenset()) is not None for test in split_statements(WRAPPED["an arrow"])] == [
        True,
        True,
    ]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("function t() { assert.equal(f(1), 2) }", "t is never called"),
        ("// nothing", "no assertion"),
        ("assert f(1) == 2", "not understood: assert f"),
        ("assert.equal(f(1", "a bracket that does not close"),
    ],
)
def test_what_is_no_list_of_assertions(source: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        split_statements(source)


@pytest.mark.parametrize(
    "source",
    [
        "const x = 3; assert.equal(f(x), 2)",
        "for (const x of [1]) assert.equal(f(x), 2)",
        "assert.throws(() => f(1), RangeError)\nlet s = `${f(1)} ${`a${1}`}`",
        "import assert from 'node:assert'\nclass A extends B { static async *x () { yield } }\nassert.ok(f() / 2 > 1)",
        "let candidate = f\nassert.equal(`${candidate(1)}`, '2')",
    ],
)
def test_other_tests_stay_whole(source: str) -> None:
    assert split_statements(source) == (source,)


def test_which_tests_are_independent() -> None:
    assert javascript.are_independent("", ["assert.throws(() => f(-1), RangeError);", "console.assert(f(1) > 2)"])
    for test in (
        "const a = f(1)",
        "assert.equal(f(1), 2); f(3)",
        "assert.equal(x = f(1), 2)",
        "await assert.rejects(f(1))",
    ):
        assert not javascript.are_independent("", [test])
    assert not javascript.are_independent("let n = 0", ["assert.ok(f(1))"])


@pytest.mark.parametrize("test", ["assert f(1) == 2", "// nothing", "function t () { assert.equal(f(1), 2) }"])
def test_what_is_no_test_is_refused_when_it_is_read(tmp_path: Path, test: str) -> None:
    row = {"task_id": "a", "prompt": "", "language": "javascript", "private_tests": [test]}
    path = tmp_path / "problems.jsonl"
    path.write_text(json.dumps(row) + "\n")
    with pytest.raises(ProblemError, match="line 1: field private_tests: expected JavaScript source"):
        load_file(path)


@pytest.mark.parametrize(
    ("test", "rewritten"),
    [
        (
            "const a = [1]\nassert.deepEqual(f(a), a.concat(a), 'why')",
            "const a = [1]\nassert.deepEqual(...$pair($copies(a), f(a), (a) => (a.concat(a)), () => [a], true), 'why')",
        ),
        (
            "console.assert(await f(a) === a.length)",
            "console.assert((([$a, $b]) => $a === $b)"
            "($pair($copies(a), await f(a), (a) => (a.length), () => [a], false)))",
        ),
    ],
)
def test_what_is_expected_is_computed_from_arguments_as_they_were(test: str, rewritten: str) -> None:
    assert expected_from_before(test, frozenset()).replace(" ", "") == rewritten.replace(" ", "")


@pytest.mark.parametrize(
    "test",
    [
        "assert.deepEqual(f(a), a)",
        "assert.deepEqual(f(1), b.concat(b))",
        "assert.equal(helper(a), a.length)",
        "assert.equal(f(a, () => n++), a.length)",
        "assert(f(a) === a.length && ok)",
        "assert.throws(() => f(a), a.b)",
        "assert.equal(f(a), `${a}`)",
        "assert.equal(f(a), { a: 1 }.a)",
        "a / b /",
    ],
)
def test_other_assertions_stay(test: str) -> None:
    assert expected_from_before(test, frozenset({"helper"})) == test
