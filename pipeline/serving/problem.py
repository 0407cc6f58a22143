"""What is asked, as a problem with public tests: read as problems of a file are, within the server's limits."""

from dataclasses import replace
from typing import Any

from pipeline.serving.api_error import ApiError
from pipeline.serving.limits import ServingLimits
from pipeline.serving.request import ChatRequest, SearchOptions, StdioPair
from sandbox.errors import ProblemError
from sandbox.languages import LANGUAGES
from sandbox.problem import Limits, Problem
from sandbox.problems.jsonl import parse_problem
from sandbox.problems.judgeable import unjudgeable_reason
from sandbox.problems.rows import ProblemRow, is_text

NAME = "request"
"""Of every problem: answers to equal requests with equal seeds are equal."""


def read_problem(request: ChatRequest, limits: ServingLimits) -> Problem:
    """Raises ApiError for tests that cannot be read or judged, or for more than the limits allow."""
    options, prompt = request.mucode, request.prompt
    if not prompt.strip() or not is_text(prompt):
        raise ApiError(400, "messages: expected a text that says what to write", parameter="messages")
    if len(prompt) > limits.prompt_characters:
        raise ApiError(
            413, f"a prompt of {len(prompt)} characters; at most {limits.prompt_characters}", parameter="messages"
        )
    _require_few(options, limits)
    if options.language not in LANGUAGES:  # before anything could import a package of this name
        raise ApiError(400, f"mucode.language: expected one of {', '.join(LANGUAGES)}", parameter="mucode.language")
    if not options.tests:
        return Problem(problem_id=NAME, prompt=prompt, language=options.language, entry_point=_entry(options))
    return _with_limits(_parsed(prompt, options), limits)


def _require_few(options: SearchOptions, limits: ServingLimits) -> None:
    if len(options.tests) > limits.tests:
        raise ApiError(413, f"{len(options.tests)} tests; at most {limits.tests}", parameter="mucode.tests")
    longest = max(map(_length, options.tests), default=0)
    if longest > limits.test_characters:
        raise ApiError(
            413, f"a test of {longest} characters; at most {limits.test_characters}", parameter="mucode.tests"
        )


def _length(test: str | StdioPair) -> int:
    return len(test) if isinstance(test, str) else len(test.input) + len(test.output)


def _entry(options: SearchOptions) -> str | None:
    if options.entry_point is not None and not options.entry_point.isidentifier():
        raise ApiError(400, "mucode.entry_point: expected the name of a function", parameter="mucode.entry_point")
    return options.entry_point


def _parsed(prompt: str, options: SearchOptions) -> Problem:
    if len({type(test) for test in options.tests}) > 1:
        raise ApiError(
            400,
            "mucode.tests: expected statements, or objects with input and output, not both",
            parameter="mucode.tests",
        )
    stdio = isinstance(options.tests[0], StdioPair)
    tests = [test if isinstance(test, str) else test.model_dump() for test in options.tests]
    fields: dict[str, Any] = {
        "task_id": NAME,
        "prompt": prompt,
        "language": options.language,
        "io": "stdio" if stdio else "function",
        "public_tests": tests,
        "private_tests": tests,
        "entry_point": _entry(options),
    }
    try:
        problem = replace(parse_problem(ProblemRow(fields, "mucode.tests")), private_tests=())
        reason = unjudgeable_reason(problem)
    except (ProblemError, RecursionError, MemoryError, ValueError) as error:
        raise ApiError(400, str(error)[:500] or type(error).__name__, parameter="mucode.tests") from None
    if reason:
        raise ApiError(400, f"mucode.tests: {reason}"[:500], parameter="mucode.tests")
    return problem


def _with_limits(problem: Problem, limits: ServingLimits) -> Problem:
    return replace(problem, limits=Limits(cpu_limit_s=limits.cpu_limit_s, wall_limit_s=limits.wall_limit_s))
