"""The vocabulary of judging: what happened to one program on one list of tests.

Three kinds of outcome exist and they never mix: accepted; rejected, with a reason; infrastructure.
Infrastructure is never a label: it says that nothing was learnt about the program.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    ACCEPTED = "accepted"
    WRONG_ANSWER = "wrong_answer"
    RUNTIME_ERROR = "runtime_error"
    TIME_LIMIT = "time_limit"
    MEMORY_LIMIT = "memory_limit"
    OUTPUT_LIMIT = "output_limit"
    COMPILE_ERROR = "compile_error"
    INFRASTRUCTURE_ERROR = "infrastructure_error"

    @property
    def label(self) -> bool | None:
        """True or False where the program was judged, None where the infrastructure failed."""
        return None if self is Verdict.INFRASTRUCTURE_ERROR else self is Verdict.ACCEPTED


@dataclass(frozen=True, slots=True, kw_only=True)
class TestResult:
    """One test of one program. `message` is made outside the box, from plain values only."""

    __test__ = False  # not a pytest class

    index: int
    verdict: Verdict
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One program on one list of tests (a suite).

    `verdict` is accepted only if every test was accepted; otherwise it is the first failing test's.
    `tests` ends at the first failure where the caller asked to stop there.
    `cpu_s` sums over all processes of the run; `peak_memory_mib` is of the run, 0 where unknown.
    """

    verdict: Verdict
    tests: tuple[TestResult, ...] = ()
    message: str = ""
    cpu_s: float = 0.0
    wall_s: float = 0.0
    peak_memory_mib: float = 0.0
    box: str = ""
    attempt: int = 1

    @property
    def label(self) -> bool | None:
        return self.verdict.label

    @property
    def accepted(self) -> bool:
        return self.verdict is Verdict.ACCEPTED


def combine(public: Outcome | None, private: Outcome | None) -> bool | None:
    """The oracle reward R of a program: True iff public and private tests pass.

    A public rejection settles it, so private tests need not run then. None where infrastructure
    failed, or where a part that matters was not judged.
    """
    if public is None or public.label is None:
        return None
    if public.label is False:
        return False
    return None if private is None else private.label


def first_failure(tests: Sequence[TestResult]) -> TestResult | None:
    return next((test for test in tests if test.verdict is not Verdict.ACCEPTED), None)
