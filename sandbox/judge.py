"""Verdicts, decided here: outside the box, from plain values, by evidence that a program cannot forge.

What the child says can only lower its own verdict or name a value; what the fork server says (how the run
ended, what it used) and what the host sees (a box that died) is evidence.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from sandbox import claims
from sandbox.box import Box
from sandbox.claims import Failure
from sandbox.comparison import first_difference
from sandbox.errors import BoxLost
from sandbox.harness.frames import PATIENCE
from sandbox.plan import Plan
from sandbox.session import Done, Session
from sandbox.verdict import Outcome, TestResult, Verdict, first_failure

GRACE = 1.5
"""A run may go on to this multiple of its CPU limit: if it ends there it was near, and is run again alone."""
MAX_STEPS = 100_000
"""Values that the tests may take from a program's iterators: an endless one ends here, in seconds."""
TOO_LARGE: Failure = (Verdict.OUTPUT_LIMIT, "output limit: values too large to be passed on")
STARVED = 0.5
"""A wall timeout is the machine's doing where the run waited for a core for this share of the time."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """`doubtful`: the time limit may have been the machine's doing; judge again with nothing beside it.

    `starved`: it was, so that this says nothing about the program.
    """

    outcome: Outcome
    doubtful: bool = False
    starved: bool = False


def judge(plan: Plan, program: str, box: Box, judge_box: Callable[[], Box], stop: bool) -> Judgement:
    """One program on one suite. Raises BoxLost where a box failed; that says nothing about the program.

    Of probes nothing is expected: each result's message is a digest of what came out, and none stops the run.
    """
    stop = stop and plan.suite != "probes"
    if plan.language.compile:
        program, failure = _compile(plan, program, box)
        if failure is not None:
            report = Report(plan, box)
            report.fail_all(failure)
            return report.judgement()
    if plan.cases:
        return _judge_output(plan, program, box, stop)
    if plan.checks:
        return _judge_conversation(plan, program, box, judge_box(), stop)
    return _judge_calls(plan, program, box, stop)


def empty(plan: Plan) -> Outcome:
    """What a suite without tests says: nothing to show is fine, nothing to judge by is not."""
    if plan.suite == "probes":
        return Outcome(verdict=Verdict.ACCEPTED, message="no extra inputs can be made")
    if plan.suite == "public":
        return Outcome(verdict=Verdict.ACCEPTED, message="no public tests")
    return Outcome(verdict=Verdict.INFRASTRUCTURE_ERROR, message="no private tests: nothing can be accepted")


def _compile(plan: Plan, program: str, box: Box) -> tuple[str, Failure | None]:
    """What the runs execute, in base64: the host holds it and gives it back, and never looks at it."""
    language = plan.language
    body = {"program": program, "suffix": language.suffix, "command": language.compile}
    session = box.begin("compile", body, language.compile_limits)
    claim = session.claim() or {}
    done = session.finish()
    box.dirty |= not done.clean
    failure = claims.loading(claim) or claims.ending(done, language.compile_limits)
    if failure is None and not isinstance(claim.get("compiled"), str):
        failure = claims.MALFORMED
    return claim.get("compiled", ""), failure and (Verdict.COMPILE_ERROR, failure[1])


def _judge_calls(plan: Plan, program: str, box: Box, stop: bool) -> Judgement:
    """Calls go in, values come out and are compared here."""
    session = _begin(plan, program, box, calls=[call.source for call in plan.calls])
    report = Report(plan, box)
    failure = claims.loading(session.claim())
    for call in plan.calls if failure is None else ():
        claim = session.claim()
        if claim is None:
            break
        probing = plan.suite == "probes"
        report.add(
            claims.observed(claim)
            if probing
            else claims.compared(claim, call.expected, plan.float_tol, plan.language.difference)
        )
        if stop and report.failed:
            report.account(session.stop())
            return report.judgement()
    report.close(session, failure)
    return report.judgement()


def _judge_conversation(plan: Plan, program: str, box: Box, judge_box: Box, stop: bool) -> Judgement:
    """The tests run in the judge box; what they ask of the program is carried over, plain values both ways."""
    session = _begin(plan, program, box, interactive=True)
    report = Report(plan, box)
    failure = claims.loading(session.claim())
    if failure is None and session.done is None:
        body = {"preamble": plan.preamble, "setup": plan.setup, "entry_point": plan.entry_point, "tests": plan.checks}
        limits = replace(plan.limits, wall_limit_s=PATIENCE * plan.limits.wall_limit_s)  # it waits for the program
        tests = judge_box.begin("judge", {**body, "stop": stop, "float_tol": plan.float_tol}, limits)
        try:
            failure = _converse(session, tests, report)
        finally:
            judge_box.dirty |= not tests.stop().clean
        if failure is not None or report.complete or (stop and report.failed):
            session.stop()
    report.close(session, failure)
    return report.judgement()


def _converse(session: Session, tests: Session, report: "Report") -> Failure | None:
    """Until the tests are through or the program answers no more. A failure that no test reported."""
    steps = 0
    while (claim := tests.claim()) is not None:
        if "ask" in claim:
            steps += claim["ask"]["do"][0] == "next"
            if steps > MAX_STEPS:
                return Verdict.OUTPUT_LIMIT, f"output limit: {MAX_STEPS} values of iterators"
            if not session.send(claim["ask"]):
                return TOO_LARGE
            answer = session.claim()
            if answer is None:
                return None  # how the program's run ended will say why
            try:
                taken = tests.send(claims.plain_answer(answer))
            except ValueError:
                return claims.MALFORMED
            if not taken:
                return TOO_LARGE
        elif "test" in claim:
            report.add(claims.test_failure(claim["failure"], claim["test"], report.plan))
        elif "preamble" in claim:
            raise BoxLost(f"the problem's own preamble fails: {claims.test_failure(claim['preamble'], 0, report.plan)}")
    return claims.tests_ending(tests.finish(), tests.garbled, report.plan.limits)


def _judge_output(plan: Plan, program: str, box: Box, stop: bool) -> Judgement:
    """One run per input; the output decides, and the exit status must be 0."""
    report = Report(plan, box)
    for case in plan.cases:
        session = _begin(plan, program, box, stdin=case.input, relay_output=True)
        failure = None
        while (claim := session.claim()) is not None:
            failure = failure or claims.loading(claim)
        done = session.finish()
        report.account(done)
        failure = failure or claims.ending(done, plan.limits)
        if plan.suite == "probes":
            failure = claims.printed(bytes(session.output), failure)
        elif failure is None:
            difference = first_difference(bytes(session.output), case.output, plan.float_tol)
            failure = None if difference is None else (Verdict.WRONG_ANSWER, difference)
        report.add(failure)
        if stop and report.failed:
            break
    return report.judgement()


def _begin(plan: Plan, program: str, box: Box, relay_output: bool = False, **what: Any) -> Session:
    body = {"program": program, "preamble": plan.preamble, "calls": [], "stdin": None, "interactive": False, **what}
    limits = replace(plan.limits, cpu_limit_s=plan.limits.cpu_limit_s * GRACE)
    language = plan.language
    if not language.run:
        return box.begin("program", body, limits, relay_output)
    command = [part.replace("{memory_mib}", str(limits.memory_mib)) for part in language.run]
    body |= {
        "command": command,
        "suffix": language.suffix,
        "compiled": bool(language.compile),
        "name": plan.entry_point,
    }
    limits = replace(limits, memory_mib=limits.memory_mib + language.overhead_mib)
    return box.begin("foreign", body, limits, relay_output)


class Report:
    """Results as they come in, and what the runs behind them used."""

    def __init__(self, plan: Plan, box: Box) -> None:
        self.plan, self.box = plan, box
        self.results: list[TestResult] = []
        self.cpu_s = self.wall_s = self.peak_mib = 0.0
        self.doubtful = self.starved = False

    @property
    def failed(self) -> bool:
        return first_failure(self.results) is not None

    @property
    def complete(self) -> bool:
        return len(self.results) >= self.plan.size

    def add(self, failure: Failure | None) -> None:
        verdict, message = failure or (Verdict.ACCEPTED, "")
        self.results.append(TestResult(index=len(self.results), verdict=verdict, message=message))

    def account(self, done: Done) -> None:
        """Sum up a run; and note whether its time limit, if it hit one, may have been the machine's doing."""
        self.cpu_s += done.cpu_s
        self.wall_s += done.wall_s
        self.peak_mib = max(self.peak_mib, done.peak_mib)
        self.box.dirty |= not done.clean
        near = done.end != "cpu" and done.cpu_s > self.plan.limits.cpu_limit_s
        wall, busy_s = done.end == "wall", done.cpu_s + done.delay_s
        self.starved |= wall and done.delay_s > STARVED * done.wall_s
        self.doubtful |= near or (wall and (busy_s > STARVED * done.wall_s or bool(self.plan.checks)))

    def close(self, session: Session, failure: Failure | None) -> None:
        """The end of a function run: what went wrong goes to every test that has no result of its own."""
        done = session.finish()
        self.account(done)
        failure = failure or claims.ending(done, self.plan.limits)
        if session.garbled or (failure is None and not self.complete and not self.failed):
            failure = (Verdict.RUNTIME_ERROR, "the program ended itself before it had answered")
        if failure is None:
            return
        if self.complete and not self.failed:
            self.results.pop()  # right answers from a run that then broke its limits
        self.fail_all(failure)

    def fail_all(self, failure: Failure) -> None:
        """Every test without a result gets this one."""
        while not self.complete:
            self.add(failure)

    def judgement(self) -> Judgement:
        first = first_failure(self.results)
        outcome = Outcome(
            verdict=Verdict.ACCEPTED if first is None else first.verdict,
            tests=tuple(self.results),
            message="" if first is None else first.message,
            cpu_s=self.cpu_s,
            wall_s=self.wall_s,
            peak_memory_mib=self.peak_mib,
            box=self.box.name,
        )
        late = outcome.verdict is Verdict.TIME_LIMIT
        return Judgement(outcome, doubtful=late and self.doubtful, starved=late and self.starved)
