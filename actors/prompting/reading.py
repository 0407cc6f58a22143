"""Which part of a response is its program: the rules that prompt formats choose from."""

import re
from collections.abc import Sequence
from typing import Literal

from actors.prompting.code_blocks import CodeBlock, code_blocks
from actors.prompting.python_program import Wanted, python_program, trimmed
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

    Reasoning is no part of an answer. Blocks without a tag count if none has the language's. What else is Python, and
    which of several texts is the program, says `python_program`.
    """
    answer = without_thoughts(response)
    if answer is None:
        return None
    blocks = _blocks(answer, problem)
    tagged = _tagged(blocks, problem)
    if problem.language == "python":
        return python_program(answer, tagged, blocks, Wanted(tested_name(problem), problem.io == "stdio"))
    programs = trimmed(tagged)
    return next((code for code in reversed(programs) if _defines(code, problem)), programs[-1] if programs else None)


def _tagged(blocks: Sequence[CodeBlock], problem: Problem) -> list[str]:
    """Those with a tag of the problem's language, else those without one."""
    language = languages.get_language(problem.language)
    tags = (*language.fences, *language.more_fences)
    return [block.code for block in blocks if block.tag in tags] or [block.code for block in blocks if not block.tag]


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
    assigned = rf"{re.escape(name)}(?:: [^=\n]*+| *+)=[^=]"
    return (
        re.search(rf"^[ \t]*(export |default |async )*({declared}|{assigned}|{imported})", code, re.MULTILINE)
        is not None
    )
