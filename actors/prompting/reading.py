"""Which part of a response is its program: the rules that prompt formats choose from."""

import re
from collections.abc import Iterable, Sequence
from typing import Literal

from actors.prompting.code_blocks import CodeBlock, code_blocks, indented_blocks, is_python
from actors.prompting.loose_code import loosely_fenced, unfenced
from actors.prompting.thoughts import without_thoughts
from sandbox import languages
from sandbox.problem import FunctionTest, Problem

NO_PROGRAM = "no program in the answer"
SHOWN = 40
"""Characters of a wrong opening in a message."""
MissingReason = Literal["cut", "empty", "reasoning", "no_fence", "wrong_fence"]


def whole_program(response: str, problem: Problem) -> str | None:
    return response.strip() or None


def first_fenced_program(response: str, problem: Problem) -> str | None:
    """The first block with three backticks and the language's name, as the paper's code reads it; one that was never
    closed runs to the end."""
    tags = "|".join(map(re.escape, languages.get_language(problem.language).fences))
    opening = re.search(rf"```(?:{tags})[ \t]*\n", response)
    if opening is None:
        return None
    return response[opening.end() :].partition("```")[0].strip() or None


def first_fenced_or_whole_program(response: str, problem: Problem) -> str | None:
    """As `first_fenced_program`; a response without any fence is a program as a whole."""
    return first_fenced_program(response, problem) if "```" in response else whole_program(response, problem)


def defining_program(response: str, problem: Problem) -> str | None:
    """The last code block that defines what is tested, else the last one; in any spelling of fence and tag.

    Reasoning is no part of an answer. Blocks without a tag count if none has the language's. Python is also found in
    blocks with any other tag, in indented ones and between words, if it parses and defines what is tested; a response
    that is a program as a whole is one, also if it reads standard input.
    """
    answer = without_thoughts(response)
    if answer is None:
        return None
    python = problem.language == "python"
    if python and _is_whole(answer, problem):
        return answer.strip()
    blocks = _blocks(answer, problem)
    programs = _trimmed(_tagged(blocks, problem))
    if found := _last([code for code in programs if _defines(code, problem)], python):
        return found
    return (_loose_python(answer, blocks, problem) if python else None) or (programs[-1] if programs else None)


def _tagged(blocks: Sequence[CodeBlock], problem: Problem) -> list[str]:
    """Those with a tag of the problem's language, else those without one."""
    language = languages.get_language(problem.language)
    tags = (*language.fences, *language.more_fences)
    return [block.code for block in blocks if block.tag in tags] or [block.code for block in blocks if not block.tag]


def _loose_python(answer: str, blocks: Sequence[CodeBlock], problem: Problem) -> str | None:
    """What defines the tested name and parses, in the next best place."""

    def wanted(code: str) -> bool:
        return _defines(code, problem)

    for found in (
        [code for code in _trimmed(block.code for block in blocks) if wanted(code) and is_python(code)],
        list(loosely_fenced(answer, wanted)),
        [code for code in _trimmed(indented_blocks(answer)) if wanted(code) and is_python(code)],
    ):
        if found:
            return found[-1]
    return unfenced(answer, wanted)


def _trimmed(codes: Iterable[str]) -> list[str]:
    return [code.strip("\n").rstrip() for code in codes if code.strip()]


def _last(programs: Sequence[str], python: bool) -> str | None:
    """The last one, of Python the last that parses if any does."""
    whole = [code for code in programs if is_python(code)] if python else []
    return (whole or programs)[-1] if programs else None


def missing_program(response: str, problem: Problem) -> str:
    """Why `defining_program` found none, for whoever wrote the response."""
    tag = languages.get_language(problem.language).fences[0]
    wanted = f"write the whole program into one code block that starts with ```{tag} and ends with ```"
    answer = without_thoughts(response)
    if answer is None:
        return f"the answer ends before its reasoning does; reason less, then {wanted}"
    blocks = [block for block in _blocks(answer, problem) if block.code.strip()]
    if blocks:
        return f"the code block of the answer is tagged {blocks[-1].tag!r}, expected {tag!r}; {wanted}"
    return f"there is no code block in the answer; {wanted}"


def missing_fenced_program(response: str, problem: Problem) -> str:
    """Why `first_fenced_program` found none, for whoever wrote the response."""
    opening = f"```{languages.get_language(problem.language).fences[0]}"
    blocks = code_blocks(response)
    if not blocks:
        return f"{NO_PROGRAM}: there is no code block, expected one that starts with {opening}"
    found = next((block.opening for block in blocks if block.opening != opening), None)
    if found is None:
        return f"{NO_PROGRAM}: there is nothing in its code block, which starts with {opening}"
    return f"{NO_PROGRAM}: its code block starts with {found[:SHOWN]}, expected {opening} alone"


def missing_reason(response: str, finish_reason: str) -> MissingReason:
    """Why a response in which no program was found holds none, whatever the rule that read it.

    cut          it ended at the longest answer allowed
    empty        nothing was said, or only empty code blocks
    reasoning    it ended by itself within its reasoning
    no_fence     words, or code, without a code block
    wrong_fence  there is a code block, but the rule does not take it: its tag, its spelling, or where it stands
    """
    if finish_reason == "length":
        return "cut"
    answer = without_thoughts(response)
    if answer is None:
        return "reasoning"
    blocks = code_blocks(answer)
    if any(block.code.strip() for block in blocks):
        return "wrong_fence"
    return "empty" if blocks or not answer.strip() else "no_fence"


def _blocks(answer: str, problem: Problem) -> list[CodeBlock]:
    return code_blocks(answer, python=problem.language == "python")


def _is_whole(answer: str, problem: Problem) -> bool:
    """Whether it is a Python program without words and fences."""
    code = answer.strip()
    return bool(code) and is_python(code) and (problem.io == "stdio" or _defines(code, problem))


def tested_name(problem: Problem) -> str | None:
    """What a program must define: the entry point, else what its tests ask for; None if that has no known name."""
    language = languages.get_language(problem.language)
    tests = (*problem.public_tests, *problem.private_tests)
    return problem.entry_point or language.tested_name([one.source for one in tests if isinstance(one, FunctionTest)])


def _defines(code: str, problem: Problem) -> bool:
    """Whether it defines what the tests ask for, by its text, which may not parse; False if that has no known name."""
    name = tested_name(problem)
    if name is None:
        return False
    imported = rf"(from \S+ )?import\b.*\b{re.escape(name)}\b"
    declared = rf"(def|class|function\*?|const|let|var) +{re.escape(name)}\b"
    assigned = rf"{re.escape(name)}(: .*?)? *=[^=]"
    return (
        re.search(rf"^\s*(export |default |async )*({declared}|{assigned}|{imported})", code, re.MULTILINE) is not None
    )
