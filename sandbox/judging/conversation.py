"""A conversation: the tests run in a judge box, and what they ask of the program is carried over by the host.

It ends with a word on every test, or with a failure that says why not, and as soon as either run has failed. Whoever
started the runs ends both then: nobody asks the program any more, and nobody answers the tests.
"""

import time
from typing import Any

from sandbox.containers.connection import wait_for_any
from sandbox.containers.session import BoxSession
from sandbox.judging import answers
from sandbox.judging.endings import flood_failure, run_failure, tests_failure, wall_failure
from sandbox.judging.failure import ALL_SKIPPED, MALFORMED, NEVER_ASKED, Failure
from sandbox.judging.tally import Tally
from sandbox.protocol.frames import MAX_FRAME
from sandbox.verdict import Verdict

MAX_STEPS = 100_000
"""Values that the tests may take from a program's iterators: an endless one ends here, in seconds."""
BEFORE = "the tests failed by themselves, before the program had answered anything"
NO_QUESTIONS = ("printed", "pyplot")
"""What tests ask without asking anything of the tested function."""
TESTS_FAILED = "tests_failed"
"""The reason of a failure in which no program had a part."""
TOO_LARGE = Failure(Verdict.OUTPUT_LIMIT, "output limit: values too large to be passed on", "values")


class Conversation:
    """Plain values and handles, both ways.

    `decided`: whether the program has said more than that it has the tested function. From then on what the tests use
    up, and how much they hand over, may be its doing; before, it is theirs, and says nothing about the program.
    """

    def __init__(self, program: BoxSession, tests: BoxSession, tally: Tally) -> None:
        self.program, self.tests, self.tally = program, tests, tally
        self.limits = tally.plan.limits
        self.steps = self.room = 0
        self.asked = self.decided = self.judged = False
        self.waited_s = 0.0

    def run(self) -> Failure | None:
        """Until the tests are through or the program answers no more. A failure that no test reported."""
        while (message := self._next_message()) is not None:
            if "ask" in message:
                failure = self._carry(message["ask"])
                if failure is not None or self.program.over:
                    return failure  # without one, how the program's run ended says why
            elif "test" in message:
                self._report(message)
            elif "preamble" in message:
                failed = answers.test_failure(message["preamble"], 0, self.tally.plan)
                return failed if self.decided else own_preamble(failed)  # it may have looked for a name of the program
            elif "unjudgeable" in message:
                if not (self.decided and message.get("large")):  # else the program may have chosen the size
                    self.tally.overrule(self._test_failure(message))
                    return None
            elif "finished" not in message:  # it had more parts than the host reads
                return self._blamed(TOO_LARGE)
        return self._ending() if self.tests.over else self._interrupted()

    def _next_message(self) -> dict[str, Any] | None:
        """Of the tests. None if they are over, or the program's run has failed: they would wait or compute in vain.

        A program that ended well may still be right: perhaps nothing more is asked.
        """
        began = time.monotonic()
        while not self.tests.look():
            self.waited_s = time.monotonic() - began
            self.program.look()
            done = self.program.done
            if done is not None and run_failure(done, self.limits) is not None:
                return None
            watched = [self.tests] if done else [self.tests, self.program]
            if not wait_for_any(watched, self.tests.deadline):
                break  # and the message that does not come says so
        return self.tests.next_message()

    def _carry(self, ask: dict[str, Any]) -> Failure | None:
        """One question and its answer."""
        operation, *arguments = ask["do"]
        first = [operation, *arguments] == ["get", self.tally.plan.entry_point]
        self.asked |= not first and operation not in NO_QUESTIONS
        self.steps += operation in ("next", "rest")
        if self.steps > MAX_STEPS:
            return Failure(Verdict.OUTPUT_LIMIT, f"output limit: {MAX_STEPS} values of iterators", "steps")
        sent = self.program.sent
        if not self.program.send(ask):
            return self._blamed(TOO_LARGE)
        if operation != "rest":  # an answer may take what values may, in however many messages, and what it was given
            self.room = self.program.received + self.program.sent - sent + (self.limits.values_mib << 20)
        answer = self.program.next_message()
        if answer is None:
            return TOO_LARGE if self._flooded() else None
        if self.program.received > self.room:
            return flood_failure(self.limits)
        try:
            plan = self.tally.plan
            plain = answers.plain_answer(answer, plan.language, plan.surroundings)
        except ValueError:
            return MALFORMED
        self.decided |= not (first and answers.is_handle(plain))
        return None if self.tests.send(plain) else TOO_LARGE

    def _flooded(self) -> bool:
        """Whether a single message was more than can be passed on, in a problem that allows larger values."""
        done = self.program.done
        return done is not None and done.end == "messages flood" and self.limits.values_mib << 20 > MAX_FRAME

    def _report(self, message: dict[str, Any]) -> None:
        failure = message["failure"] and self._test_failure(message["failure"])
        if failure is not None and (failure[0] is Verdict.MEMORY_LIMIT or "untouched" in message["failure"]):
            failure = self._blamed(failure)
        self.judged |= "skipped" not in message
        self.tally.add(failure)

    def _test_failure(self, message: dict[str, Any]) -> Failure:
        """Of the test that runs now."""
        index = self.tally.order[min(len(self.tally.results), len(self.tally.order) - 1)]
        return answers.test_failure(message, index, self.tally.plan)

    def _ending(self) -> Failure | None:
        """The tests' own run is over."""
        complete, failed = self.tally.complete, self.tally.failed
        if complete and not failed and not (self.asked and self.judged):
            return NEVER_ASKED if self.judged else ALL_SKIPPED
        done = self.tests.finish()
        failure = tests_failure(done, self.tests.malformed, complete or failed, self.limits)
        return failure and self._blamed(failure)

    def _interrupted(self) -> Failure | None:
        """The program's run has failed. It may only have waited for the tests, most of its time."""
        done, wall_s = self.program.done, self.limits.wall_limit_s
        if done is None or done.end != "wall" or self.waited_s < wall_s / 2 or self.decided:
            return None
        return self._blamed(wall_failure(self.limits))

    def _blamed(self, failure: Failure) -> Failure:
        """A limit that the tests met, or an error in them: the program's if its answers may have led there."""
        if self.decided:
            return failure
        return Failure(Verdict.UNJUDGED, f"{BEFORE}: {failure.message}", TESTS_FAILED)


def own_preamble(failure: Failure) -> Failure:
    """The problem's preamble fails without any program."""
    return Failure(Verdict.UNJUDGED, f"the problem's own preamble fails: {failure.message}", "preamble")
