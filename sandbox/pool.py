"""Boxes up to the cores owned, each with a thread; a standby; retries; one judgement per distinct question.

    with Pool(boxes=2) as pool:
        outcome = pool.judge(problem, program, "private")

Every wait has a deadline and a name. `close` leaves no container, and neither does a killed driver.
"""

import contextlib
import queue
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError
from dataclasses import dataclass, replace
from typing import Any

from sandbox import owner
from sandbox.box import SLACK_S, Box
from sandbox.engine import connect
from sandbox.errors import BoxLost, Overloaded, SandboxError, SandboxUnavailable
from sandbox.gate import Gate
from sandbox.image.build import ensure_image
from sandbox.judge import Judgement, empty, judge
from sandbox.plan import Plan, make_plan
from sandbox.problem import Problem, Suite
from sandbox.transport import TransportName
from sandbox.verdict import Outcome, Verdict

ATTEMPTS = 3
RUNS_PER_BOX = 5000
REMEMBERED = 100_000
DEFAULT_MEMORY_MIB = 1024


class Pool:
    """Judges programs. Thread-safe. `boxes` containers run programs; judge boxes come where tests need one."""

    def __init__(
        self,
        boxes: int = 2,
        runtime: str = "runc",
        memo: bool = True,
        *,
        memory_mib: int = DEFAULT_MEMORY_MIB,
        transport: TransportName | None = None,
        queued: int = 4096,
        submit_deadline_s: float = 600,
    ) -> None:
        """Raises SandboxUnavailable where no engine answers or no box starts.

        `memory_mib`: what boxes start with; a problem that may use more gets a larger box. `transport`: None
        tries the socket first, then the attached streams. `queued`: programs that may wait for a box;
        `submit` blocks beyond that, and raises Overloaded after `submit_deadline_s`.
        """
        self._factory = BoxFactory(runtime, memory_mib, transport)
        self._memo: Memo | None = Memo(REMEMBERED) if memo else None
        self._jobs: queue.Queue[Job | None] = queue.Queue(queued)
        self._submit_deadline_s = submit_deadline_s
        self._gate = Gate()
        self._closed = False
        self._workers = [Worker(self._factory, self._jobs, self._gate, f"sandbox-{n}") for n in range(boxes)]
        try:
            self._factory.prewarm(boxes)
        except SandboxError:
            self._factory.close()
            raise
        for worker in self._workers:
            worker.start()

    def submit(
        self, problem: Problem, program: str, suite: Suite, stop_at_first_failure: bool = True
    ) -> "Future[Outcome]":
        """The outcome to come. It never raises for what a program does; infrastructure is an outcome as well."""
        if self._closed:
            raise SandboxUnavailable("this pool is closed")
        future: Future[Outcome] = Future()
        plan = make_plan(problem, suite)
        if plan.size == 0:
            future.set_result(empty(plan))
            return future
        job = Job(plan, program, stop_at_first_failure, lambda outcome: _set(future, outcome))
        if self._memo is not None and not self._memo.ask((plan.identity, program, stop_at_first_failure), job):
            return future
        try:
            self._jobs.put(job, timeout=self._submit_deadline_s)
        except queue.Full:
            error = Overloaded(f"no box took a program for {self._submit_deadline_s:g} s")
            job.deliver(_infrastructure(str(error), 0))
            raise error from None
        return future

    def judge(self, problem: Problem, program: str, suite: Suite, stop_at_first_failure: bool = True) -> Outcome:
        """`submit` and wait."""
        future = self.submit(problem, program, suite, stop_at_first_failure)
        # three attempts and one alone, for every program that may be queued before this one, is no useful bound;
        # workers have a deadline for everything they do, so this ends
        return future.result()

    def close(self) -> None:
        """Ends the workers after what they are doing, and removes every container. Waiting programs are refused."""
        if self._closed:
            return
        self._closed = True
        with contextlib.suppress(queue.Empty):
            while True:
                job = self._jobs.get_nowait()
                if job is not None:
                    job.deliver(_infrastructure("the pool was closed", 0))
        for _ in self._workers:
            self._jobs.put(None)
        self._factory.close()  # also ends what still runs
        for worker in self._workers:
            worker.join(timeout=SLACK_S)

    def __enter__(self) -> "Pool":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@dataclass(slots=True)
