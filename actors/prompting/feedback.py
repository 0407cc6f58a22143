"""What the model is told about a program that failed its public tests. A style is a row of `FEEDBACK`.

A feedback is made from the problem and the outcome of its *public* tests; private results never come here.
"""

from collections.abc import Callable

from sandbox.problem import FunctionTest, Problem, StdioTest
from sandbox.verdict import Outcome, TestResult, Verdict, first_failure

PASSED = "The program passed the public tests."
"""Told only where an episode goes on after that (`stop = "all"` of a search plan)."""
MAX_FEEDBACK_CHARS = 2000  # a traceback fits; a program that prints megabytes does not fill the context
LIMITS = {Verdict.TIME_LIMIT: "TimeoutError", Verdict.MEMORY_LIMIT: "MemoryError"}

Feedback = Callable[[Problem, Outcome], str]


def values(problem: Problem, outcome: Outcome) -> str:
    """The judge's words: what came out and what was expected, or the exception."""
    return failure_text(outcome)


def explain(problem: Problem, outcome: Outcome) -> str:
    """The judge's words and the request for a diagnosis before the next program (self-debugging, 2304.05128)."""
    request = "First explain in a few sentences why the program fails. Then give the whole corrected program."
    return f"{failure_text(outcome)}\n\n{request}"


def traceback(problem: Problem, outcome: Outcome) -> str:
    """What a Python interpreter would print that ran the program and then its public tests, line by line.

    Frames inside the program are left out: the judge sees values and exceptions, not the program's stack.
    """
    failure = first_failure(outcome.tests)
    if failure is None:
        return failure_text(outcome)
    if failure.verdict is Verdict.COMPILE_ERROR:
        return sanitise(f'  File "program.py"\n{failure.message}')
    lines = ["Traceback (most recent call last):", *_frame(problem, failure), _error(problem, failure)]
    return sanitise("\n".join(lines))


FEEDBACK: dict[str, Feedback] = {"values": values, "traceback": traceback, "explain": explain}


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


def _source(problem: Problem, failure: TestResult) -> str:
    """The failing public test, where it is a line of Python; "" where the failing line is not known."""
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
    """The last line: a plain assert carries no message, so what came out is not said where the line is shown."""
    message = failure.message or str(failure.verdict).replace("_", " ")
    if failure.verdict is Verdict.WRONG_ANSWER:
        return "AssertionError" if _source(problem, failure) else f"AssertionError: {message}"
    name = LIMITS.get(failure.verdict)
    return message if name is None or message.startswith(name) else f"{name}: {message}"
