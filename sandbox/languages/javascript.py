"""JavaScript under Node.js: which tests are a call and a literal, and the box's command.

An assertion about one call of the tested function and a literal is judged on the host: the call's source goes in, the
value comes out. Everything else is for a judge box, where Node.js runs the tests.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.languages import javascript_values as values
from sandbox.languages.javascript_equality import SHALLOW, Expected, Relation, is_expected, is_primitive
from sandbox.languages.javascript_order import expected_from_before
from sandbox.languages.javascript_source import (
    Token,
    check_source,
    closing_bracket,
    parse_literal,
    read_tokens,
    source_text,
    split_assert,
)
from sandbox.languages.language import Call, JudgeBox, Language

STRICT: dict[str, Relation] = {"strictEqual": "strictEqual", "deepStrictEqual": "deepStrictEqual"}
METHODS: dict[str, Relation] = {**STRICT, "equal": "equal", "deepEqual": "deepEqual"}
STRICTER: dict[str, Relation] = {**STRICT, "equal": "strictEqual", "deepEqual": "deepStrictEqual"}
"""What methods of `assert.strict` stand for."""
CHANGING = ("=", "++", "--", "await", "delete")
"""What may leave something to the next test."""
CONVERSIONS = (
    *("JSON.stringify", "String", "Number", "Boolean", "Array.from", "Object.fromEntries"),
    *("Math.abs", "Math.round", "Math.floor", "Math.ceil", "Object.keys", "Object.values", "Object.entries"),
)
"""What may stand around the tested call and still be evaluated beside it."""
ENDINGS = ("toFixed", "toString", "join", "sort", "length", "trim")
"""What may follow it."""
REFUSED = (ValueError, ArithmeticError, RecursionError)
_KEYWORDS = "function new if for while switch catch typeof return await async of in"
KEYWORDS = frozenset(_KEYWORDS.split())
DECLARED = re.compile(r"\b(?:function\s*\*?|class|const|let|var)\s+([^\W\d][\w$]*|\$[\w$]*)")
Part = Sequence[Token]


class NothingTested(ValueError):
    """A test that would accept any program."""


def split_statements(source: str) -> tuple[str, ...]:
    """The assertions of a test. One may be wrapped in functions that are called once, as public data sets do.

    `const assert = require('assert')` and `let candidate = f` are understood. A test that holds anything else stays
    whole, for a judge box. Raises ValueError for what is certainly no JavaScript, or tests nothing.
    """
    try:
        found = tuple(source_text(part) for part in _assertions(read_tokens(source), {}))
    except NothingTested:
        raise
    except REFUSED:
        check_source(source)
        return (source,)
    if not found:
        raise ValueError("no assertion in it")
    return found


def _assertions(part: Part, aliases: dict[str, str]) -> Iterator[list[Token]]:
    if any(token.kind == "template" for token in part):
        raise ValueError("names in a text")
    wrappers: set[str] = set()
    aliases = dict(aliases)
    at = 0
    while at < len(part):
        words = [token.text for token in part[at : at + 8]] + [""] * 8
        declared = words[0] in ("const", "let", "var") and words[2] == "="
        if words[0] == ";":
            at += 1
        elif declared and words[3:5] == ["require", "("]:
            end = closing_bracket(part, at + 4) + 1
            chosen = [token.text for token in part[end : end + 2]] == [".", "strict"]
            if chosen or words[5].strip("'\"").endswith("/strict"):
                aliases[words[1]] = "assert.strict"
            at = end + 2 * chosen
        elif (declared and words[3:7] == ["(", ")", "=>", "{"]) or (
            words[0] == "function" and words[2:5] == list("(){")
        ):
            start = at + (6 if declared else 4)
            end = closing_bracket(part, start)
            wrappers.add(words[1])
            yield from _assertions(part[start + 1 : end], aliases)
            at = end + 1
        elif declared and part[at + 3].kind == "name" and (words[4] in (";", "") or "\n" in part[at + 4].gap):
            aliases[words[1]] = words[3]
            at += 4
        elif words[0] in wrappers and words[1:3] == ["(", ")"]:
            wrappers.discard(words[0])
            at += 3
        else:
            end = _assertion_end(part, at)
            yield [_renamed(part, place, aliases) for place in range(at, end)]
            at = end
    if wrappers:
        raise NothingTested(f"{min(wrappers)} is never called: its assertions test nothing")


def _assertion_end(part: Part, at: int) -> int:
    """Behind an assertion. Raises ValueError if none begins."""
    opening = next((n for n in range(at, len(part)) if part[n].kind != "name" and part[n].text != "."), len(part))
    called = "".join(token.text for token in part[at:opening])
    if called.split(".")[0] != "assert" and called != "console.assert":
        raise ValueError(f"not an assertion: {source_text(part[at : at + 8])}")
    return closing_bracket(part, opening) + 1


def _renamed(part: Part, at: int, aliases: dict[str, str]) -> Token:
    token = part[at]
    before, after = part[at - 1].text, part[at + 1].text if at + 1 < len(part) else ""
    is_key = before == "." or (before in ("{", ",") and after == ":")
    if token.kind != "name" or token.text not in aliases or is_key:
        return token
    return Token("name", aliases[token.text], token.gap)


@dataclass(frozen=True, slots=True)
class _Compared:
    """Both sides of an assertion."""

    left: list[Token]
    right: list[Token]
    relation: Relation
    room: float = 0.0


def _compared(test: str) -> _Compared:
    """Raises ValueError for what is no assertion about two things."""
    part = [token for token in read_tokens(test) if token.text != ";"]
    opening = next((n for n, token in enumerate(part) if token.text == "("), 0)
    if not opening or closing_bracket(part, opening) != len(part) - 1:
        raise ValueError("not one assertion")
    name = "".join(token.text for token in part[:opening])
    arguments = [piece for piece in split_assert(part[opening + 1 : -1], ",") if piece]
    strict, method = name.startswith("assert.strict."), name.removeprefix("assert.").removeprefix("strict.")
    told = [token.kind for piece in arguments[2:] for token in piece]  # what to print if it fails
    if method in METHODS and len(arguments) in (2, 3) and told in ([], ["string"]):
        return _Compared(arguments[0], arguments[1], (STRICTER if strict else METHODS)[method])
    if name in ("assert", "assert.ok", "console.assert") and len(arguments) in (1, 2):
        return _condition(arguments[0])
    raise ValueError("not an assertion about a call and a literal")


def _condition(part: list[Token]) -> _Compared:
    """`left === right`, or `Math.abs(call - number) < room`."""
    operators: tuple[Relation, ...] = ("===", "==")
    for operator in operators:
        sides = split_assert(part, operator)
        if len(sides) == 2:
            return _Compared(sides[0], sides[1], operator)
    sides = split_assert(part, "<", "<=")
    if len(sides) != 2 or [token.text for token in sides[0][:4]] != ["Math", ".", "abs", "("]:
        raise ValueError("not a comparison")
    terms = split_assert(sides[0][4:-1], "-")
    room = parse_literal(sides[1])
    if len(terms) != 2 or closing_bracket(sides[0], 3) != len(sides[0]) - 1 or not isinstance(room, float):
        raise ValueError("not a comparison")
    return _Compared(terms[0], terms[1], "<=" if len(split_assert(part, "<=")) == 2 else "<", room)


def split_test(test: str, name: str | None, trusted: frozenset[str]) -> Call | None:
    """The call and the expected value of an assertion about `name`; None for what is none.

    A call may use built-ins, classes and function literals; no other function, and no `trusted` name.
    """
    if name is None:
        return None
    try:
        compared = _compared(test)
        for call, other in ((compared.left, compared.right), (compared.right, compared.left)):
            if _callee(call) == name:
                _check_names(call, name, trusted)
                expected = Expected(parse_literal(other), compared.relation, compared.room)
                if not _can_be_met(expected):
                    return None
                waits = any(token.text == "await" for token in call)
                return Call(f"await (async () => ({source_text(call)}))()" if waits else source_text(call), expected)
    except REFUSED:
        return None
    return None


def _can_be_met(expected: Expected) -> bool:
    """Whether any value can be what a test asks for: no object is the test's own, and NaN is not itself."""
    if expected.relation in SHALLOW and not is_primitive(expected.value):
        return False
    is_nan = isinstance(expected.value, float) and expected.value != expected.value
    return not (is_nan and expected.relation in ("==", "===")) and (
        isinstance(expected.value, float) or expected.relation not in ("<", "<=")
    )