class Job:
    """One program to judge, and where its outcome goes."""

    plan: Plan
    program: str
    stop: bool
    deliver: Callable[[Outcome], Any]


class Memo:
    """(program, tests, limits) -> outcome, bounded; who asks while it is being judged gets the same answer."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._known: OrderedDict[Any, Outcome | list[Callable[[Outcome], Any]]] = OrderedDict()
        self._lock = threading.Lock()

    def ask(self, key: Any, job: Job) -> bool:
        """True if the job must be run; else it has its answer or will get it from another one's run."""
        with self._lock:
            entry = self._known.get(key)
            if isinstance(entry, list):
                entry.append(job.deliver)
                return False
            if entry is None:
                self._known[key] = [job.deliver]
                job.deliver = lambda outcome: self._answer(key, outcome)
                return True
            self._known.move_to_end(key)
        job.deliver(entry)
        return False

    def _answer(self, key: Any, outcome: Outcome) -> None:
        with self._lock:
            waiting = self._known.pop(key)
            if outcome.verdict is not Verdict.INFRASTRUCTURE_ERROR:
                self._known[key] = outcome
                self._forget()
        for deliver in waiting if isinstance(waiting, list) else ():
            deliver(outcome)

    def _forget(self) -> None:
        while len(self._known) > self._size and isinstance(next(iter(self._known.values())), Outcome):
            self._known.popitem(last=False)


class Worker(threading.Thread):
    """One box at work, replaced whenever there is the slightest doubt about it."""

    def __init__(self, factory: "BoxFactory", jobs: "queue.Queue[Job | None]", gate: Gate, name: str) -> None:
        super().__init__(name=name, daemon=True)
        self._factory, self._jobs, self._gate = factory, jobs, gate
        self._box: Box | None = None
        self._judge_box: Box | None = None

    def run(self) -> None:
        while (job := self._jobs.get()) is not None:
            try:
                outcome = self._outcome(job)
            except Exception as error:  # a bug of ours must not end the thread and hang whoever waits
                outcome = _infrastructure(f"{type(error).__name__}: {error}", ATTEMPTS)
                self._drop_boxes()
            job.deliver(outcome)
        self._drop_boxes()

    def _outcome(self, job: Job) -> Outcome:
        """Up to ATTEMPTS boxes; what looks like the machine's doing once more, alone."""
        reason = ""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                with self._gate.shared():
                    judgement = self._attempt(job)
                if judgement.doubtful:
                    with self._gate.alone():
                        judgement = self._attempt(job)
                return replace(judgement.outcome, attempt=attempt)
            except BoxLost as error:
                reason = str(error)
                if self._out_of_memory():
                    message = f"memory limit: {job.plan.limits.memory_mib} MiB"
                    return Outcome(verdict=Verdict.MEMORY_LIMIT, message=message, attempt=attempt)
                self._drop_boxes()
            except SandboxUnavailable as error:
                reason = str(error)
                self._drop_boxes()
                time.sleep(attempt)
        return _infrastructure(reason, ATTEMPTS)

    def _attempt(self, job: Job) -> Judgement:
        box = self._ready(job.plan.limits.memory_mib)
        try:
            return judge(job.plan, job.program, box, lambda: self._ready_judge(job.plan.limits.memory_mib), job.stop)
        finally:
            if box.dirty or box.runs >= RUNS_PER_BOX:
                self._factory.discard(box)
                self._box = None

    def _ready(self, memory_mib: int) -> Box:
        if self._box is not None and self._box.memory_mib < memory_mib:
            self._factory.discard(self._box)
            self._box = None
        self._box = self._box or self._factory.take(memory_mib)
        return self._box

    def _ready_judge(self, memory_mib: int) -> Box:
        if self._judge_box is not None and (self._judge_box.dirty or self._judge_box.memory_mib < memory_mib):
            self._factory.discard(self._judge_box)
            self._judge_box = None
        self._judge_box = self._judge_box or self._factory.take(memory_mib)
        return self._judge_box

    def _out_of_memory(self) -> bool:
        """Whether the program's own box died of memory, as the engine saw it."""
        return self._box is not None and self._box.ran_out_of_memory(self._factory.client)

    def _drop_boxes(self) -> None:
        for box in (self._box, self._judge_box):
            if box is not None:
                self._factory.discard(box)
        self._box = self._judge_box = None


