"""Verdicts, decided here: outside the box, from plain values, by evidence that a program cannot forge.

What the child says can only lower its own verdict or name a value; what the fork server says (how the run
ended, what it used) and what the host sees (a box that died) is evidence.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sandbox.containers.box import Box
from sandbox.containers.session import Session
from sandbox.judging import answers
from sandbox.judging.answers import Failure
from sandbox.judging.conversation import Conversation
from sandbox.judging.order import order
from sandbox.judging.plan import Plan
from sandbox.judging.stdout import first_difference
from sandbox.judging.tally import Judgement, Report
from sandbox.protocol.frames import PATIENCE
from sandbox.verdict import Outcome, Verdict, outcome_without_tests

GRACE = 1.5
"""A run may go on to this multiple of its CPU limit: if it ends there it was near, and is run again alone."""
LONGEST = 4 << 20
"""Characters of a program. As JSON each takes up to twelve bytes, and a frame has an end."""
TOO_LONG: Failure = (Verdict.COMPILE_ERROR, f"a program of more than {LONGEST} characters")


def judge(plan: Plan, program: str, box: Box, judge_box: Callable[[], Box], stop: bool) -> Judgement:
    """One program on one suite. Raises BoxLost where a box failed; that says nothing about the program.

    Of probes nothing is expected: each result's message is a digest of what came out, and none stops the run.
    """
    stop = stop and plan.suite != "probes"
    failure = TOO_LONG if len(program) > LONGEST else None
    if plan.language.compile and failure is None:
        program, failure = _compile(plan, program, box)
    if failure is not None:
        report = Report(plan, box)
        report.fail_all(failure)
        return report.judgement()
    if plan.cases:
        judgement = _judge_output(plan, program, box, stop)
    elif plan.checks:
        judgement = _judge_conversation(plan, program, box, judge_box(), stop)
    else:
        judgement = _judge_calls(plan, program, box, stop)
    return (None if judgement.loaded else _broken_preamble(plan, box)) or judgement


def _broken_preamble(plan: Plan, box: Box) -> Judgement | None:
    """Whether the problem's preamble fails without any program, so that this says nothing about one.

    It is run alone: in a program's own run the program could claim it.
    """
    if not plan.preamble:
        return None
    session = _begin(plan, "", box, interactive=not plan.language.run)
    claim = session.claim()
    done = session.stop()
    box.dirty |= not done.clean
    failure = answers.loading(claim) if claim else answers.ending(done, plan.limits) or answers.SILENT
    if failure is None:
        return None
    report = Report(plan, box)
    report.fail_all((Verdict.INFRASTRUCTURE_ERROR, f"the problem's own preamble fails: {failure[1]}"))
    return report.judgement()


def empty(plan: Plan) -> Outcome:
    """What a suite without tests says: nothing to show is fine, nothing to judge by is not."""
    if plan.suite == "probes":
        return Outcome(verdict=Verdict.ACCEPTED, message="no extra inputs can be made")
    return outcome_without_tests(plan.suite)


def _compile(plan: Plan, program: str, box: Box) -> tuple[str, Failure | None]:
    """What the runs execute, in base64: the host holds it and gives it back, and never looks at it."""
    language = plan.language
    body = {"program": program, "suffix": language.suffix, "command": language.compile}
    session = box.begin("compile", body, language.compile_limits)
    claim = session.claim() or {}
    done = session.finish()
    box.dirty |= not done.clean
    failure = answers.failed(claim) or answers.ending(done, language.compile_limits)
    if failure is None and not isinstance(claim.get("compiled"), str):
        failure = answers.MALFORMED
    return claim.get("compiled", ""), failure and (Verdict.COMPILE_ERROR, failure[1])


def _judge_calls(plan: Plan, program: str, box: Box, stop: bool) -> Judgement:
    """Calls go in, values come out and are compared here."""
    report = Report(plan, box, order(plan, program))
    calls = [plan.calls[index] for index in report.order]
    session = _begin(plan, program, box, calls=[call.source for call in calls])
    failure = _loading(session, report)
    for call in calls if failure is None else ():
        claim = session.claim()
        if claim is None:
            break
        probing = plan.suite == "probes"
        report.add(
            answers.observed(claim)
            if probing
            else answers.compared(claim, call.expected, plan.float_tol, plan.language.difference)
        )
        if stop and report.failed:
            report.account(session.stop())
            return report.judgement()
    if failure is not None:
        session.stop()
    report.close(session, failure)
    return report.judgement()


def _judge_conversation(plan: Plan, program: str, box: Box, judge_box: Box, stop: bool) -> Judgement:
    """The tests run in the judge box; what they ask of the program is carried over, plain values both ways."""
    session = _begin(plan, program, box, interactive=True)
    report = Report(plan, box, order(plan, program))
    failure = _loading(session, report)
    if failure is None and session.done is None:
        body: dict[str, Any] = {"preamble": plan.preamble, "setup": plan.setup, "entry_point": plan.entry_point}
        body |= {"tests": [plan.checks[index] for index in report.order], "tested": plan.tested}
        body |= {"stop": stop, "float_tol": plan.float_tol}
        limits = replace(plan.limits, wall_limit_s=PATIENCE * plan.limits.wall_limit_s)  # it waits for the program
        tests = judge_box.begin("judge", body, limits)
        try:
            failure = Conversation(session, tests, report).run()
        finally:
            judge_box.dirty |= not tests.stop().clean
    session.stop()
    report.close(session, failure)
    return report.judgement()


def _loading(session: Session, report: Report) -> Failure | None:
    """The first claim, which says whether the program is loaded, or why not."""
    claim = session.claim()
    report.loaded = claim is not None and claim.get("failed") != "compile"
    return answers.loading(claim)


def _judge_output(plan: Plan, program: str, box: Box, stop: bool) -> Judgement:
    """One run per input; the output decides, and the exit status must be 0."""
    report = Report(plan, box)
    for case in plan.cases:
        session = _begin(plan, program, box, stdin=case.input, relay_output=True)
        failure = None
        while (claim := session.claim()) is not None:
            failure = failure or answers.loading(claim)
        done = session.finish()
        report.account(done)
        failure = failure or answers.ending(done, plan.limits) or (answers.MALFORMED if session.unread else None)
        if plan.suite == "probes":
            failure = answers.printed(bytes(session.output), failure)
        elif failure is None:
            difference = first_difference(bytes(session.output), case.output, plan.float_tol)
            failure = None if difference is None else (Verdict.WRONG_ANSWER, difference)
        report.add(failure)
        if stop and report.failed:
            break
    return report.judgement()


def _begin(plan: Plan, program: str, box: Box, relay_output: bool = False, **what: Any) -> Session:
    body = {"program": program, "preamble": plan.preamble, "calls": [], "stdin": None, "interactive": False, **what}
    body["values_mib"] = plan.limits.values_mib
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
