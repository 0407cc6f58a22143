"""Why a test was not accepted: a verdict, a text made on the host, and one word that reports can count."""

from typing import NamedTuple

from sandbox.verdict import Verdict


class Failure(NamedTuple):
    """`reason` and `line`: as those of `sandbox.verdict.TestResult`."""

    verdict: Verdict
    message: str
    reason: str = ""
    line: int | None = None


MALFORMED = Failure(Verdict.RUNTIME_ERROR, "malformed answer", "malformed")
SILENT = Failure(Verdict.RUNTIME_ERROR, "it ends the run", "exit")
NOTHING_ASKED = "nothing_asked"
NEVER_ASKED = Failure(Verdict.UNJUDGED, "the tests ask nothing of the program: nothing can be accepted", NOTHING_ASKED)
ALL_SKIPPED = Failure(Verdict.UNJUDGED, "every test is skipped: nothing can be accepted", NOTHING_ASKED)
