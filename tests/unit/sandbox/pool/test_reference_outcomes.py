"""A program that is unjudged where the reference is judged has provoked it; nothing else is held against it."""

import pytest

from sandbox.pool.reference_outcomes import ReferenceOutcomes, judged_where, may_be_provoked, reject_provoked
from sandbox.verdict import Outcome, TestResult, Verdict

A, W, U, I = Verdict.ACCEPTED, Verdict.WRONG_ANSWER, Verdict.UNJUDGED, Verdict.INFRASTRUCTURE_ERROR  # noqa: E741


def outcome(*verdicts: Verdict, reason: str = "unjudgeable") -> Outcome:
    tests = tuple(TestResult(index=index, verdict=verdict) for index, verdict in enumerate(verdicts))
    verdict = next((one for one in verdicts if one is not A), A)
    return Outcome(verdict=verdict, tests=tests, reason=reason)


@pytest.mark.parametrize(
    ("program", "reference", "judged"),
    [
        ((A, U), (A, A), True),
        ((A, U), (A, W), True),  # wrong is judged, too
        ((A, U), (A, U), False),
        ((A, U), (U,), False),  # it was not run there
        ((U, U), (A, U), False),
        ((A, U), (), False),  # no test of it has a result
        ((), (A, A), False),
    ],
)
def test_where_the_reference_is_judged(
    program: tuple[Verdict, ...], reference: tuple[Verdict, ...], judged: bool
) -> None:
    assert judged_where(outcome(*program), outcome(*reference)) is judged


def test_unjudged_tests_become_rejections_and_others_stay() -> None:
    rejected = reject_provoked(outcome(A, U, W))
    assert [test.verdict for test in rejected.tests] == [A, Verdict.RUNTIME_ERROR, W]
    assert (rejected.verdict, rejected.reason, rejected.label) == (Verdict.RUNTIME_ERROR, "provoked", False)
    assert rejected.message.startswith("the reference solution is judged where this program is not")


def test_what_the_tests_meet_before_any_answer_is_not_provoked() -> None:
    assert may_be_provoked(outcome(U))
    assert not may_be_provoked(outcome(U, reason="tests_failed"))


def test_references_are_remembered_but_not_what_the_infrastructure_failed() -> None:
    known = ReferenceOutcomes(2)
    known.keep(("plan", "lost"), outcome(I))
    for name in ("a", "b", "c"):
        known.keep((name, "reference"), outcome(A))
    assert [known.get((name, "reference")) is not None for name in ("a", "b", "c")] == [False, True, True]
    assert known.get(("plan", "lost")) is None
