"""What the model is told about a program that failed its public tests: a feedback style is a row of `FEEDBACK_STYLES`.

A feedback is made from the problem and the outcome of its *public* tests; private results never come here. `verdict`
and `foreign` are controls: what a repair gains by the mere fact of a failure, and by a message that says nothing of it.
"""

from collections.abc import Callable
from dataclasses import dataclass

from actors.prompting.prompts import PromptFormat
from sandbox.problem import FunctionTest, Problem, StdioTest
from sandbox.registry import Registry
from sandbox.verdict import Outcome, TestResult, Verdict, first_failure

PASSED = "The program passed the public tests."
"""Told only if an episode goes on after that (`stop = "all"` of a search plan)."""
FAILED = "The program fails the public tests."
MAX_FEEDBACK_CHARS = 2000  # a traceback fits; a program that prints megabytes does not fill the context
LIMITS = {Verdict.TIME_LIMIT: "TimeoutError", Verdict.MEMORY_LIMIT: "MemoryError"}


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedbackStyle:
    """One way to report a failure.

    tell         (problem, outcome of its public tests) -> the text, to be put into the prompt format's template
    description  one sentence for help texts
    needs_prose  the text asks for words beside the program, so answers must have room for them
    foreign      `tell` gets another problem of the split instead (actors.prompting.strangers), and that a wrong value
                 came out in its first public test
    """

    tell: Callable[[Problem, Outcome], str]
    description: str
    needs_prose: bool = False
    foreign: bool = False

    def fits(self, prompt_format: PromptFormat) -> bool:
        """Whether answers in this prompt format can do what the feedback asks for."""
        return prompt_format.allows_prose or not self.needs_prose


def tell_values(problem: Problem, outcome: Outcome) -> str:
    """The judge's words: what came out and what was expected, or the exception."""
    return failure_text(outcome)


def tell_verdict(problem: Problem, outcome: Outcome) -> str:
    """That it failed: neither where, nor how, nor what came out."""
    return FAILED


def tell_values_and_ask_why(problem: Problem, outcome: Outcome) -> str:
    """The judge's words and the request for a diagnosis before the next program (self-debugging, 2304.05128)."""
    request = "First explain in a few sentences why the program fails. Then give the whole corrected program."
    return f"{failure_text(outcome)}\n\n{request}"


def tell_test(problem: Problem, outcome: Outcome) -> str:
    """The failing public test as it is written, and the judge's words on it."""
    failure = first_failure(outcome.tests)
    test = problem.public_tests[failure.index] if failure else None
    source = test.source.strip() if isinstance(test, FunctionTest) else ""
    said = failure_text(outcome)
    return f"The program fails this test:\n\n{sanitise_text(source)}\n\n{said}" if source else said


def tell_traceback(problem: Problem, outcome: Outcome) -> str:
    """What a Python interpreter would print that ran the program and then its public tests, line by line.

    Frames inside the program are left out: the judge sees values and exceptions, not the program's stack.
    """
    failure = first_failure(outcome.tests)
    if failure is None:
        return failure_text(outcome)
    if failure.verdict is Verdict.COMPILE_ERROR:
        return sanitise_text(f'  File "program.py"\n{failure.message}')
    lines = ["Traceback (most recent call last):", *_frame(problem, failure), _error(problem, failure)]
    return sanitise_text("\n".join(lines))


FEEDBACK_STYLES: Registry[FeedbackStyle] = Registry(
    "feedback style",
    FeedbackStyle,
    {
        "values": FeedbackStyle(
            tell=tell_values,
            description="The value that came out and the expected one, or the exception.",
        ),
        "traceback": FeedbackStyle(
            tell=tell_traceback,
            description="A Python traceback with the failing public test.",
        ),
        "explain": FeedbackStyle(
            tell=tell_values_and_ask_why,
            description="As values, and a request to explain the failure before the next program.",
            needs_prose=True,
        ),
        "test": FeedbackStyle(
            tell=tell_test,
            description="The public test that fails as it is written, then as values.",
        ),
        "verdict": FeedbackStyle(
            tell=tell_verdict,
            description="That the public tests fail, and nothing else: a control.",
        ),
        "foreign": FeedbackStyle(
            tell=tell_traceback,
            description="As traceback, of another problem's first public test: a control.",
            foreign=True,
        ),
    },
)


def failure_text(outcome: Outcome) -> str:
    """What went wrong first, in the judge's words: the failing test's message, else the outcome's, else the verdict."""
    failure = first_failure(outcome.tests)
    message = (failure.message if failure else "") or outcome.message or str(outcome.verdict).replace("_", " ")
    return sanitise_text(message)


def sanitise_text(text: str) -> str:
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


def _source(problem: Problem, failure: TestResult) -> str:
    """The failing public test, if it is a line of Python; "" if the failing line is not known."""
    test = problem.public_tests[failure.index]
    source = test.source.strip() if isinstance(test, FunctionTest) else ""
    return "" if "\n" in source else source


def _frame(problem: Problem, failure: TestResult) -> list[str]:
    test = problem.public_tests[failure.index]
    if isinstance(test, StdioTest):
        return ['  File "program.py", reading this input:', *(f"    {line}" for line in test.input.splitlines())]
    earlier = (one.source for one in problem.public_tests[: failure.index] if isinstance(one, FunctionTest))
    number = 1 + sum(source.strip().count("\n") + 1 for source in earlier)
    source = _source(problem, failure)
    return [f'  File "tests.py", line {number}, in <module>', *([f"    {source}"] if source else [])]


def _error(problem: Problem, failure: TestResult) -> str:
    """The last line: a plain assert carries no message, so what came out is not said if the line is shown."""
    message = failure.message or str(failure.verdict).replace("_", " ")
    if failure.verdict is Verdict.WRONG_ANSWER:
        return "AssertionError" if _source(problem, failure) else f"AssertionError: {message}"
    name = LIMITS.get(failure.verdict)
    return message if name is None or message.startswith(name) else f"{name}: {message}"
