"""Whose message a foreign feedback style passes on."""

import pytest

from actors.prompting.dialogue import build_dialogue
from actors.prompting.strangers import StrangerError, failed_first_test, strangers_of
from sandbox.problem import FunctionTest, Problem, StdioTest
from sandbox.verdict import Outcome, TestResult, Verdict


def problem(name: str, *tests: str, prompt: str = "") -> Problem:
    return Problem(problem_id=name, prompt=prompt or f"Do {name}.", public_tests=tuple(map(FunctionTest, tests)))


A, B, C = problem("a", "assert a(1) == 2"), problem("b", "assert b(3) == 4", "assert b(5) == 6"), problem("c")
OWN = Outcome(
    verdict=Verdict.RUNTIME_ERROR,
    tests=(TestResult(index=0, verdict=Verdict.RUNTIME_ERROR, message="KeyError: 'mine'"),),
    message="KeyError: 'mine'",
)


def test_it_is_the_next_problem_with_public_tests() -> None:
    assert strangers_of([A, B, C]) == [B, A, A]
    assert strangers_of([A, C, B]) == [B, B, A]


def test_it_is_never_the_same_problem_under_another_name_or_with_other_tests() -> None:
    again, retold = problem("a2", "assert a(1) == 2"), problem("a3", "assert a(7) == 8", prompt=A.prompt + "\n")
    assert strangers_of([A, again, retold, B]) == [B, retold, B, A]
    for own, other in zip([A, again, retold, B], strangers_of([A, again, retold, B]), strict=True):
        assert own.public_tests != other.public_tests and own.prompt.strip() != other.prompt.strip()
    twice = [A, A, B]
    assert strangers_of(twice) == [B, B, A]


@pytest.mark.parametrize("problems", [[A], [A, C], [A, problem("a2", "assert a(1) == 2")]])
def test_where_there_is_none_it_is_said(problems: list[Problem]) -> None:
    with pytest.raises(StrangerError, match=rf"of {len(problems)} problems no other one than 'a' has public tests"):
        strangers_of(problems)


def test_the_model_is_told_of_the_other_problem_and_not_of_its_own() -> None:
    foreign = build_dialogue("bare", "foreign")
    assert foreign.feedback(A, OWN, "answer", B) == (
        'Traceback (most recent call last):\n  File "tests.py", line 1, in <module>\n'
        "    assert b(3) == 4\nAssertionError"
    )
    echo = Problem(problem_id="e", prompt="Echo.", io="stdio", public_tests=(StdioTest("ping", "ping"),))
    assert foreign.feedback(A, OWN, "answer", echo) == (
        'Traceback (most recent call last):\n  File "program.py", reading this input:\n    ping\n'
        "AssertionError: wrong answer"
    )
    passed = Outcome(verdict=Verdict.ACCEPTED)
    assert foreign.feedback(A, passed, "answer", B) == "The program passed the public tests."


def test_the_bare_verdict_is_the_same_whatever_happened() -> None:
    bare = build_dialogue("bare", "verdict")
    told = {bare.feedback(each, outcome) for each in (A, B) for outcome in (OWN, failed_first_test(B))}
    assert told == {"The program fails the public tests."}


def test_that_there_is_no_program_is_told_as_always() -> None:
    missing = Outcome(verdict=Verdict.COMPILE_ERROR, message="no program in the answer", reason="no_program")
    for style in ("instruct", "paper"):
        told = {
            build_dialogue(style, name).feedback(A, missing, "Sorry.", B) for name in ("values", "verdict", "foreign")
        }
        assert len(told) == 1 and "b(3)" not in told.pop()
