"""Boxes up to the cores owned, by need, each with a thread; a standby; retries; one judgement per distinct question.

    with Pool(boxes=2) as pool:
        outcome = pool.judge(problem, program, "private")

Every wait has a deadline and a name. `close` leaves no container, and neither does a killed driver.
"""

import contextlib
import queue
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, InvalidStateError
from functools import partial

from sandbox.containers.box import SLACK_S
from sandbox.containers.confinement import FIRST_SEED
from sandbox.containers.connection import TransportName
from sandbox.errors import Overloaded, SandboxError, SandboxUnavailable
from sandbox.judging.judge import empty_suite_outcome
from sandbox.judging.plan import make_plan
from sandbox.languages import get_language
from sandbox.pool.box_factory import BoxFactory
from sandbox.pool.crew import Crew
from sandbox.pool.machine_lock import MachineLock
from sandbox.pool.outcome_cache import Deliver, OutcomeCache
from sandbox.pool.reference_outcomes import ReferenceOutcomes
from sandbox.pool.worker import PoolJob, PoolWorker, infrastructure_outcome
from sandbox.problem import Problem, Suite
from sandbox.verdict import Outcome

Question = tuple[Problem, str, Suite]
REMEMBERED = 100_000
DEFAULT_MEMORY_MIB = 1024


class Pool:
    """Judges programs. Thread-safe. `boxes` containers run programs; judge boxes come if tests need one."""

    def __init__(
        self,
        boxes: int = 2,
        runtime: str = "runc",
        cached: bool = True,
        *,
        memory_mib: int = DEFAULT_MEMORY_MIB,
        transport: TransportName | None = None,
        languages: Sequence[str] = ("python",),
        packages: Sequence[str] = (),
        queued: int = 4096,
        submit_deadline_s: float = 600,
        second_seed: bool = False,
        least: int | None = None,
        idle_s: float = 60.0,
    ) -> None:
        """Raises SandboxUnavailable if no engine answers or no box starts, RegistryError for an unknown language,
        PackagesError for a package without a version.

        `cached`: whether a question that was answered once is known from then on. `memory_mib`: what boxes start
        with; a problem that may use more gets a larger box. `transport`: None tries the socket first, then the
        attached streams. `languages`: whose boxes start now; those of another one, and their image, come with its
        first program. `packages`: libraries of the Python boxes beyond numpy, as NAME==VERSION. `queued`: programs
        that may wait for a box; `submit` blocks beyond that, and raises Overloaded after `submit_deadline_s`.
        `second_seed`: accepted programs are judged once more where hashes and random numbers have another seed, and
        `Outcome.seed_dependent` says what came of it; boxes for it start when needed. `least`: boxes that are there at
        first and stay; up to `boxes` come while programs wait, and go after `idle_s` without one. None: all stay.
        """
        self._factory = BoxFactory(runtime, memory_mib, transport, packages)
        self._cache = OutcomeCache(REMEMBERED) if cached else None
        self._jobs: queue.Queue[PoolJob | None] = queue.Queue(queued)
        self._submit_deadline_s, self._second_seed = submit_deadline_s, second_seed
        self._machine = MachineLock()
        self._closed = False
        references = ReferenceOutcomes(REMEMBERED)
        self._crew: Crew[PoolJob] = Crew(
            lambda number: PoolWorker(
                self._factory, self._crew.next_job, self._machine, references, f"sandbox-{number}"
            ),
            self._jobs,
            least=boxes if least is None else max(least, 1),
            most=boxes,
            idle_s=idle_s,
        )
        try:
            for language in languages:
                self._factory.prewarm(self._crew.least, (get_language(language), FIRST_SEED))
        except SandboxError:
            self._factory.close()
            raise
        self._crew.open()

    @property
    def transport(self) -> TransportName:
        """What was asked for, or what the first box showed to work here."""
        return self._factory.transport

    def submit(
        self, problem: Problem, program: str, suite: Suite, stop_at_first_failure: bool = True
    ) -> "Future[Outcome]":
        """The outcome to come. It never raises for what a program does; infrastructure is an outcome as well."""
        if self._closed:
            raise SandboxUnavailable("this pool is closed")
        future: Future[Outcome] = Future()
        plan = make_plan(problem, suite)
        if plan.size == 0:
            future.set_result(empty_suite_outcome(plan))
            return future
        deliver: Deliver | None = partial(_set, future)
        if self._cache is not None:
            deliver = self._cache.ask(
                (plan.identity, problem.reference, program, stop_at_first_failure), partial(_set, future)
            )
        if deliver is None:
            return future
        again = self._second_seed and suite != "probes"
        job = PoolJob(plan, program, stop_at_first_failure, deliver, problem.reference, again)
        try:
            self._jobs.put(job, timeout=self._submit_deadline_s)
        except queue.Full:
            error = Overloaded(f"no box took a program for {self._submit_deadline_s:g} s")
            job.deliver(infrastructure_outcome(str(error), 0))
            raise error from None
        self._crew.called()
        if self._closed:  # it waited for room while the pool was closed: nobody would take it
            self._refuse_waiting()
        return future

    def judge(self, problem: Problem, program: str, suite: Suite, stop_at_first_failure: bool = True) -> Outcome:
        """`submit` and wait."""
        # no deadline here: all that a worker does has one, and how many programs wait before this one is unknown
        return self.submit(problem, program, suite, stop_at_first_failure).result()

    def judge_many(self, questions: Iterable[Question], stop_at_first_failure: bool = True) -> list[Outcome]:
        """Their outcomes, in order. Questions are taken as there is room for them: many more than fit may come."""
        return [future.result() for future in [self.submit(*question, stop_at_first_failure) for question in questions]]

    def close(self) -> None:
        """Ends the workers after what they are doing, and removes every container. Waiting programs are refused."""
        if self._closed:
            return
        self._closed = True
        self._refuse_waiting()
        self._crew.close()
        self._factory.close()  # also ends what still runs
        self._crew.join(SLACK_S)

    def _refuse_waiting(self) -> None:
        """Whoever waits for these gets an answer; what tells the workers to end goes back."""
        taken: list[PoolJob | None] = []
        with contextlib.suppress(queue.Empty):
            while True:
                taken.append(self._jobs.get_nowait())
        for job in taken:
            if job is None:
                self._jobs.put(None)
            else:
                job.deliver(infrastructure_outcome("the pool was closed", 0))

    def __enter__(self) -> "Pool":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _set(future: "Future[Outcome]", outcome: Outcome) -> None:
    with contextlib.suppress(InvalidStateError):  # whoever asked has cancelled it meanwhile
        future.set_result(outcome)
