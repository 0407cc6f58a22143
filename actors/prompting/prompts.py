"""The first prompt, and the form in which an answer carries its program: a prompt format is a row of `PROMPT_FORMATS`.

`bare` is for models that were trained on nothing but programs. `paper` and `release` follow arXiv 2502.20380
(appendix C.1) and its released code for instruction-tuned models, with the instructions in words of our own;
they differ in what they ask for at the end of the prompt. `instruct` is what small instruction-tuned models follow.
`evalplus` is how the published numbers of HumanEval+ and MBPP+ were made.
"""

import ast
import re
from collections.abc import Callable
from dataclasses import dataclass

from actors.prompting.begun_answer import UNBEGUN, BegunAnswer
from actors.prompting.code_blocks import is_python
from actors.prompting.evalplus import BEGUN, evalplus_answer, evalplus_program
from actors.prompting.reading import (
    defining_program,
    first_fenced_or_whole_program,
    first_fenced_program,
    missing_fenced_program,
    missing_program,
    whole_program,
)
from sandbox import languages
from sandbox.problem import FunctionTest, Problem
from sandbox.registry import Registry


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptFormat:
    """How prompts and answers are written.

    first_prompt       (problem, show_tests) -> the first user message; show_tests: with the public tests
    read_program       (response, problem) -> the program in a response; None if it holds none
    write_answer       (program, problem) -> a response that carries the program
    description        one sentence for help texts
    feedback_template  what is put around feedback; {} stands for it
    tell_missing       (response, problem) -> why read_program found none, for the model; None: the judge's words
    allows_prose       whether a response may hold more than code
    begun              how answers begin, before the model writes, and what ends them
    """

    first_prompt: Callable[[Problem, bool], str]
    read_program: Callable[[str, Problem], str | None]
    write_answer: Callable[[str, Problem], str]
    description: str
    feedback_template: str = "{}"
    tell_missing: Callable[[str, Problem], str] | None = None
    allows_prose: bool = True
    begun: BegunAnswer = UNBEGUN


def _whole_answer(program: str, problem: Problem) -> str:
    return program.strip()


def _fenced_answer(program: str, problem: Problem) -> str:
    return f"```{problem.language}\n{program.strip()}\n```"


