"""Verdicts, decided here: outside the box, from plain values, by evidence that a program cannot forge.

What the child says can only lower its own verdict or name a value; what the fork server says (how the run
ended, what it used) and what the host sees (a box that died) is evidence.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from sandbox.containers.box import Box
from sandbox.containers.run_report import RunReport
from sandbox.containers.session import BoxSession
from sandbox.judging import answers
from sandbox.judging.checking import output_failure
from sandbox.judging.compiled import CompiledProgram, CompiledPrograms, compiled_key
from sandbox.judging.conversation import Conversation, own_preamble
from sandbox.judging.endings import run_failure
from sandbox.judging.failure import MALFORMED, SILENT, Failure
from sandbox.judging.order import order_of_tests
from sandbox.judging.plan import JudgingPlan
from sandbox.judging.tally import Judgement, Tally
from sandbox.languages import Language
from sandbox.languages.language import as_written
from sandbox.problem import Limits
from sandbox.protocol.frames import PATIENCE
from sandbox.verdict import Outcome, Verdict, outcome_without_tests

GRACE = 1.5
"""A run may go on to this multiple of its CPU limit: if it ends there it was near, and is run again alone."""
LONGEST = 4 << 20
"""Characters of a program. As JSON each takes up to twelve bytes, and a frame has an end."""
TOO_LONG = Failure(Verdict.COMPILE_ERROR, f"a program of more than {LONGEST} characters", "too_long")


def judge_program(
    plan: JudgingPlan,
    program: str,
    box: Box,
    judge_box: Callable[[], Box],
    stop: bool,
    compiled: CompiledPrograms | None = None,
) -> Judgement:
    """One program on one suite. Raises BoxLost if a box failed; that says nothing about the program.

    Of probes nothing is expected: each result's message is a digest of what came out, and none stops the run.
    """
    stop = stop and plan.suite != "probes"
    if plan.unjudgeable:
        return _not_run(plan, box, Failure(Verdict.UNJUDGED, plan.unjudgeable, "unjudgeable"))
    if len(program) > LONGEST:
        return _not_run(plan, box, TOO_LONG)
    if plan.language.compile:
        made, done = _compiled(plan, program, box, compiled or CompiledPrograms())
        if made.failure is not None:
            judgement = _not_run(plan, box, made.failure)
            late = done is not None and done.end == "wall"  # it waited, and may have waited for the machine
            return replace(judgement, idle=late, starved=late and done is not None and done.delay_s > done.wall_s / 2)
        program = made.executable
    if plan.cases:
        judgement = _judge_output(plan, program, box, judge_box, stop)
    else:
        judgement = _judge_function(plan, program, box, judge_box, stop)
    return (None if judgement.loaded else _broken_preamble(plan, box)) or judgement


def _not_run(plan: JudgingPlan, box: Box, failure: Failure) -> Judgement:
    tally = Tally(plan, box)
    tally.fail_all(failure)
    return tally.judgement()


def _broken_preamble(plan: JudgingPlan, box: Box) -> Judgement | None:
    """Whether the problem's preamble fails without any program, so that this says nothing about one.

    It is run alone: in a program's own run the program could say so.
    """
    if not plan.preamble:
        return None
    session = _begin(plan, "", box, interactive=not plan.language.run)
    message = session.next_message()
    done = session.stop()
    box.tainted |= not done.clean
    failure = answers.loading_failure(message) if message else run_failure(done, plan.limits) or SILENT
    if failure is None:
        return None
    return _not_run(plan, box, own_preamble(failure))


def empty_suite_outcome(plan: JudgingPlan) -> Outcome:
    """What a suite without tests says: nothing to show is fine, nothing to judge by is not."""
    if plan.suite == "probes":
        return Outcome(verdict=Verdict.ACCEPTED, message="no extra inputs can be made")
    return outcome_without_tests(plan.suite)


def _compiled(
    plan: JudgingPlan, program: str, box: Box, known: CompiledPrograms
) -> tuple[CompiledProgram, RunReport | None]:
    """What the runs execute, and the compiler's run unless it was made before: the host holds it and gives it back, and
    never looks at it. A limit that the compiler met is not remembered."""
    key = compiled_key(box.image, plan.language.compile, program)
    if (made := known.find(key)) is not None:
        return made, None
    made, done = _compile(plan.language, program, box)
    if done.end == "exit" and done.code == 0:
        known.keep(key, made)
    return made, done


def _compile(language: Language, program: str, box: Box) -> tuple[CompiledProgram, RunReport]:
    body = {"program": program, "suffix": language.suffix, "command": language.compile}
    session = box.begin("compile", body, language.compile_limits)
    message = session.next_message() or {}
    done = session.finish()
    box.tainted |= not done.clean
    failure = answers.reported_failure(message) or run_failure(done, language.compile_limits)
    if failure is None and not isinstance(message.get("compiled"), str):
        failure = MALFORMED
    if failure is not None:
        return CompiledProgram("", failure._replace(verdict=Verdict.COMPILE_ERROR)), done
    return CompiledProgram(message["compiled"]), done


def _judge_function(plan: JudgingPlan, program: str, box: Box, judge_box: Callable[[], Box], stop: bool) -> Judgement:
    """All tests in one run, or each in one of its own."""
    order = order_of_tests(plan, program)

    def judge(tests: Sequence[int]) -> Judgement:
        tally = Tally(plan, box, tests)
        if plan.checks:
            return _judge_conversation(tally, program, judge_box(), stop)
        return _judge_calls(tally, program, stop)

    if not plan.runs_alone:
        return judge(order)
    whole = Tally(plan, box, order)
    for index in order:
        whole.take(judge([index]))
        if stop and whole.failed:
            break
    return whole.taken()


def _judge_calls(tally: Tally, program: str, stop: bool) -> Judgement:
    """Calls go in, values come out and are compared here."""
    plan, box = tally.plan, tally.box
    calls = [plan.calls[index] for index in tally.order]
    session = _begin(plan, program, box, calls=[call.source for call in calls])
    failure = _loading(session, tally)
    for call in calls if failure is None else ():
        message = session.next_message()
        if message is None:
            break
        tally.add(
            answers.observed_value(message)
            if plan.suite == "probes"
            else answers.value_failure(message, call.expected, plan.float_tol, plan.language.difference)
        )
        if stop and tally.failed:
            tally.account(session.stop())
            return tally.judgement()
    if failure is not None:
        session.stop()
    tally.close(session, failure)
    return tally.judgement()


def _judge_conversation(tally: Tally, program: str, judge_box: Box, stop: bool) -> Judgement:
    """The tests run in the judge box; what they ask of the program is carried over, plain values both ways."""
    plan = tally.plan
    session = _begin(plan, program, tally.box, interactive=True)
    failure = _loading(session, tally)
    if failure is None and session.done is None:
        body: dict[str, Any] = {"preamble": plan.preamble, "setup": plan.setup, "entry_point": plan.entry_point}
        body |= {"tests": _prepared(plan, [plan.checks[index] for index in tally.order]), "tested": plan.tested}
        body |= {"stop": stop, "float_tol": plan.float_tol, "surroundings": sorted(plan.surroundings)}
        tests = _begin_tests(plan, body, judge_box)
        try:
            failure = Conversation(session, tests, tally).run()
        finally:
            judge_box.tainted |= not tests.stop().clean
    session.stop()
    tally.close(session, failure)
    return tally.judgement()


def _prepared(plan: JudgingPlan, tests: list[str]) -> list[str]:
    assert plan.language.judge_box is not None  # or the plan would have no checks
    prepare = plan.language.judge_box.prepare
    if prepare is as_written:
        return tests
    common = plan.language.defined_names(plan.preamble) | plan.language.defined_names(plan.setup)
    return [prepare(test, common | plan.language.defined_names(test)) for test in tests]


def _begin_tests(plan: JudgingPlan, body: dict[str, Any], box: Box) -> BoxSession:
    limits = replace(plan.limits, wall_limit_s=PATIENCE * plan.limits.wall_limit_s)  # it waits for the program
    assert plan.language.judge_box is not None  # or the plan would have no checks
    command = _command(plan.language.judge_box.command, limits, box)
    if not command:
        return box.begin("judge", body, limits)
    limits = replace(limits, memory_mib=limits.memory_mib + plan.language.overhead_mib)
    return box.begin("foreign_judge", {**body, "command": command}, limits)


def _command(parts: tuple[str, ...], limits: Limits, box: Box) -> list[str]:
    command = list(parts)
    for name, value in {"{memory_mib}": limits.memory_mib, "{seed}": box.seed + 1}.items():
        command = [part.replace(name, str(value)) for part in command]
    return command


def _loading(session: BoxSession, tally: Tally) -> Failure | None:
    """The first message, which says whether the program is loaded, or why not."""
    message = session.next_message()
    tally.loaded = message is not None and message.get("failed") != "compile"
    return answers.loading_failure(message)


def _judge_output(plan: JudgingPlan, program: str, box: Box, judge_box: Callable[[], Box], stop: bool) -> Judgement:
    """One run per input; the output decides, and the exit status must be 0."""
    tally = Tally(plan, box)
    for case in plan.cases:
        session = _begin(plan, program, box, stdin=case.input, relay_output=True)
        failure = None
        while (message := session.next_message()) is not None:
            failure = failure or answers.loading_failure(message)
        done = session.finish()
        tally.account(done)
        failure = failure or run_failure(done, plan.limits) or (MALFORMED if session.unread else None)
        if plan.suite == "probes":
            failure = answers.observed_output(bytes(session.output), failure)
        elif failure is None:
            failure = output_failure(plan, case, bytes(session.output), judge_box)
        tally.add(failure)
        if stop and tally.failed:
            break
    return tally.judgement()


def _begin(plan: JudgingPlan, program: str, box: Box, relay_output: bool = False, **what: Any) -> BoxSession:
    body = {"program": program, "preamble": plan.preamble, "calls": [], "stdin": None, "interactive": False, **what}
    body |= {"values_mib": plan.limits.values_mib, "adapters": plan.adapters, "surroundings": sorted(plan.surroundings)}
    limits = replace(plan.limits, cpu_limit_s=plan.limits.cpu_limit_s * GRACE)
    language = plan.language
    if not language.run:
        return box.begin("program", body, limits, relay_output)
    body |= {
        "command": _command(language.run, limits, box),
        "suffix": language.suffix,
        "compiled": bool(language.compile),
        "stack_mib": language.stack_mib,
        "name": plan.entry_point,
    }
    limits = replace(limits, memory_mib=limits.memory_mib + language.overhead_mib)
    return box.begin("foreign", body, limits, relay_output)
