"""The checkers that are shipped, under the names that judges and test libraries have for them."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import partial
from itertools import zip_longest

from sandbox.checkers.checker import Checker
from sandbox.checkers.lines import filled_lines, first_difference, room_of, shorten
from sandbox.checkers.tokens import NUMBER, same_token
from sandbox.problem import StdioTest

TOKEN = re.compile(rb"[^ \t\n\r\x0b\x0c]+")
Parts = Callable[[bytes], Iterator[bytes]]


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def compare_tokens(test: StdioTest, output: bytes, tolerance: float | None) -> str | None:
    return first_difference(output, test.output, tolerance)


def compare_words(test: StdioTest, output: bytes, tolerance: float | None) -> str | None:
    """The same tokens, on whatever lines."""
    room = room_of(tolerance)
    pairs = zip_longest(_tokens(output), _tokens(_encoded(test.output)))
    for number, (token, right) in enumerate(pairs, start=1):
        if token is None:
            return f"token {number} is missing, expected {shorten(right)}"
        if right is None:
            return f"token {number} is too much: {shorten(token)}"
        if not same_token(token, right, room):
            return f"token {number}: got {shorten(token)}, expected {shorten(right)}"
    return None


def compare_bytes(test: StdioTest, output: bytes, tolerance: float | None) -> str | None:
    return None if output == _encoded(test.output) else "the output is not the same to the byte"


def ignore_case(test: StdioTest, output: bytes, tolerance: float | None) -> str | None:
    return first_difference(output.decode().casefold().encode(), test.output.casefold(), tolerance)


def compare_floats(least: float, test: StdioTest, output: bytes, tolerance: float | None) -> str | None:
    """With room for every number, integers too: the problem's, else the checker's own."""
    return first_difference(output, test.output, least if tolerance is None else tolerance)


def compare_unordered(parts: Parts, test: StdioTest, output: bytes, tolerance: float | None) -> str | None:
    """What is not there as it is written is paired in sorted order, numbers by their size."""
    texts, room = (output, _encoded(test.output)), room_of(tolerance)
    counts = [sum(1 for _ in parts(text)) for text in texts]  # first, as an output may have millions
    if counts[0] != counts[1]:
        return f"{counts[0]} of them, expected {counts[1]}"
    printed, wanted = (Counter(parts(text)) for text in texts)
    more, less = (sorted((a - b).elements(), key=_sort_key) for a, b in ((printed, wanted), (wanted, printed)))
    for part, right in zip(more, less, strict=True):
        tokens, rights = part.split(), right.split()
        pairs = zip(tokens, rights, strict=False)
        if len(tokens) != len(rights) or not all(same_token(*pair, room) for pair in pairs):
            return f"no match for {shorten(part)} among what is expected, as {shorten(right)}"
    return None


def _tokens(text: bytes) -> Iterator[bytes]:
    return (match[0] for match in TOKEN.finditer(text))


def _lines(text: bytes) -> Iterator[bytes]:
    return (b" ".join(line.split()) for line in filled_lines(text))


def _sort_key(line: bytes) -> list[tuple[int, Decimal, bytes]]:
    return [
        (0, Decimal(token.decode()), b"") if NUMBER.fullmatch(token) else (1, Decimal(0), token)
        for token in line.split()
    ]


ROWS = (
    Checker(
        name="tokens",
        description="The same tokens on the same lines; equal numbers are equal.",
        difference=compare_tokens,
    ),
    Checker(name="words", description="The same tokens, on whatever lines.", difference=compare_words),
    Checker(name="identical", description="The same text to the byte.", difference=compare_bytes),
    Checker(name="case_insensitive", description="As tokens, but case is free.", difference=ignore_case),
    Checker(
        name="floats",
        description="As tokens, with room for every number: float_tol, or 1e-6.",
        difference=partial(compare_floats, 1e-6),
    ),
    Checker(name="rcmp4", description="As floats, with 1e-4.", difference=partial(compare_floats, 1e-4)),
    Checker(name="rcmp9", description="As floats, with 1e-9.", difference=partial(compare_floats, 1e-9)),
    Checker(
        name="unordered_lines",
        description="The same lines in any order.",
        difference=partial(compare_unordered, _lines),
    ),
    Checker(
        name="unordered_tokens",
        description="The same tokens in any order.",
        difference=partial(compare_unordered, _tokens),
    ),
)
ALIASES = {
    **{"lcmp": "tokens", "standard": "tokens", "wcmp": "words", "ncmp": "words", "hcmp": "words"},
    **{"yesno": "case_insensitive", "nyesno": "case_insensitive", "rcmp6": "floats", "rcmp": "floats"},
    **{"sorted": "unordered_lines", "uncmp": "unordered_tokens"},
}
"""Other judges' names for them: testlib's, and DMOJ's `standard` and `sorted`."""