def are_independent(setup: str, tests: Iterable[str]) -> bool:
    """Whether the tests may run in any order: each is one assertion that assigns nothing and awaits nothing."""
    return not setup.strip() and all(map(_is_one_assertion, tests))


def _is_one_assertion(test: str) -> bool:
    try:
        part = [token for token in read_tokens(test) if token.text != ";"]
        return _assertion_end(part, 0) == len(part) and not any(token.text in CHANGING for token in part)
    except REFUSED:
        return False


def _callee(part: Part) -> str | None:
    """The function that an expression calls, inside awaits, conversions and endings; None for another expression."""
    if part and part[0].text == "await":
        return _callee(part[1:])
    if not part or part[0].kind != "name":
        return None
    opening = next((n for n, token in enumerate(part) if token.text == "("), len(part))
    called = "".join(token.text for token in part[:opening])
    if opening == len(part):
        return None
    end = closing_bracket(part, opening)
    if not _is_ending(part[end + 1 :]):
        return None
    if called not in CONVERSIONS:
        return called if opening == 1 and called not in KEYWORDS else None
    first, *others = split_assert(part[opening + 1 : end], ",")
    return _callee(first) if all(_is_literal(other) for other in others) else None


def _is_ending(part: Part) -> bool:
    """`.toFixed(2)`, `.length`, or nothing."""
    if not part:
        return True
    if len(part) < 2 or part[0].text != "." or part[1].text not in ENDINGS:
        return False
    return len(part) == 2 or (
        part[2].text == "("
        and closing_bracket(part, 2) == len(part) - 1
        and (len(part) == 4 or _is_literal(part[3:-1]))
    )


