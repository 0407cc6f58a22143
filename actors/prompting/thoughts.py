"""Reasoning that a model writes into its answer, and which is no part of it."""

import re

THOUGHTS = ("think", "thinking", "thought", "reasoning", "scratchpad", "seed:think")
"""Elements in which reasoning models write what is no part of the answer."""
_NAMES = "|".join(THOUGHTS)
_OPEN = re.compile(
    rf"^[ \t]*(?:[<\[◁]({_NAMES})(\s[^>\n]*)?[>\]▷]|<\|begin_of_thought\|>)", re.IGNORECASE | re.MULTILINE
)
_CLOSED = re.compile(rf"(?:[<\[◁]/({_NAMES})[>\]▷]|<\|end_of_thought\|>)(?!['\"])", re.IGNORECASE)
"""Not within quotation marks: there it is a program's text."""
MOST_THOUGHTS = 500


def without_thoughts(response: str) -> str | None:
    """The response without its reasoning, whose beginning may be in the prompt; None if it ends within it."""
    kept: list[str] = []
    rest = response
    first_open, first_closed = _OPEN.search(rest), _CLOSED.search(rest)
    if first_closed and not (first_open and first_open.start() < first_closed.start()):
        rest = rest[list(_CLOSED.finditer(rest))[-1 if first_open is None else 0].end() :]
    for _ in range(MOST_THOUGHTS):
        opened = _OPEN.search(rest)
        if opened is None or not _stands_in_words(rest[: opened.start()]):
            break
        closed = _CLOSED.search(rest, opened.end())
        if closed is None:
            return "".join([*kept, rest[: opened.start()]]) if _has_text([*kept, rest[: opened.start()]]) else None
        kept.append(rest[: opened.start()])
        rest = rest[closed.end() :]
    return "".join([*kept, rest])


def _stands_in_words(before: str) -> bool:
    """Whether what follows is outside of a fenced block."""
    return len(re.findall(r"^[ \t]*(?:`{3,}|~{3,})", before, re.MULTILINE)) % 2 == 0


def _has_text(parts: list[str]) -> bool:
    return any(re.search(r"`{3}|~{3}", part) for part in parts)
