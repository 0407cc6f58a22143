"""Python that a response holds outside of CommonMark's blocks: fences in the midst of a line or of HTML, code that is
indented less than its list, programs between words without any fence."""

import html
import re
import textwrap
from collections.abc import Callable, Iterator, Sequence

from actors.prompting.code_blocks import FENCE, python_before_words
from actors.prompting.effort import Effort

MOST_FENCES, MOST_STARTS = 40, 8
"""Bounds of the search, with its Effort."""
_INFO = re.compile(r"[^\n]*\n|[ \t]*[\w+#.-]*[ \t]")
_ODD = re.compile(
    r"</?(?:pre|code|answer|solution|program|python)(?:\s[^<>\n]*)?>"
    r"|^[ \t]*\[/?(?:PYTHON|CODE|ANSWER|SOLUTION|BEGIN|END|DONE)\]"
    r"|^[ \t]*\\(?:begin|end)\{\w+\}(?:\[[^\]\n]*\])?"
    r"|^[ \t*]*(?:'{3}|\"{3}|`{1,2}|‘{3}|’{3}|｀{3}|` ` `)[ \t]*(?:python|py)?3?[ \t*]*$",
    re.MULTILINE,
)
"""What models write in place of fences: HTML, marks in brackets, LaTeX, other quotes."""
_ENTITY = re.compile(r"&(?:lt|gt|amp|quot|#\d+);")
_PROMPT = re.compile(r"^[ \t]*(>>>|\.\.\.)( (.*))?$", re.MULTILINE)
_START = re.compile(r"(import|from|def|class|async|@)\b|@|\w+ *(:.*)?=[^=]")


def loosely_fenced(response: str, wanted: Callable[[str], bool]) -> Iterator[str]:
    """Of each fence the shortest text behind it to a later fence, or to the end, that is `wanted`, which
    says whether it parses."""
    fences = list(FENCE.finditer(response))[:MOST_FENCES]
    infos = [_INFO.match(response, fence.end()) for fence in fences]
    begins = [info.end() if info else fence.end() for fence, info in zip(fences, infos, strict=True)]
    yield from _between(response, begins, [fence.start() for fence in fences], wanted)


def oddly_fenced(response: str, wanted: Callable[[str], bool]) -> Iterator[str]:
    """As `loosely_fenced`, by what stands in place of fences. HTML may have spelled out its own signs."""
    marks = list(_ODD.finditer(response))[:MOST_FENCES]
    begins, ends = [mark.end() for mark in marks], [mark.start() for mark in marks]
    found = list(_between(response, begins, ends, wanted))
    spelled_out = [code for code in found if "<" not in code and _ENTITY.search(code)]  # `x &lt; 3` parses, too
    if not found or spelled_out:
        more = map(html.unescape, _between(response, begins, ends, lambda code: wanted(html.unescape(code))))
        found = [code for code in found if code not in spelled_out] + list(more)
    yield from found


def _between(response: str, begins: Sequence[int], ends: Sequence[int], wanted: Callable[[str], bool]) -> Iterator[str]:
    """Of each beginning the shortest text to a later end that is `wanted`."""
    effort = Effort()
    for number, begin in enumerate(begins):
        for end in [*ends[number + 1 :], len(response)]:
            if not effort.spend(end - begin):
                return
            code = textwrap.dedent(response[begin:end]).strip("\n").rstrip()
            if end > begin and wanted(code):
                yield code
                break


def typed_in(response: str) -> list[str]:
    """What stands behind the prompts of a session with an interpreter, together."""
    lines = [found[3] or "" for found in _PROMPT.finditer(response)]
    code = "\n".join(lines)
    return [code.rstrip()] if code.strip() else []


def unfenced(response: str, wanted: Callable[[str], bool]) -> str | None:
    """The first lines that begin with a statement, parse, end before a blank one and are `wanted`."""
    lines = response.split("\n")
    starts = [number for number, line in enumerate(lines) if _START.match(line)]
    effort = Effort()
    found = (python_before_words(lines[start:], effort) for start in starts[:MOST_STARTS])
    return next((code for code in found if code and wanted(code)), None)
