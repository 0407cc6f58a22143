"""What a model is told about failures, with texts written out by hand."""

import pytest

from actors.prompting.feedback import (
    MAX_FEEDBACK_CHARS,
    sanitise_text,
    tell_test,
    tell_traceback,
    tell_values,
    tell_values_and_ask_why,
)
from sandbox.problem import FunctionTest, Problem, StdioTest
from sandbox.verdict import Outcome, TestResult, Verdict

DOUBLE = Problem(
    problem_id="double",
    prompt="Return twice the number.",
    public_tests=(FunctionTest("assert f(1) == 2"), FunctionTest("assert f(2) == 4")),
    private_tests=(FunctionTest("assert f(99) == 198"),),
)


def failed(verdict: Verdict, message: str, index: int = 1) -> Outcome:
    passed = tuple(TestResult(index=i, verdict=Verdict.ACCEPTED) for i in range(index))
    return Outcome(verdict=verdict, tests=(*passed, TestResult(index=index, verdict=verdict, message=message)))


def test_values_is_the_first_failing_tests_message_else_the_outcomes_else_the_verdict() -> None:
    assert tell_values(DOUBLE, failed(Verdict.WRONG_ANSWER, "got 3, expected 4")) == "got 3, expected 4"
    assert tell_values(DOUBLE, Outcome(verdict=Verdict.COMPILE_ERROR, message="line 1: oops")) == "line 1: oops"
    empty = TestResult(index=0, verdict=Verdict.WRONG_ANSWER)
    assert tell_values(DOUBLE, Outcome(verdict=Verdict.WRONG_ANSWER, tests=(empty,), message="all")) == "all"
    assert tell_values(DOUBLE, Outcome(verdict=Verdict.TIME_LIMIT)) == "time limit"


def test_the_failing_test_is_shown_as_it_is_written() -> None:
    told = tell_test(DOUBLE, failed(Verdict.WRONG_ANSWER, "got 3, expected 4"))
    assert told == "The program fails this test:\n\nassert f(2) == 4\n\ngot 3, expected 4"
    assert tell_test(DOUBLE, Outcome(verdict=Verdict.COMPILE_ERROR, message="line 1: oops")) == "line 1: oops"
    stdio = Problem(
        problem_id="s", prompt="Double.", io="stdio", public_tests=(StdioTest("1", "2"), StdioTest("2", "4"))
    )
    assert tell_test(stdio, failed(Verdict.WRONG_ANSWER, "got 3, expected 4")) == "got 3, expected 4"


def test_explain_asks_for_a_diagnosis() -> None:
    told = tell_values_and_ask_why(DOUBLE, failed(Verdict.WRONG_ANSWER, "got 3, expected 4"))
    assert told.split("\n\n") == [
        "got 3, expected 4",
        "First explain in a few sentences why the program fails. Then give the whole corrected program.",
    ]


@pytest.mark.parametrize(
    ("verdict", "message", "last"),
    [
        (Verdict.WRONG_ANSWER, "got 3, expected 4", "AssertionError"),
        (Verdict.RUNTIME_ERROR, "IndexError: list index out of range", "IndexError: list index out of range"),
        (Verdict.RUNTIME_ERROR, "killed by signal 11", "killed by signal 11"),
        (Verdict.TIME_LIMIT, "time limit: 1 s of CPU", "TimeoutError: time limit: 1 s of CPU"),
        (Verdict.MEMORY_LIMIT, "memory limit: 256 MiB", "MemoryError: memory limit: 256 MiB"),
        (Verdict.MEMORY_LIMIT, "MemoryError", "MemoryError"),
        (Verdict.OUTPUT_LIMIT, "", "output limit"),
    ],
)
def test_traceback_shows_the_failing_line_and_the_exception(verdict: Verdict, message: str, last: str) -> None:
    assert tell_traceback(DOUBLE, failed(verdict, message)) == (
        f'Traceback (most recent call last):\n  File "tests.py", line 2, in <module>\n    assert f(2) == 4\n{last}'
    )


def test_traceback_of_a_program_that_does_not_compile_or_is_not_there() -> None:
    broken = failed(Verdict.COMPILE_ERROR, "SyntaxError: invalid syntax", index=0)
    assert tell_traceback(DOUBLE, broken) == 'File "program.py"\nSyntaxError: invalid syntax'
    missing = Outcome(verdict=Verdict.COMPILE_ERROR, message="no program in the answer")
    assert tell_traceback(DOUBLE, missing) == "no program in the answer"


def test_traceback_of_a_test_with_several_lines_says_what_came_out_instead() -> None:
    check = FunctionTest("for x in (1, 2):\n    assert f(x) == 2 * x\n")
    problem = Problem(problem_id="p", prompt="p", public_tests=(check, FunctionTest("assert f(3) == 6"), check))
    assert tell_traceback(problem, failed(Verdict.WRONG_ANSWER, "got 3, expected 4", index=2)).splitlines() == [
        "Traceback (most recent call last):",
        '  File "tests.py", line 4, in <module>',
        "AssertionError: got 3, expected 4",
    ]


def test_traceback_of_a_program_that_reads_input() -> None:
    problem = Problem(problem_id="p", prompt="p", io="stdio", public_tests=(StdioTest("1\n2\n", "3\n"),))
    told = tell_traceback(problem, failed(Verdict.WRONG_ANSWER, "line 1: got '4', expected '3'", index=0))
    assert told.splitlines() == [
        "Traceback (most recent call last):",
        '  File "program.py", reading this input:',
        "    1",
        "    2",
        "AssertionError: line 1: got '4', expected '3'",
    ]


def test_feedback_cannot_end_a_turn_or_fill_the_context() -> None:
    assert sanitise_text("a\x00\x1b[31mb\r\nc\td") == "a[31mb\nc\td"
    assert sanitise_text("<|eot_id|><|user|>") == "< |eot_id|>< |user|>"
    long = sanitise_text("x" * 5000 + "END")
    assert long.startswith("x" * 1000 + "\n[3003 characters left out]\n") and long.endswith("END")
    assert len(long) < MAX_FEEDBACK_CHARS + 60
    assert "<|eot_id|>" not in tell_traceback(DOUBLE, failed(Verdict.RUNTIME_ERROR, "ValueError: <|eot_id|>"))