def _is_literal(part: Part) -> bool:
    try:
        parse_literal(part)
    except REFUSED:
        return False
    return True


def _check_names(part: Part, name: str, trusted: frozenset[str]) -> None:
    """Raises ValueError if a call uses functions of others: they could be the test's, and hold the answer."""
    for at, token in enumerate(part):
        if token.kind == "template":
            raise ValueError("names in a text")
        if token.kind != "name" or token.text == name or (at and part[at - 1].text in (".", "?.")):
            continue
        calls = at + 1 < len(part) and part[at + 1].text == "("
        if token.text in trusted or (calls and token.text[0].islower() and token.text not in KEYWORDS):
            raise ValueError(f"uses {token.text}")


def tested_name(tests: Iterable[str]) -> str | None:
    """The function that every assertion calls, None if they do not agree."""
    names = set()
    for test in tests:
        try:
            compared = _compared(test)
            names.add(_callee(compared.left) or _callee(compared.right))
        except REFUSED:
            return None
    return names.pop() if len(names) == 1 else None


def defined_names(source: str) -> frozenset[str]:
    """Names that trusted source declares, at whatever depth, and those that its comments seem to."""
    return frozenset(DECLARED.findall(source))


def value_difference(tree: Any, expected: Expected, tolerance: float | None) -> str | None:
    """What is wrong with a value that a box sent, None if it is the expected one. Raises for what is no value."""
    got = values.decode_value(tree)
    if is_expected(got, expected, tolerance):
        return None
    return f"got {values.show_value(got)}, expected {values.show_value(expected.value)}"


def check_tree(tree: Any) -> None:
    values.decode_value(tree)


def show_tree(tree: Any) -> str:
    return values.show_value(values.decode_value(tree))


NODE = (
    *("/usr/local/bin/node", "--max-old-space-size={memory_mib}", "--v8-pool-size=1"),
    "--random-seed={seed}",  # of Math.random
)
GUEST = "/opt/box/sandbox/guest/javascript"


LANGUAGE = Language(
    name="javascript",
    title="JavaScript",
    fences=("javascript", "js", "node"),
    more_fences=("mjs", "cjs", "jsx", "ecmascript"),
    suffix=".js",
    packages=("nodejs",),
    files=("node", "/usr/share/nodejs"),  # where Debian keeps modules that its node loads at its start
    run=(*NODE, f"{GUEST}/program.js"),
    overhead_mib=128,
    judge_box=JudgeBox(
        command=(*NODE, f"{GUEST}/tests.js"),
        check_tree=check_tree,
        show_tree=show_tree,
        prepare=expected_from_before,
        are_independent=are_independent,
    ),
    statements=split_statements,
    split=split_test,
    tested_name=tested_name,
    defined_names=defined_names,
    difference=value_difference,
)
