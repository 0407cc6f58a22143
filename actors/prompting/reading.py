"""Which part of a response is its program: the rules that prompt formats choose from."""

import re
from typing import Literal

from actors.prompting.code_blocks import CodeBlock, code_blocks, is_python, without_thoughts
from sandbox import languages
from sandbox.problem import FunctionTest, Problem

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

    Reasoning is no part of an answer. Blocks without a tag count if none has the language's. A response without any
    block is a program if it parses and defines what is tested.
    """
    answer = without_thoughts(response)
    if answer is None:
        return None
    blocks = _blocks(answer, problem)
    if not blocks:
        return _bare(answer, problem)
    language = languages.get_language(problem.language)
    tags = (*language.fences, *language.more_fences)
    ours = [block.code for block in blocks if block.tag in tags] or [block.code for block in blocks if not block.tag]
    programs = [code.strip("\n").rstrip() for code in ours if code.strip()]
    defining = [code for code in programs if _defines(code, problem)]
    found = defining or programs
    return found[-1] if found else None


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
    return code_blocks(answer, is_python if problem.language == "python" else None)


def _bare(answer: str, problem: Problem) -> str | None:
    """Code without a fence; of other languages than Python nobody can tell it from words."""
    code = answer.strip()
    names_it = problem.io == "stdio" or _defines(code, problem)
    return code if problem.language == "python" and code and is_python(code) and names_it else None


def _defines(code: str, problem: Problem) -> bool:
    """Whether it defines what the tests ask for, by its text, which may not parse; False if that has no known name."""
    language = languages.get_language(problem.language)
    tests = (*problem.public_tests, *problem.private_tests)
    name = problem.entry_point or language.tested_name([one.source for one in tests if isinstance(one, FunctionTest)])
    if name is None:
        return False
    declared = rf"(def|class|function\*?|const|let|var) +{re.escape(name)}\b"
    assigned = rf"{re.escape(name)}(: .*?)? *=[^=]"
    return re.search(rf"^\s*(export |default |async )*({declared}|{assigned})", code, re.MULTILINE) is not None