class BoxFactory:
    """Starts boxes, keeps one spare, and knows every box that is alive."""

    def __init__(self, runtime: str, memory_mib: int, transport: TransportName | None) -> None:
        self.client = connect()
        owner.reap(self.client)
        self._image = ensure_image(self.client)
        self._runtime, self._memory_mib = runtime, memory_mib
        self._transport: TransportName = transport or self._working_transport()
        self._spares: list[Box] = []
        self._alive: set[Box] = set()
        self._lock = threading.Lock()
        self._closed = False
        self._starting = False

    def _working_transport(self) -> TransportName:
        """The self-test: a box over the socket, and where that fails over the attached streams."""
        try:
            self._start("socket", self._memory_mib).destroy()
            return "socket"
        except BoxLost:
            self._start("stdio", self._memory_mib).destroy()
            return "stdio"

    def _start(self, transport: TransportName, memory_mib: int) -> Box:
        return Box.start(self.client, self._image, memory_mib=memory_mib, runtime=self._runtime, transport=transport)

    def prewarm(self, count: int) -> None:
        """Start boxes side by side. Raises the first error."""
        errors: list[Exception] = []

        def start() -> None:
            try:
                self._add_spare()
            except SandboxError as error:
                errors.append(error)

        threads = [threading.Thread(target=start, daemon=True) for _ in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if errors:
            raise errors[0]

    def take(self, memory_mib: int) -> Box:
        """A box that may be given to one worker; a new spare starts in the background."""
        box = None
        with self._lock:
            if self._spares and self._spares[-1].memory_mib >= memory_mib:
                box = self._spares.pop()
        if box is None:
            box = self._register(self._start(self._transport, max(memory_mib, self._memory_mib)))
        return box

    def restock(self) -> None:
        """Have one spare soon, so that the next replacement costs its caller nothing."""
        with self._lock:
            if self._spares or self._starting or self._closed:
                return
            self._starting = True

        def start() -> None:
            with contextlib.suppress(SandboxError):
                self._add_spare()
            self._starting = False

        threading.Thread(target=start, name="sandbox-standby", daemon=True).start()

    def discard(self, box: Box) -> None:
        with self._lock:
            self._alive.discard(box)
        box.destroy()
        self.restock()

    def close(self) -> None:
        with self._lock:
            self._closed = True
            boxes, self._alive = list(self._alive), set()
        for box in boxes:
            box.destroy()

    def _add_spare(self) -> None:
        box = self._register(self._start(self._transport, self._memory_mib))
        with self._lock:
            self._spares.append(box)

    def _register(self, box: Box) -> Box:
        with self._lock:
            if not self._closed:
                self._alive.add(box)
                return box
        box.destroy()
        raise SandboxUnavailable("this pool is closed")


def _set(future: "Future[Outcome]", outcome: Outcome) -> None:
    with contextlib.suppress(InvalidStateError):  # whoever asked has cancelled it meanwhile
        future.set_result(outcome)


def _infrastructure(message: str, attempt: int) -> Outcome:
    return Outcome(verdict=Verdict.INFRASTRUCTURE_ERROR, message=message, attempt=attempt)
