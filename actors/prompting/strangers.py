"""Which other problem's message a feedback style with `foreign` passes on, and what is said to have failed there.

The control of RLEF (Gehring et al. 2024, arXiv 2410.02089): if a model repairs its programs as well with it as with
their own messages, it does not read them. Nothing is run for it.
"""

from collections.abc import Sequence

from sandbox.errors import UserError
from sandbox.problem import Problem
from sandbox.verdict import Outcome, TestResult, Verdict


class StrangerError(UserError, ValueError):
    """No other problem has a public test, so there is no message of another problem."""


def strangers_of(problems: Sequence[Problem]) -> list[Problem]:
    """For each problem the next one in their order, from the first again after the last, that has public tests and
    shares neither id, text nor public tests with it.

    Raises StrangerError if there is none.
    """
    return [_stranger(place, problems) for place in range(len(problems))]


def _stranger(place: int, problems: Sequence[Problem]) -> Problem:
    own = problems[place]
    for other in (*problems[place + 1 :], *problems[:place]):
        same = (
            other.problem_id == own.problem_id
            or other.prompt.strip() == own.prompt.strip()
            or other.public_tests == own.public_tests
        )
        if other.public_tests and not same:
            return other
    raise StrangerError(
        f"of {len(problems)} problems no other one than {own.problem_id!r} has public tests of its own, of which "
        "dialogue.feedback could pass on the message; take more problems, or another feedback style"
    )


def failed_first_test(problem: Problem) -> Outcome:
    """The outcome of a wrong answer to the first public test; what came out is not said, as nothing did."""
    test = TestResult(index=0, verdict=Verdict.WRONG_ANSWER)
    return Outcome(verdict=Verdict.WRONG_ANSWER, tests=(test,))
