"""Why a test was not accepted: a verdict and a text made on the host."""

from sandbox.verdict import Verdict

Failure = tuple[Verdict, str]
MALFORMED: Failure = (Verdict.RUNTIME_ERROR, "malformed answer")
SILENT: Failure = (Verdict.RUNTIME_ERROR, "it ends the run")
NEVER_ASKED: Failure = (Verdict.UNJUDGED, "the tests ask nothing of the program: nothing can be accepted")
