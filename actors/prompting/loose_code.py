"""Python that a response holds outside of CommonMark's blocks: fences in the midst of a line or of HTML, code that is
indented less than its list, programs between words without any fence."""

import re
import textwrap
from collections.abc import Callable, Iterator

from actors.prompting.code_blocks import FENCE, is_python, python_before_words

MOST_FENCES, MOST_STARTS = 40, 8
"""Bounds of the search, so that no answer takes long to read."""
_INFO = re.compile(r"[^\n]*\n|[ \t]*[\w+#.-]*[ \t]")
_START = re.compile(r"(import|from|def|class|async|@)\b|@|\w+ *(:.*)?=[^=]")


def loosely_fenced(response: str, wanted: Callable[[str], bool]) -> Iterator[str]:
    """Of each fence the shortest text behind it to a later fence, or to the end, that parses and is `wanted`."""
    fences = list(FENCE.finditer(response))[:MOST_FENCES]
    ends = [*(fence.start() for fence in fences), len(response)]
    for number, fence in enumerate(fences):
        info = _INFO.match(response, fence.end())
        begin = info.end() if info else fence.end()
        for end in ends[number + 1 :]:
            code = textwrap.dedent(response[begin:end]).strip("\n").rstrip()
            if end > begin and wanted(code) and is_python(code):
                yield code
                break


def unfenced(response: str, wanted: Callable[[str], bool]) -> str | None:
    """The first lines that begin with a statement, parse, end before a blank one and are `wanted`."""
    lines = response.split("\n")
    starts = [number for number, line in enumerate(lines) if _START.match(line)]
    found = (python_before_words(lines[start:]) for start in starts[:MOST_STARTS])
    return next((code for code in found if code and wanted(code)), None)
