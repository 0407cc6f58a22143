"""Code blocks of a response as CommonMark has them: any fence, any tag, nested in lists, or never closed."""

import ast
import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass

TAG = re.compile(r"[\w+#-]+")
THOUGHTS = ("think", "thinking", "thought", "reasoning")
"""Elements in which reasoning models write what is no part of the answer."""
_OPEN = re.compile(rf"\s*<({'|'.join(THOUGHTS)})>", re.IGNORECASE)
_CLOSED = re.compile(rf"</({'|'.join(THOUGHTS)})>", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class CodeBlock:
    """A fenced block: the first word behind its fence, in lower case ("" if there is none), and its text."""

    tag: str
    code: str


def without_thoughts(response: str) -> str | None:
    """The response behind its reasoning, whose beginning may be in the prompt; None if it ends within it."""
    closed = list(_CLOSED.finditer(response))
    if closed and (_OPEN.match(response) or not re.search(rf"<{closed[0][1]}>", response, re.IGNORECASE)):
        return response[closed[0].end() if _OPEN.match(response) else closed[-1].end() :]
    return None if _OPEN.match(response) else response


def code_blocks(response: str, complete: Callable[[str], bool] | None = None) -> list[CodeBlock]:
    """The fenced blocks of a response, in their order. One that was never closed runs to the end.

    `complete` says whether a text is a whole one of the language: a block that is not ends at the first later fence
    with which it is. So a fence may stand within a program's text, and words behind a closing one.
    """
    from markdown_it import MarkdownIt  # of the extras; a base installation reads settings only

    lines = response.replace("\r\n", "\n").split("\n")
    blocks: list[CodeBlock] = []
    for token in MarkdownIt("commonmark").parse("\n".join(lines)):
        if token.type != "fence" or token.map is None:
            continue
        found = TAG.search(token.info)
        tag, code = found[0].lower() if found else "", _closed_late(token.content, token.markup)
        if complete and not complete(code) and (mended := _mended(lines, token.map[0], token.markup, complete)):
            code, rest = mended
            return [*blocks, CodeBlock(tag, code), *code_blocks("\n".join(lines[rest:]), complete)]
        blocks.append(CodeBlock(tag, code))
    return blocks


def is_python(code: str) -> bool:
    """Whether it parses."""
    try:
        with warnings.catch_warnings(action="ignore"):
            ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _closed_late(code: str, fence: str) -> str:
    """Without a closing fence that stands behind the last line of code instead of below it."""
    return code.rstrip().removesuffix(fence) if code.rstrip().endswith(fence) else code


def _mended(lines: list[str], opening: int, fence: str, complete: Callable[[str], bool]) -> tuple[str, int] | None:
    """The text below an opening fence to the first fence with which it is whole, and the number of the next line."""
    indent = len(lines[opening]) - len(lines[opening].lstrip())
    body: list[str] = []
    for number, line in enumerate(lines[opening + 1 :], start=opening + 1):
        if line.lstrip().startswith(fence) and body and complete(code := "\n".join(body)):
            return code, number + 1
        body.append(line[min(indent, len(line) - len(line.lstrip())) :])
    return None
