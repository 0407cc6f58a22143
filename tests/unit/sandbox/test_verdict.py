"""Whether an answer is right is decided once, from its two suites, and an empty suite is never a free pass."""

import pytest

from sandbox.verdict import (
    Outcome,
    TestResult,
    Verdict,
    answer_is_right,
    first_failure,
    outcome_without_tests,
    settling_outcome,
    settling_verdict,
)

A, W, T = Verdict.ACCEPTED, Verdict.WRONG_ANSWER, Verdict.TIME_LIMIT
UNJUDGED, INFRA = Verdict.UNJUDGED, Verdict.INFRASTRUCTURE_ERROR


@pytest.mark.parametrize(
    ("public", "private", "settling", "right"),
    [
        (A, A, A, True),
        (A, W, W, False),
        (W, A, W, False),  # a public rejection settles it, whatever else was judged
        (T, W, T, False),
        (W, None, W, False),
        (A, None, None, None),
        (None, None, None, None),
        (None, A, None, None),  # the suite that comes first was not judged
        (INFRA, A, INFRA, None),
        (A, INFRA, INFRA, None),
        (A, UNJUDGED, UNJUDGED, None),
        (UNJUDGED, A, UNJUDGED, None),
        (W, UNJUDGED, W, False),
    ],
)
def test_public_tests_settle_it_unless_they_accept(
    public: Verdict | None, private: Verdict | None, settling: Verdict | None, right: bool | None
) -> None:
    outcomes = [None if verdict is None else Outcome(verdict=verdict) for verdict in (public, private)]
    assert settling_verdict(public, private) is settling
    settled = settling_outcome(*outcomes)
    assert (settled and settled.verdict) is settling
    assert answer_is_right(*outcomes) is right


def test_a_suite_without_tests() -> None:
    assert outcome_without_tests("public").accepted
    assert outcome_without_tests("private").verdict is UNJUDGED
    assert outcome_without_tests("private", public_suffices=True).accepted
    assert outcome_without_tests("private").label is None


def test_the_first_failure_is_the_first_that_is_not_accepted() -> None:
    tests = [TestResult(index=index, verdict=verdict) for index, verdict in enumerate((A, T, W))]
    assert first_failure(tests) is tests[1]
    assert first_failure(tests[:1]) is None
