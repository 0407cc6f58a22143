"""Code blocks of a response as CommonMark has them: any fence, any tag, nested in lists, or never closed."""

import ast
import re
import textwrap
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from actors.prompting.effort import Effort

TAG = re.compile(r"[\w+#-]+")
FENCE = re.compile(r"`{3,}|~{3,}")
WORDS = re.compile(r"[A-Z][a-z']*(?:[.:!,]?$|[:,]? [A-Za-z`'\"(])")
"""A sentence, or what announces one ("Output:"). A statement that was cut does not begin so."""
MOST_CUTS = 50
"""Errors after which a text is given up."""


@dataclass(frozen=True, slots=True)
class CodeBlock:
    """A fenced block: the first word behind its fence, in lower case ("" if there is none), its text, and the line that
    opens it."""

    tag: str
    code: str
    opening: str


def code_blocks(response: str, python: bool = False) -> list[CodeBlock]:
    """The fenced blocks of a response, in their order. One that was never closed runs to the end.

    `python`: a block that does not parse ends at the first later fence with which it does, else before words that stand
    below it. So a fence may stand within a program's text, words behind a closing one, and a closing one may be
    misspelled. An answer of hundreds of such blocks is mended as far as its Effort goes.
    """
    lines = response.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    blocks: list[CodeBlock] = []
    effort, start = Effort(), 0 if FENCE.search(response) else len(lines)
    while start < len(lines):
        start = _append_blocks(blocks, lines, start, effort if python else None)
    return blocks


def _append_blocks(blocks: list[CodeBlock], lines: Sequence[str], start: int, effort: Effort | None) -> int:
    """The blocks from line `start` to the first that is mended; returns the line where to go on. No effort: as is."""
    for token in _block_tokens("\n".join(lines[start:])):
        if token.type != "fence" or token.map is None:
            continue
        found = TAG.search(token.info)
        tag, code = found[0].lower() if found else "", token.content
        opening = f"{token.markup}{token.info.rstrip()}"
        if effort and (is_python(code) or is_python(textwrap.dedent(code))):
            blocks.append(CodeBlock(tag, code if is_python(code) else textwrap.dedent(code), opening))
        elif effort and (mended := _mended(lines, start + token.map[0], effort)):
            code, rest = mended
            blocks.append(CodeBlock(tag, code, opening))
            effort.spend(sum(map(len, lines[rest:])))
            return rest
        else:
            blocks.append(CodeBlock(tag, _closed_late(code, token.markup), opening))
    return len(lines)


def _block_tokens(text: str) -> Iterator[Any]:
    """Of CommonMark's blocks; what stands within their lines is not looked into, which took most of the time."""
    from markdown_it import MarkdownIt  # of the extras; a base installation reads settings only

    yield from MarkdownIt("commonmark").disable("inline").parse(text)


def indented_blocks(response: str) -> list[str]:
    """Code that is told by its indentation alone."""
    if "    " not in response and "\t" not in response:
        return []
    lines = response.replace("\r\n", "\n").replace("\r", "\n")
    return [token.content for token in _block_tokens(lines) if token.type == "code_block"]


def is_python(code: str) -> bool:
    """Whether it parses."""
    return _error_line(code) is None


def python_before_words(lines: Sequence[str], effort: Effort) -> str | None:
    """The first lines, as many as parse, if all do or a blank one or a fence follows: then words begin.

    A text that was cut in a statement is none.
    """
    end = len(lines)
    for _ in range(MOST_CUTS):
        while end > 0 and not lines[end - 1].strip():
            end -= 1
        if end <= 0:
            return None
        code = "\n".join(lines[:end])
        if not effort.spend(len(code)):
            return None
        line = _error_line(code)
        if line is None:
            return code if end == len(lines) or _is_gap(lines[end]) else None
        end = min(end, line) - 1
    return None


def _is_gap(line: str) -> bool:
    return not line.strip() or FENCE.match(line.lstrip()) is not None or WORDS.match(line) is not None


def _error_line(code: str) -> int | None:
    """The line, from 1, at which a text is no Python; None if it is."""
    try:
        with warnings.catch_warnings(action="ignore"):
            ast.parse(code)
    except SyntaxError as error:
        return max(error.lineno or 1, 1)
    except (ValueError, RecursionError, MemoryError):
        return 1
    return None


def _closed_late(code: str, fence: str) -> str:
    """Without a closing fence that stands behind the last line of code instead of below it."""
    return code.rstrip().removesuffix(fence) if code.rstrip().endswith(fence) else code


def _mended(lines: Sequence[str], opening: int, effort: Effort) -> tuple[str, int] | None:
    """The text below an opening fence to the first fence, of any kind, with which it parses, else all of it, else its
    beginning before words; and the number of the next line."""
    indent = len(lines[opening]) - len(lines[opening].lstrip())
    body: list[str] = []
    for number, line in enumerate(lines[opening + 1 :], start=opening + 1):
        if found := FENCE.search(line):
            last = line[: found.start()].rstrip()
            code = "\n".join([*body, _unindented(last, indent)] if last else body)
            if not effort.spend(len(code)):
                return None
            if code.strip() and is_python(code):
                return code, number + 1
        body.append(_unindented(line, indent))
    code = python_before_words(body, effort) or ""
    return (code, opening + 2 + code.count("\n")) if code else None


def _unindented(line: str, indent: int) -> str:
    return line[min(indent, len(line) - len(line.lstrip())) :]
