"""What reference solutions show of tests that could not be judged on a program: whether the program provoked it.

Only what a test does by itself may leave a program unjudged. A test that is judged on the reference can be judged.
"""

import threading
from collections import OrderedDict
from dataclasses import replace

from sandbox.judging.checking import CHECKER
from sandbox.judging.conversation import TESTS_FAILED
from sandbox.verdict import Outcome, TestResult, Verdict, first_failure

Key = tuple[str, str]
"""A plan's identity, and the reference."""


class ReferenceOutcomes:
    """Of each suite its reference's outcome on all tests, bounded. What the infrastructure failed is forgotten."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._known: OrderedDict[Key, Outcome] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Key) -> Outcome | None:
        with self._lock:
            return self._known.get(key)

    def keep(self, key: Key, outcome: Outcome) -> None:
        if outcome.verdict is Verdict.INFRASTRUCTURE_ERROR:
            return
        with self._lock:
            self._known[key] = outcome
            while len(self._known) > self._size:
                self._known.popitem(last=False)


def may_be_provoked(outcome: Outcome) -> bool:
    """Whether the program may have had a part in it: it had answered something before the tests failed. None in a
    checker that does not accept the expected output."""
    return outcome.reason not in (TESTS_FAILED, CHECKER)


def judged_where(outcome: Outcome, reference: Outcome) -> bool:
    """Whether the reference has a verdict on every test that is unjudged in `outcome`, and there is one."""
    judged = {test.index for test in reference.tests if test.verdict.label is not None}
    unjudged = {test.index for test in outcome.tests if test.verdict is Verdict.UNJUDGED}
    return bool(unjudged) and unjudged <= judged


def reject_provoked(outcome: Outcome) -> Outcome:
    """The unjudged tests as rejections."""
    tests = tuple(map(_rejected, outcome.tests))
    first = first_failure(tests)
    assert first is not None
    return replace(outcome, tests=tests, verdict=first.verdict, message=first.message, reason=first.reason)


def _rejected(test: TestResult) -> TestResult:
    if test.verdict is not Verdict.UNJUDGED:
        return test
    message = f"the reference solution is judged where this program is not: {test.message}"
    return replace(test, verdict=Verdict.RUNTIME_ERROR, message=message, reason="provoked")
