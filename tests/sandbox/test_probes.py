"""Programs that differ on extra inputs are told apart, by what really comes out of a box."""

import pytest

from actors.search.episode import Answer
from actors.search.selection import digest_behaviour, keep_best
from actors.search.selectors import SELECTORS
from sandbox.pool.pool import Pool
from sandbox.problem import FunctionTest, Problem, StdioTest
from sandbox.verdict import Verdict

MAXIMUM = Problem(
    problem_id="max",
    prompt="the largest",
    public_tests=(FunctionTest("assert largest([3, 1, 2]) == 3"),),
    private_tests=(FunctionTest("assert largest([1, 2]) == 2"),),
)
RIGHT = ["def largest(xs):\n    return max(xs)", "def largest(xs):\n    return sorted(xs)[-1]"]
WRONG = ["def largest(xs):\n    return xs[0]", "def largest(xs):\n    return 3"]


def test_programs_are_grouped_by_what_they_do(pool: Pool) -> None:
    outcomes = [pool.judge(MAXIMUM, program, "probes") for program in (*RIGHT, *WRONG)]
    assert {outcome.label for outcome in outcomes} <= {True, False}
    one, same, first, three = map(digest_behaviour, outcomes)
    assert one == same and len({one, first, three}) == 3


def test_agreement_finds_what_groups_of_equals_do_not(pool: Pool) -> None:
    """Three programs are right but for some odd inputs each; two are wrong alike, which is the largest group."""
    almost = [
        "def largest(xs):\n    return max(xs) if xs != [7, 1, 2] else 0",
        "def largest(xs):\n    return max(xs) if len(xs) != 2 else -1",
        "def largest(xs):\n    return max(xs) if len(xs) != 4 else -2",
    ]
    alike = ["def largest(xs):\n    return xs[-1] + 1", "def largest(xs):\n    return 1 + xs[-1]"]
    programs = [*alike, *almost]
    answers = [
        Answer(
            response=program,
            program=program,
            finish_reason="stop",
            tokens=1,
            public=pool.judge(MAXIMUM, program, "public"),
            behaviour=digest_behaviour(pool.judge(MAXIMUM, program, "probes")),
        )
        for program in programs
    ]
    assert all(answer.public and answer.public.accepted for answer in answers)
    assert len({answer.behaviour for answer in answers}) == 4
    assert keep_best(answers, SELECTORS["cluster"], 0, frozenset()) == [0]
    assert keep_best(answers, SELECTORS["mbr"], 0, frozenset()) == [2]


def test_errors_and_endless_loops_are_behaviours_too_and_stop_nothing(pool: Pool) -> None:
    raises = "def largest(xs):\n    if len(xs) != 3:\n        raise KeyError(xs)\n    return max(xs)"
    outcome = pool.judge(MAXIMUM, raises, "probes")
    assert {test.verdict for test in outcome.tests} == {Verdict.ACCEPTED, Verdict.RUNTIME_ERROR}
    assert {test.message for test in outcome.tests if test.verdict is Verdict.RUNTIME_ERROR} == {"KeyError"}
    assert len(outcome.tests) == 16
    loops = pool.judge(MAXIMUM, "def largest(xs):\n    while True: pass", "probes")
    assert {test.verdict for test in loops.tests} == {Verdict.TIME_LIMIT}


def test_programs_that_read_and_write_are_grouped_too(pool: Pool) -> None:
    problem = Problem(
        problem_id="sum", prompt="sum", io="stdio", public_tests=(StdioTest("3\n1 2 3\n", "6\n"),), private_tests=()
    )
    programs = [
        "input(); print(sum(map(int, input().split())))",
        "n = int(input())\nprint(sum(int(x) for x in input().split()), end='')",
        "print(6)",
    ]
    one, same, six = (digest_behaviour(pool.judge(problem, program, "probes")) for program in programs)
    assert one == same != six


@pytest.mark.parametrize("tests", [(), (FunctionTest("assert largest(Pair(1)) == 1"),)])
def test_without_literal_calls_there_is_nothing_to_run(pool: Pool, tests: tuple[FunctionTest, ...]) -> None:
    problem = Problem(problem_id="x", prompt="x", public_tests=tests, private_tests=(FunctionTest("assert True"),))
    outcome = pool.judge(problem, RIGHT[0], "probes")
    assert outcome.label is True and digest_behaviour(outcome) is None
