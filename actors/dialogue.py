"""What model and executor say to each other: the first prompt, the program in an answer, the feedback.

A style is a row of `STYLES`. `bare` is for models that were trained on nothing but programs; `paper` follows
arXiv 2502.20380 (appendix C.1) for instruction-tuned models, with the instructions in words of our own.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from sandbox.problem import FunctionTest, Problem
from sandbox.verdict import Outcome, first_failure

NO_PROGRAM = "no program in the answer"
MAX_FEEDBACK_CHARS = 2000  # a traceback fits; a program that prints megabytes does not fill the context


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """How a dialogue is written.

    `program` returns None where the response holds no program; `feedback` takes a failed public outcome.
    """

    first_prompt: Callable[[Problem], str]
    program: Callable[[str, Problem], str | None]
    feedback: Callable[[Outcome], str]


def failure_text(outcome: Outcome) -> str:
    """What went wrong first, in the judge's words: the failing test's message, else the outcome's, else the verdict."""
    failure = first_failure(outcome.tests)
    message = (failure.message if failure else "") or outcome.message or str(outcome.verdict).replace("_", " ")
    return sanitise(message)


def sanitise(text: str) -> str:
    """Text of a program's making, safe to put into a chat: printable, bounded, and without chat markers.

    "<|" opens the special tokens of common chat templates; a program that prints one must not end our turn.
    """
    text = text.replace("\r\n", "\n").replace("<|", "< |")
    text = "".join(char for char in text if char in "\n\t" or char.isprintable())
    if len(text) > MAX_FEEDBACK_CHARS:
        cut = len(text) - MAX_FEEDBACK_CHARS
        half = MAX_FEEDBACK_CHARS // 2
        text = f"{text[:half]}\n[{cut} characters left out]\n{text[-half:]}"
    return text.strip()


def _bare_prompt(problem: Problem) -> str:
    return problem.prompt


def _bare_program(response: str, problem: Problem) -> str | None:
    return response.strip() or None


def fenced_program(response: str, problem: Problem) -> str | None:
    """The first code block tagged with the problem's language; one that was never closed runs to the end."""
    opening = re.search(rf"```{re.escape(problem.language)}[ \t]*\n", response)
    if opening is None:
        return None
    return response[opening.end() :].partition("```")[0].strip() or None


def _paper_prompt(problem: Problem) -> str:
    return _paper_stdio_prompt(problem) if problem.io == "stdio" else _paper_function_prompt(problem)


def _paper_function_prompt(problem: Problem) -> str:
    language = problem.language.capitalize()
    lines = [f"Write a {language} function implementation for the following prompt:", "", problem.prompt.strip(), ""]
    tests = [test.source.strip() for test in problem.public_tests if isinstance(test, FunctionTest)]
    if tests:
        shown = [problem.setup.strip(), *tests] if problem.setup.strip() else tests
        lines += ["Your code should satisfy these tests:", "", *shown, ""]
    return "\n".join([*lines, _instructions(problem.language)])


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


def _paper_stdio_prompt(problem: Problem) -> str:
    language = problem.language
    return (
        f"Provide a {language.capitalize()} solution for the following competitive programming question:\n\n"
        f"{problem.prompt.strip()}\n\n"
        "The program reads standard input and writes standard output.\n"
        f"Your code should be enclosed in triple backticks like so: ```{language}\nYOUR CODE HERE\n```\n"
        "Use the backticks for your code only."
    )


def _paper_feedback(outcome: Outcome) -> str:
    return f"Feedback: {failure_text(outcome)}"


STYLES: dict[str, Style] = {
    "bare": Style(first_prompt=_bare_prompt, program=_bare_program, feedback=failure_text),
    "paper": Style(first_prompt=_paper_prompt, program=fenced_program, feedback=_paper_feedback),
}


def style_named(name: str) -> Style:
    try:
        return STYLES[name]
    except KeyError:
        raise ValueError(f"no dialogue style {name!r}; there are {', '.join(STYLES)}") from None
