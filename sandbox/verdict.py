"""The vocabulary of judging: what happened to one program on one list of tests.

Four kinds of outcome exist and they never mix: accepted; rejected, with a reason; unjudged, because of the tests alone;
infrastructure. The last two are never a label: they say that nothing was learnt about the program.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal


class Verdict(StrEnum):
    """What happened to a program: accepted, rejected for a reason, or neither.

    `unjudged`: the problem's own tests, set-up or preamble cannot be judged here, or fail by themselves; asking again
    says the same. `infrastructure_error`: the sandbox failed; asking again may help.
    """

    ACCEPTED = "accepted"
    WRONG_ANSWER = "wrong_answer"
    RUNTIME_ERROR = "runtime_error"
    TIME_LIMIT = "time_limit"
    MEMORY_LIMIT = "memory_limit"
    OUTPUT_LIMIT = "output_limit"
    COMPILE_ERROR = "compile_error"
    UNJUDGED = "unjudged"
    INFRASTRUCTURE_ERROR = "infrastructure_error"

    @property
    def label(self) -> bool | None:
        """True or False if the program was judged, None if its tests could not be, or the infrastructure failed."""
        return None if self in (Verdict.UNJUDGED, Verdict.INFRASTRUCTURE_ERROR) else self is Verdict.ACCEPTED


@dataclass(frozen=True, slots=True, kw_only=True)
class TestResult:
    """One test of one program. `message` is made outside the box, from plain values only.

    `reason`: one word that can be counted, made of ASCII letters, digits and underscores; "" if it was accepted. Of a
    runtime_error it is the exception's class, else one of ours in lower case (sandbox/README.md has them all).
    `line`: of a test with several lines the failing one, from 1, if the judge box ran it.
    """

    __test__ = False  # not a pytest class

    index: int
    verdict: Verdict
    message: str = ""
    reason: str = ""
    line: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One program on one list of tests (a suite).

    `verdict` is accepted only if every test was accepted; otherwise it is the first failing test's.
    `tests` ends at the first failure if the caller asked to stop there. `reason`: as that test's.
    `cpu_s` sums over all processes of the run; `peak_memory_mib` is of the run, 0 if unknown. `seed_dependent`: True
    if the program is accepted, and rejected where hashes and random numbers have another seed; None if not tried.
    """

    verdict: Verdict
    tests: tuple[TestResult, ...] = ()
    message: str = ""
    cpu_s: float = 0.0
    wall_s: float = 0.0
    peak_memory_mib: float = 0.0
    box: str = ""
    attempt: int = 1
    seed_dependent: bool | None = None
    reason: str = ""

    @property
    def label(self) -> bool | None:
        """As the verdict's."""
        return self.verdict.label

    @property
    def accepted(self) -> bool:
        return self.verdict is Verdict.ACCEPTED


def settling_verdict(public: Verdict | None, private: Verdict | None) -> Verdict | None:
    """What settles an answer: its public verdict unless that is accepted, then its private one. None: not judged."""
    return private if public is Verdict.ACCEPTED else public


def settling_outcome(public: Outcome | None, private: Outcome | None) -> Outcome | None:
    """As `settling_verdict`, of whole outcomes."""
    return private if public is not None and public.accepted else public


def answer_is_right(public: Outcome | None, private: Outcome | None) -> bool | None:
    """The oracle reward R of a program: True iff it passes its public and its private tests.

    A public rejection settles it, so private tests need not run then. None if a suite that matters was not judged:
    not run, unjudged, or lost by the infrastructure.
    """
    settling = settling_outcome(public, private)
    return None if settling is None else settling.label


def outcome_without_tests(suite: Literal["public", "private"], *, public_suffices: bool = False) -> Outcome:
    """What a suite without tests says of every program.

    An empty public suite is accepted: a problem may show nothing. An empty private one is no verdict, because nothing
    says that the program is right; only a caller that has made every test of the problem public may say
    `public_suffices`, and then what the public tests say is the verdict.
    """
    if suite == "public":
        return Outcome(verdict=Verdict.ACCEPTED, message="no public tests")
    if public_suffices:
        return Outcome(verdict=Verdict.ACCEPTED, message="no private tests: the public ones are all there are")
    return Outcome(verdict=Verdict.UNJUDGED, message="no private tests: nothing can be accepted", reason="no_tests")


def is_seed_dependent(public: Outcome | None, private: Outcome | None) -> bool | None:
    """Whether an accepted program is rejected under the second seed. None if it is not accepted, or none was tried."""
    if not answer_is_right(public, private):
        return None
    told = [one.seed_dependent for one in (public, private) if one is not None and one.seed_dependent is not None]
    return any(told) if told else None


def first_failure(tests: Sequence[TestResult]) -> TestResult | None:
    """The first test that was not accepted, None if all were."""
    return next((test for test in tests if test.verdict is not Verdict.ACCEPTED), None)
