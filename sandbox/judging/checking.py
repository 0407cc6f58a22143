"""What a checker says of an output: a row of the table on the host, a problem's own program in a judge box.

What a test does by itself makes it unjudged; what an output provokes is the program's. So where a checker that is not
shipped does not accept, it is asked about the expected output: if it does not accept that either, nothing is learnt.
"""

import base64
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from sandbox import rendering
from sandbox.checkers import CHECKERS
from sandbox.checkers.lines import shorten
from sandbox.containers.box import Box
from sandbox.errors import BoxLost
from sandbox.judging import answers
from sandbox.judging.endings import run_failure
from sandbox.judging.failure import Failure
from sandbox.judging.plan import JudgingPlan
from sandbox.judging.tally import STARVED
from sandbox.problem import Limits, StdioTest
from sandbox.verdict import Verdict

CHECKER = "checker"
"""The reason of what a checker of the problem's own says."""
CHECKER_LIMITS = Limits(cpu_limit_s=10.0, wall_limit_s=60.0)
"""Of a problem's own checker on one output, with the memory of the problem; more if the problem has more."""


def output_failure(plan: JudgingPlan, test: StdioTest, output: bytes, judge_box: Callable[[], Box]) -> Failure | None:
    """None if the output is right. Raises BoxLost."""
    try:
        output.decode("utf-8")
    except UnicodeDecodeError:
        return Failure(Verdict.WRONG_ANSWER, "the output is not UTF-8", "output")
    ask = partial(_program_says, plan, judge_box) if plan.checker_source else partial(_row_says, plan)
    wrong = ask(test, output)
    if wrong is None:
        return None
    shipped = not plan.checker_source and plan.checker in CHECKERS.values()  # none of these refuses what is expected
    itself = None if shipped else ask(test, test.output.encode("utf-8", "surrogatepass"))
    if itself is not None:
        return Failure(Verdict.UNJUDGED, f"the checker does not accept the expected output: {itself}", CHECKER)
    return Failure(Verdict.WRONG_ANSWER, wrong, "output" if shipped else CHECKER)


def _row_says(plan: JudgingPlan, test: StdioTest, output: bytes) -> str | None:
    try:
        wrong = plan.checker.difference(test, output, plan.float_tol)
    except Exception as error:  # a plug-in's
        wrong = f"the checker fails: {type(error).__name__}: {error}"
    return wrong and rendering.clean_text(wrong)


def _program_says(plan: JudgingPlan, judge_box: Callable[[], Box], test: StdioTest, output: bytes) -> str | None:
    """One run of the problem's own checker; two, if the first one waited to its wall limit."""
    texts = {"input": test.input.encode("utf-8", "surrogatepass"), "output": output}
    texts["expected"] = test.output.encode("utf-8", "surrogatepass")
    body = {name: base64.b64encode(text).decode() for name, text in texts.items()}  # as JSON a byte may take six
    limits = checker_limits(plan.limits)
    for _ in range(2):  # an output may have it wait: for a file, or as long as it says
        box = judge_box()
        session = box.begin("checker", {"source": plan.checker_source, **body}, limits)
        message = session.next_message() or {}
        done = session.finish()
        box.tainted |= not done.clean
        if done.end != "wall":
            break
        if done.delay_s > STARVED * done.wall_s:
            raise BoxLost("the checker got no core before its wall limit")
    if (failure := run_failure(done, limits)) is not None:
        return f"the checker fails: {failure.message}"
    if not isinstance(message.get("right"), bool):
        return f"the checker fails: {answers.raised_failure(message.get('failed')).message}"
    return None if message["right"] else f"the checker rejects {shorten(output)}"


def checker_limits(given: Limits) -> Limits:
    cpu_s, wall_s = CHECKER_LIMITS.cpu_limit_s, CHECKER_LIMITS.wall_limit_s
    return replace(given, cpu_limit_s=max(cpu_s, given.cpu_limit_s), wall_limit_s=max(wall_s, given.wall_limit_s))
