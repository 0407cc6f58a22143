"""Assertions whose expected side is computed from arguments as they were before the call.

In `assert.deepEqual(f(data), data.concat(data))` the program could empty `data`, and return an empty array. So the
expected side sees copies of the variables that the call was given; a judge box defines `$copies` and `$pair`.
"""

from collections.abc import Sequence

from sandbox.languages.javascript_source import WORDS, Token, closing_bracket, read_tokens, source_text, split_assert

DEEP, SHALLOW = ("deepEqual", "deepStrictEqual"), ("equal", "strictEqual")
CONDITIONS = ("assert", "ok")
OPERATORS = ("===", "==")
_BINDING = {"&&", "||", "??", "?", "!==", "!=", "<", ">", "<=", ">=", ",", "="}
_CONSTANTS = {"null", "true", "false", "undefined", "NaN", "Infinity", "this", "globalThis", "console", "process"}
_GLOBALS = {"JSON", "Math", "Object", "Array", "Number", "String", "Boolean", "BigInt", "Reflect", "Intl", "Buffer"}
_NO_CALL = {"=>", "function", "class", "++", "--", "=", "await", "yield"}
Part = Sequence[Token]


def expected_from_before(test: str, own: frozenset[str]) -> str:
    """`own`: functions of the tests, which may change their arguments themselves. Text that is not read stays."""
    try:
        part = read_tokens(test)
        made = _rewritten(part, own)
    except (ValueError, RecursionError):
        return test
    return test if len(made) == len(part) else source_text(made)


def _rewritten(part: Part, own: frozenset[str]) -> list[Token]:
    made: list[Token] = []
    at = 0
    while at < len(part):
        called = part[at].kind == "name" and at + 1 < len(part) and part[at + 1].text == "("
        inner = _assertion(part, at, own) if called else None
        if inner is None:
            made.append(part[at])
            at += 1
            continue
        made += [part[at], part[at + 1], *inner]
        at = closing_bracket(part, at + 1)
    return made


def _assertion(part: Part, at: int, own: frozenset[str]) -> list[Token] | None:
    """What stands between the brackets of an assertion that has to be rewritten."""
    name = part[at].text
    if name not in (*DEEP, *SHALLOW, *CONDITIONS):
        return None
    first, *others = split_assert(part[at + 2 : closing_bracket(part, at + 1)], ",")
    if name in CONDITIONS:
        rest = [token for other in others for token in (_raw(", "), *other)]
        for operator in OPERATORS:
            sides = split_assert(first, operator)
            if len(sides) == 2 and not any(_binds(side) for side in sides):
                pair = _pair(sides[0], sides[1], own, deep=False)
                return pair and [_raw(f"(([$a, $b]) => $a {operator} $b)("), *pair, _raw(")"), *rest]
        return None
    pair = _pair(first, others[0], own, name in DEEP) if others else None
    return pair and [_raw("..."), *pair, *(token for other in others[1:] for token in (_raw(", "), *other))]


def _binds(side: Part) -> bool:
    """Whether an operator outside of all brackets binds less than a comparison."""
    return len(split_assert(side, *_BINDING)) > 1


def _pair(call: Part, expected: Part, own: frozenset[str], deep: bool) -> list[Token] | None:
    """`[call, expected]`; None if nothing has to be done."""
    shared = sorted(_names(call) & _names(expected))
    calls = {token.text for place, token in enumerate(call[:-1]) if call[place + 1].text == "("}
    plain = all(token.kind != "template" for token in (*call, *expected))
    nothing = not shared or not calls or calls & own or len(expected) == 1 or not plain
    if nothing or _NO_CALL & {token.text for token in call if token.text != "await"}:
        return None
    names = ", ".join(shared)
    return [
        *(_raw(f"$pair($copies({names}), "), *call, _raw(f", ({names}) => ("), *expected),
        _raw(f"), () => [{names}], {'true' if deep else 'false'})"),
    ]


def _names(part: Part) -> set[str]:
    """Variables: no properties, no functions that are called."""
    names = set()
    for at, token in enumerate(part):
        after = part[at + 1].text if at + 1 < len(part) else ""
        is_part = at > 0 and part[at - 1].text in (".", "?.")
        if token.kind == "name" and not is_part and after not in ("(", ":"):
            names.add(token.text)
    return names - WORDS - _CONSTANTS - _GLOBALS


def _raw(text: str) -> Token:
    return Token("raw", text)
