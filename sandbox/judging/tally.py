"""What one judgement adds up to: a result per test, what was used, and whether the machine is to be doubted."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sandbox.containers.box import Box
from sandbox.containers.run_report import RunReport
from sandbox.containers.session import BoxSession
from sandbox.judging.endings import run_failure
from sandbox.judging.failure import MALFORMED, NOTHING_ASKED, Failure
from sandbox.judging.plan import JudgingPlan
from sandbox.verdict import Outcome, TestResult, Verdict, first_failure

STARVED = 0.5
"""A wall timeout is the machine's doing if the run waited for a core for this share of the time, and had one for
less than this: processes of one run that wait for each other are no load of the machine."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """`doubtful`: the time limit may have been the machine's doing; judge again with nothing beside it.

    `idle`: it met the wall limit and hardly computed; judge again, but no core would have helped it.
    `starved`: it was the machine, so that this says nothing about the program.
    `loaded`: the program's text was reached. Else the preamble before it may have been what failed.
    """

    outcome: Outcome
    doubtful: bool = False
    idle: bool = False
    starved: bool = False
    loaded: bool = True


class Tally:
    """Results as they come in, in the order of the run, and what the runs behind them used.

    `order`: the numbers of the tests that are run, of all if it is None.
    """

    def __init__(self, plan: JudgingPlan, box: Box, order: Sequence[int] | None = None) -> None:
        self.plan, self.box = plan, box
        self.order = range(plan.size) if order is None else order
        self.results: list[TestResult] = []
        self.cpu_s = self.wall_s = self.peak_mib = 0.0
        self.doubtful = self.idle = self.starved = False
        self.loaded = True
        self.nothing: list[TestResult] = []

    @property
    def failed(self) -> bool:
        return first_failure(self.results) is not None

    @property
    def complete(self) -> bool:
        return len(self.results) >= len(self.order)

    def add(self, failure: Failure | None) -> None:
        found = (failure or Failure(Verdict.ACCEPTED, ""))._asdict()
        self.results.append(TestResult(index=self.order[len(self.results)], **found))

    def overrule(self, failure: Failure) -> None:
        """A failure of the test that runs now; after the last one, of that, if it was accepted."""
        if self.complete and not self.failed:
            self.results.pop()
        if not self.complete:
            self.add(failure)

    def take(self, alone: Judgement) -> None:
        """What a run of its own said of one test, or of none if it could not be made. One that asked nothing passed, if
        others ask."""
        nothing = [test for test in alone.outcome.tests if test.reason == NOTHING_ASKED]
        self.nothing += nothing
        self.results += [replace(one, verdict=Verdict.ACCEPTED, message="", reason="") for one in nothing]
        self.results += [test for test in alone.outcome.tests if test not in nothing]
        self.cpu_s += alone.outcome.cpu_s
        self.wall_s += alone.outcome.wall_s
        self.peak_mib = max(self.peak_mib, alone.outcome.peak_memory_mib)
        self.doubtful |= alone.doubtful
        self.idle |= alone.idle
        self.starved |= alone.starved
        self.loaded &= alone.loaded

    def taken(self) -> Judgement:
        """Of all that was taken."""
        if len(self.nothing) == len(self.results):
            self.results = self.nothing
        return self.judgement()

    def account(self, done: RunReport) -> None:
        """Sum up a run; and note whether its time limit, if it hit one, may have been the machine's doing."""
        self.cpu_s += done.cpu_s
        self.wall_s += done.wall_s
        self.peak_mib = max(self.peak_mib, done.peak_mib)
        self.box.tainted |= not done.clean
        near = done.end != "cpu" and done.cpu_s > self.plan.limits.cpu_limit_s
        wall, busy_s = done.end == "wall", done.cpu_s + done.delay_s
        self.starved |= wall and done.delay_s > STARVED * done.wall_s > done.cpu_s
        self.idle |= wall
        self.doubtful |= near or (wall and (busy_s > STARVED * done.wall_s or bool(self.plan.checks)))

    def close(self, session: BoxSession, failure: Failure | None) -> None:
        """The end of a function run: what went wrong goes to every test that has no result of its own."""
        done = session.finish()
        self.account(done)
        failure = failure or run_failure(done, self.plan.limits)
        if session.malformed or (failure is None and not self.complete and not self.failed):
            failure = Failure(Verdict.RUNTIME_ERROR, "the program ended itself before it had answered", "exit")
        elif failure is None and session.unread and not self.failed:
            failure = MALFORMED  # it said more than it was asked
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
        results = sorted(self.results, key=lambda result: result.index)
        first = first_failure(results)
        if first is not None and not self.complete:  # it was stopped there
            results = results[: results.index(first) + 1]
        outcome = Outcome(
            verdict=Verdict.ACCEPTED if first is None else first.verdict,
            tests=tuple(results),
            message="" if first is None else first.message,
            reason="" if first is None else first.reason,
            cpu_s=self.cpu_s,
            wall_s=self.wall_s,
            peak_memory_mib=self.peak_mib,
            box=self.box.name,
        )
        late = outcome.verdict is Verdict.TIME_LIMIT
        return Judgement(
            outcome,
            doubtful=late and self.doubtful,
            idle=late and self.idle,
            starved=late and self.starved,
            loaded=self.loaded and outcome.verdict is not Verdict.COMPILE_ERROR,
        )
