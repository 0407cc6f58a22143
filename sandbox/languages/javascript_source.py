"""JavaScript source on the host: tokens, and literals as values. Nothing is executed.

Enough of the grammar to take tests apart; what it does not know is a ValueError, never a guess.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from sandbox.languages import javascript_values as values

_TOKEN = re.compile(
    r"""
    (?P<space>(?:\s|//[^\n]*|/\*.*?\*/)+)
  | (?P<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\$]|\\.|\$(?!\{))*`)
  | (?P<number>0[xX][0-9a-fA-F]+n?|0[bB][01]+n?|0[oO][0-7]+n?|(?:[0-9][0-9_]*\.?[0-9_]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?n?)
  | (?P<name>[^\W\d][\w$]*|\$[\w$]*)
  | (?P<mark>=>|\.\.\.|===|!==|==|!=|<=|>=|&&|\|\||\?\?|\?\.|\+\+|--|\*\*|[{}()\[\];,.:?+\-*/%=<>!&|^~])
    """,
    re.VERBOSE | re.DOTALL,
)
_REGEXP = re.compile(r"/(?:[^/\\\n\[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/[a-z]*")
_ESCAPE = re.compile(r"\\(?:u\{([0-9a-fA-F]{1,6})\}|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(\r\n|.))", re.DOTALL)
_SINGLE = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0", "\n": "", "\r\n": ""}
_CLOSING = {"(": ")", "[": "]", "{": "}"}
MAX_DEPTH = 100
_WORDS = (
    "as async await case class const default delete do else export extends finally for from function get if import in"
    " instanceof let new of return set static throw try typeof var void while with yield"
)
WORDS = frozenset(_WORDS.split())
"""What may stand beside a name."""


@dataclass(frozen=True, slots=True)
class Token:
    """`kind`: string, template (a string with expressions in it), number, name, regexp or mark.

    `gap`: nothing, a space or the line ends before it.
    """

    kind: str
    text: str
    gap: str = ""


def read_tokens(source: str) -> list[Token]:
    """Tokens without comments. Raises ValueError for what is none."""
    found: list[Token] = []
    at, gap = 0, ""
    while at < len(source):
        match = _TOKEN.match(source, at)
        kind = "" if match is None else str(match.lastgroup)
        if kind == "mark" and source[at] == "/" and _operand_expected(found):
            match, kind = _REGEXP.match(source, at), "regexp"
        if match is None and source[at] == "`":
            end = _template_end(source, at)
            found.append(Token("template", source[at:end], gap))
            at, gap = end, ""
            continue
        if match is None:
            raise ValueError(f"not understood: {source[at : at + 40]!r}")
        if kind == "space":
            gap = "\n" * match.group().count("\n") or " "
        else:
            found.append(Token(kind, match.group(), gap))
            gap = ""
        at = match.end()
    return found


def _template_end(source: str, at: int) -> int:
    """Behind the template string that begins at `at`. Raises ValueError."""
    depth, place = 0, at + 1
    while place < len(source):
        if source[place] == "\\":
            place += 1
        elif depth == 0 and source[place] == "`":
            return place + 1
        elif source.startswith("${", place):
            depth, place = depth + 1, place + 1
        elif depth and source[place] in "{}":
            depth += 1 if source[place] == "{" else -1
        elif depth and source[place] == "`":
            place = _template_end(source, place) - 1
        place += 1
    raise ValueError("a template string that does not end")


def check_source(source: str) -> None:
    """Raises ValueError for what is certainly no JavaScript: two names in a row, a bracket that does not close.

    Whether the rest compiles is for Node.js to say.
    """
    try:
        part = read_tokens(source)
    except ValueError:
        return  # a slash that was taken for a division
    for left, right in pairwise(part):
        names = {left.kind, right.kind} <= {"name", "number"} and "\n" not in right.gap
        if names and WORDS.isdisjoint((left.text, right.text)):
            raise ValueError(f"not understood: {left.text} {right.text}")
    at = 0
    while at < len(part):
        at = closing_bracket(part, at) + 1 if part[at].kind == "mark" and part[at].text in "([{" else at + 1


def _operand_expected(before: Sequence[Token]) -> bool:
    """Whether a slash begins a regular expression here."""
    return not before or before[-1].text == "return" or (before[-1].kind == "mark" and before[-1].text not in ")]}")


def source_text(part: Sequence[Token]) -> str:
    """Source again, without comments: those of a test may hold its answer."""
    return "".join((token.gap if n else "") + token.text for n, token in enumerate(part))


def closing_bracket(part: Sequence[Token], at: int) -> int:
    """Where the bracket that opens at `at` closes. Raises ValueError."""
    open_ones: list[str] = []
    for place in range(at, len(part)):
        token = part[place]
        if token.kind != "mark":
            continue
        if token.text in _CLOSING:
            open_ones.append(_CLOSING[token.text])
        elif token.text in (")", "]", "}"):
            if not open_ones or open_ones.pop() != token.text:
                break
            if not open_ones:
                return place
    raise ValueError("a bracket that does not close")


def split_assert(part: Sequence[Token], *marks: str) -> list[list[Token]]:
    """The pieces between marks that stand outside of all brackets. Raises ValueError."""
    pieces: list[list[Token]] = [[]]
    at = 0
    while at < len(part):
        token = part[at]
        if token.kind == "mark" and token.text in _CLOSING:
            end = closing_bracket(part, at)
            pieces[-1] += part[at : end + 1]
            at = end + 1
            continue
        if token.kind == "mark" and token.text in marks:
            pieces.append([])
        else:
            pieces[-1].append(token)
        at += 1
    return pieces


def parse_literal(part: Sequence[Token]) -> Any:
    """The value of a literal, as `javascript_values` has them. Raises ValueError for anything else."""
    reader = _Literal(part)
    value = reader.value(0)
    if reader.at != len(part):
        raise ValueError("more than a literal")
    return value


class _Literal:
    def __init__(self, part: Sequence[Token]) -> None:
        self.part, self.at = part, 0

    def take(self, *wanted: str) -> Token:
        """The next token, one of `wanted` if any are given."""
        if self.at >= len(self.part) or (wanted and self.part[self.at].text not in wanted):
            raise ValueError("not a literal")
        self.at += 1
        return self.part[self.at - 1]

    def sees(self, wanted: str) -> bool:
        return self.at < len(self.part) and self.part[self.at].text == wanted

    def value(self, depth: int) -> Any:
        if depth > MAX_DEPTH:
            raise ValueError("a literal nested too deeply")
        token = self.take()
        if token.kind == "string":
            return parse_string(token.text)
        if token.kind == "number":
            return parse_number(token.text)
        if token.text in values.CONSTANTS:
            return values.CONSTANTS[token.text]
        if token.text in ("-", "+"):
            value = self.value(depth + 1)
            if type(value) is not float and not (type(value) is int and token.text == "-"):
                raise ValueError("a sign before something else than a number")
            return -value if token.text == "-" else value
        if token.text == "[":
            return list(self.items("]", depth))
        if token.text == "{":
            return dict(self.properties(depth))
        if token.text == "(":
            value = self.value(depth + 1)
            self.take(")")
            return value
        if token.text == "new":
            return self.built(depth)
        if token.text == "JSON":
            return self.json(depth)
        raise ValueError("not a literal")

    def items(self, end: str, depth: int) -> Iterator[Any]:
        while not self.sees(end):
            yield self.value(depth + 1)
            if not self.sees(end):
                self.take(",")
        self.take(end)

    def properties(self, depth: int) -> Iterator[tuple[str, Any]]:
        while not self.sees("}"):
            key = self.take()
            if key.kind == "mark" or key.kind == "regexp" or key.text == "__proto__":
                raise ValueError("not a property's name")
            name = parse_string(key.text) if key.kind == "string" else key.text
            if key.kind == "number":
                name = values.number_text(parse_number(key.text))
            self.take(":")
            yield name, self.value(depth + 1)
            if not self.sees("}"):
                self.take(",")
        self.take("}")

    def built(self, depth: int) -> Any:
        kind = self.take(*values.BUILT).text
        arguments = []
        if self.sees("("):
            self.take("(")
            arguments = list(self.items(")", depth))
        return values.build_value(kind, arguments)

    def json(self, depth: int) -> str | values.Undefined:
        self.take(".")
        self.take("stringify")
        self.take("(")
        value = self.value(depth + 1)
        self.take(")")
        return values.json_text(value)


def parse_number(source: str) -> float | int:
    """A Number as a float, a BigInt as an int. Raises ValueError."""
    plain = source.replace("_", "")
    digits = plain.removesuffix("n")
    if re.fullmatch(r"0[0-9]+", digits):
        raise ValueError(f"a number with a leading zero: {source}")
    if digits[:2].lower() in ("0x", "0b", "0o"):
        whole = int(digits, 0)
        return whole if plain.endswith("n") else float(whole)
    return int(digits) if plain.endswith("n") else float(digits)


def parse_string(source: str) -> str:
    """The text of a string literal; halves of a surrogate pair that stand together become its character."""

    def unescaped(match: re.Match[str]) -> str:
        code = match[1] or match[2] or match[3]
        if code:
            return chr(int(code, 16))
        if match[4] in tuple("123456789ux"):
            raise ValueError(f"not an escape: {match[0]}")
        return _SINGLE.get(match[4], match[4])

    return values.well_formed(_ESCAPE.sub(unescaped, source[1:-1]))