def _safely_fenced_answer(program: str, problem: Problem) -> str:
    """In a fence that is longer than any in the program."""
    longest = max(map(len, re.findall("`+", program)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{problem.language}\n{program.strip()}\n{fence}"


def _bare_prompt(problem: Problem, show_tests: bool) -> str:
    return problem.prompt if show_tests else _without_tests(problem)


def _without_tests(problem: Problem) -> str:
    """The problem's text without lines that are a public test, spelled with or without `assert`."""
    tests = {test.source.strip() for test in problem.public_tests if isinstance(test, FunctionTest)}
    shown = tests | {test.removeprefix("assert ") for test in tests}
    return "\n".join(line for line in problem.prompt.split("\n") if not line.strip() or line.strip() not in shown)


def _prompt_ending(ending: Callable[[str], str]) -> Callable[[Problem, bool], str]:
    def first_prompt(problem: Problem, show_tests: bool) -> str:
        if problem.io == "stdio":
            return _stdio_prompt(problem)
        statement = problem.prompt if show_tests else _without_tests(problem)
        language = languages.get_language(problem.language).title
        lines = [f"Write a {language} function implementation for the following prompt:", "", statement.strip(), ""]
        lines += _shown_tests(problem) if show_tests else _shown_header(problem)
        return "\n".join([*lines, ending(problem.language)])

    return first_prompt


def _shown_tests(problem: Problem) -> list[str]:
    tests = [test.source.strip() for test in problem.public_tests if isinstance(test, FunctionTest)]
    if not tests:
        return []
    setup = [problem.setup.strip()] if problem.setup.strip() else []
    return ["Your code should satisfy these tests:", "", *setup, *tests, ""]


def _shown_header(problem: Problem) -> list[str]:
    """How the function is called, which the tests would have shown."""
    if not problem.entry_point:
        return []
    return ["Your code should define this function:", "", _header(problem) or problem.entry_point, ""]


def _header(problem: Problem) -> str | None:
    """`def name(arguments):` as the reference spells it; None if that cannot be told."""
    if problem.language != "python" or problem.reference is None:
        return None
    try:
        tree = ast.parse(problem.reference)
    except SyntaxError:
        return None
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.name == problem.entry_point:
            return f"def {node.name}({ast.unparse(node.args)}):"
    return None


def _instructions(language: str) -> str:
    return "\n".join(
        [
            "Please follow these instructions:",
            "- Think the problem through before you write code.",
            f"- Give your answer in a code block that starts with ```{language} and ends with ```.",
            "- Use a single code block: only the first one is read.",
            "- Leave tests out of the code block.",
            "- Put every import that the code needs into the code block.",
        ]
    )


def _code_only(language: str) -> str:
    return (
        "Answer with the code of the implementation and the imports it needs alone, without tests and explanations:\n"
        f"```{language}\ncode\n```"
    )


def _one_block(language: str) -> str:
    return f"Write the whole program, with the imports it needs and without tests, in one ```{language} code block."


def _stdio_prompt(problem: Problem) -> str:
    """The statement carries its examples itself, so there are no tests to show or to hide."""
    language = problem.language
    title = languages.get_language(language).title
    return (
        f"Provide a {title} solution for the following competitive programming question:\n\n"
        f"{problem.prompt.strip()}\n\n"
        "The program reads standard input and writes standard output.\n"
        f"Your code should be enclosed in triple backticks like so: ```{language}\nYOUR CODE HERE\n```\n"
        "Use the backticks for your code only."
    )


def _evalplus_prompt(problem: Problem, show_tests: bool) -> str:
    """EvalPlus' own words, on which published numbers depend. Prose becomes a docstring with the tests."""
    statement = (problem.prompt if show_tests else _without_tests(problem)).strip()
    if problem.io == "function" and problem.language == "python" and not is_python(statement):
        more = _shown_tests(problem)[2:-1] if show_tests else _shown_header(problem)[2:-1]
        statement = "\n".join(['"""', statement, *more, '"""'])
    title = languages.get_language(problem.language).title
    asked = (
        f"Please provide a self-contained {title} script that solves the following problem in a markdown code block:"
    )
    return f"{asked}\n```\n{statement}\n```\n"


PROMPT_FORMATS: Registry[PromptFormat] = Registry(
    "prompt format",
    PromptFormat,
    {
        "bare": PromptFormat(
            first_prompt=_bare_prompt,
            read_program=whole_program,
            write_answer=_whole_answer,
            description="The problem alone; an answer is a program as a whole.",
            allows_prose=False,
        ),
        "paper": PromptFormat(
            first_prompt=_prompt_ending(_instructions),
            read_program=first_fenced_program,
            write_answer=_fenced_answer,
            description="Instructions as in the paper; the program is the first code block of an answer.",
            feedback_template="Feedback: {}",
            tell_missing=missing_fenced_program,
        ),
        "instruct": PromptFormat(
            first_prompt=_prompt_ending(_one_block),
            read_program=defining_program,
            write_answer=_safely_fenced_answer,
            description="For instruction-tuned models: the whole program again in every answer, however it is fenced.",
            feedback_template="{}\n\nWrite the whole program again, corrected, in one code block.",
            tell_missing=missing_program,
        ),
        "release": PromptFormat(
            first_prompt=_prompt_ending(_code_only),
            read_program=first_fenced_or_whole_program,
            write_answer=_fenced_answer,
            description="As the paper's released code asks: code alone, in a code block or as the whole answer.",
            feedback_template="Feedback: {}",
            tell_missing=missing_fenced_program,
        ),
        "evalplus": PromptFormat(
            first_prompt=_evalplus_prompt,
            read_program=evalplus_program,
            write_answer=evalplus_answer,
            description="EvalPlus, for Python: answers are begun for the model, what the function needs is kept.",
            feedback_template="{}\n\nPlease provide the whole corrected script again in a markdown code block.",
            tell_missing=missing_program,
            begun=BEGUN,
        ),
    },
)
